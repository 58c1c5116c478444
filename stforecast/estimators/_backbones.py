"""What each family of networks reads its windows with; forecasters and classifiers share it."""

from __future__ import annotations

from math import prod

import torch

from stforecast._validation import check_flag, check_integer, check_part, check_share
from stforecast.estimators._shapes import NetShapes
from stforecast.estimators.layers import CNNLSTMLayers, ConvLSTMLayers
from stforecast.estimators.parallel_layers import ParallelLayers
from stforecast.nn import LSTM
from stforecast.nn.convlstm import ConvLSTM


class LSTMBackbone:
    """An LSTM on flattened frames."""

    def _backbone(self, shapes: NetShapes) -> tuple[torch.nn.Module, tuple[int, int]]:
        backbone = LSTM(
            prod(shapes.frame),
            check_integer("hidden_channels", self.hidden_channels, 1),
            num_layers=check_integer("num_layers", self.num_layers, 1),
            dropout=check_share("dropout", self.dropout),
            bidirectional=check_flag("bidirectional", self.bidirectional),
            residual=check_flag("residual", self.residual),
        )
        return backbone, (1, 1)


class CNNLSTMBackbone:
    """A CNN on every frame, an LSTM over what it saw."""

    def _backbone(self, shapes: NetShapes) -> tuple[torch.nn.Module, tuple[int, int]]:
        layers = check_part("layers", self.layers, CNNLSTMLayers)
        backbone = layers.build(
            shapes.frame,
            filters=self.filters,
            kernel_size=self.kernel_size,
            hidden_channels=check_integer("hidden_channels", self.hidden_channels, 1),
            dropout=check_share("dropout", self.dropout),
        )
        return backbone, (1, 1)


class ConvLSTMBackbone:
    """An LSTM whose states are maps."""

    def _backbone(self, shapes: NetShapes) -> tuple[torch.nn.Module, tuple[int, int]]:
        C, H, W = shapes.frame
        layers = check_part("layers", self.layers, ConvLSTMLayers)
        backbone = ConvLSTM(
            C,
            check_integer("hidden_channels", self.hidden_channels, 1),
            self.kernel_size,
            num_layers=check_integer("num_layers", self.num_layers, 1),
            dropout=check_share("dropout", self.dropout),
            bidirectional=check_flag("bidirectional", layers.bidirectional),
            residual=check_flag("residual", layers.residual),
            cell=layers.build_cell((H, W)),
        )
        return backbone, (H, W)


class ParallelBackbone:
    """A CNN and an LSTM side by side."""

    def _backbone(self, shapes: NetShapes) -> tuple[torch.nn.Module, tuple[int, int]]:
        layers = check_part("layers", self.layers, ParallelLayers)
        backbone = layers.build(
            shapes,
            filters=self.filters,
            kernel_size=self.kernel_size,
            hidden_channels=check_integer("hidden_channels", self.hidden_channels, 1),
            dropout=check_share("dropout", self.dropout),
        )
        return backbone, (1, 1)

    def _inputs(self) -> tuple[str, ...]:
        return check_part("layers", self.layers, ParallelLayers).inputs()
