"""What each family of networks reads its windows with; forecasters and classifiers share it."""

from __future__ import annotations

from math import prod

import torch

from stforecast._validation import check_flag, check_integer, check_part, check_share
from stforecast.estimators._search_spaces import (
    DEPTH,
    HIDDEN,
    KERNEL,
    POOL,
    TRAINING,
    Space,
    joined,
    nested,
)
from stforecast.estimators._shapes import NetShapes
from stforecast.estimators.augmentation import augmented
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

    def search_space(self) -> Space:
        """Return the values of parameters that searches usually try.

        Returns
        -------
        dict of str to list
            For `GridSearchCV` (all of them are many: take some) and `RandomizedSearchCV`; for
            Optuna see `optuna_distributions`.
        """
        return joined(HIDDEN, DEPTH, TRAINING)


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
        return augmented(backbone, layers.augmentation), (1, 1)

    def search_space(self) -> Space:
        """Return the values of parameters that searches usually try.

        Returns
        -------
        dict of str to list
            For `GridSearchCV` (all of them are many: take some) and `RandomizedSearchCV`; for
            Optuna see `optuna_distributions`. Those of a part are there if it is.
        """
        return joined(KERNEL, HIDDEN, _of_part("layers", self.layers, POOL), TRAINING)


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
        return augmented(backbone, layers.augmentation), (H, W)

    def search_space(self) -> Space:
        """Return the values of parameters that searches usually try.

        Returns
        -------
        dict of str to list
            For `GridSearchCV` (all of them are many: take some) and `RandomizedSearchCV`; for
            Optuna see `optuna_distributions`. The usual widths are for maps; series of
            a few values do with less.
        """
        return joined(KERNEL, HIDDEN, DEPTH, TRAINING)


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
        changes = None if layers.branches is None else layers.branches.augmentation
        return augmented(backbone, changes), (1, 1)

    def _inputs(self) -> tuple[str, ...]:
        return check_part("layers", self.layers, ParallelLayers).inputs()

    def search_space(self) -> Space:
        """Return the values of parameters that searches usually try.

        Returns
        -------
        dict of str to list
            For `GridSearchCV` (all of them are many: take some) and `RandomizedSearchCV`; for
            Optuna see `optuna_distributions`. Those of a part are there if it is.
        """
        return joined(KERNEL, HIDDEN, self._pooling(), TRAINING)

    def _pooling(self) -> Space:
        branches = None if self.layers is None else self.layers.branches
        return _of_part("layers__branches", branches, POOL)


def _of_part(name: str, part: object, space: Space) -> Space:
    return {} if part is None else nested(name, space)
