"""The parts of a parallel CNN and LSTM, as one searchable part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from sklearn.base import BaseEstimator
from torch import nn

from stforecast._validation import check_part
from stforecast.estimators._shapes import NetShapes
from stforecast.estimators.attention import make_attention
from stforecast.estimators.layers import CNNLSTMLayers
from stforecast.exceptions import ShapeError
from stforecast.nn import (
    AverageWindow,
    EarlyFusion,
    FlattenWindow,
    LateFusion,
    ParallelCNNLSTM,
    WeightedFusion,
    make_pooling,
)

__all__ = ["ParallelLayers"]

_FUSIONS: dict[str, Callable[..., nn.Module]] = {
    "early": LateFusion,  # the inputs are joined before the branches, whose features still are
    "late": LateFusion,
    "weighted": WeightedFusion,
}
_BRANCHES = CNNLSTMLayers(convolution="volume", pooling="average")


class ParallelLayers(BaseEstimator):
    """What the two branches of a parallel CNN and LSTM read, are made of and are joined by.

    Parameters
    ----------
    fusion : {"late", "weighted", "early"} or callable, default="late"
        "late" lays the features of both branches side by side; "weighted" adds them up by two
        learned weights; "early" joins the two inputs before both branches. Or a callable
        ``fusion(cnn_features, lstm_features)`` that gives a module of `stforecast.nn`'s kind.
    table : str, default=None
        Name of the part of the windows that the LSTM reads, such as a station's readings beside
        maps; None for the windows themselves.
    branches : CNNLSTMLayers, default=None
        What CNN and LSTM are made of; None for convolutions over time and cells, averaged.

    Notes
    -----
    The window's part comes from ``X.with_parts({"station": Z})``, where ``Z`` are windows (or an
    array) with one entry a window. Late fusion lets it have a lookback of its own.

    Examples
    --------
    >>> from stforecast.estimators import ParallelCNNLSTMForecaster, ParallelLayers
    >>> ParallelCNNLSTMForecaster(layers=ParallelLayers("weighted"))
    ParallelCNNLSTMForecaster(layers=ParallelLayers(fusion='weighted'))
    """

    def __init__(
        self,
        fusion: str | Callable[[int, int], nn.Module] = "late",
        *,
        table: str | None = None,
        branches: CNNLSTMLayers | None = None,
    ) -> None:
        self.fusion = fusion
        self.table = table
        self.branches = branches

    def build(
        self,
        shapes: NetShapes,
        *,
        filters: Sequence[int],
        kernel_size: int | tuple[int, ...],
        hidden_channels: int,
        dropout: float,
    ) -> nn.Module:
        """Return the backbone for the shapes of one sample.

        Parameters
        ----------
        shapes : NetShapes
            Shapes of window and parts.
        filters : sequence of int
            Output channels of each convolution.
        kernel_size : int or tuple of int
            Size of the kernels.
        hidden_channels : int
            Units of the LSTM.
        dropout : float
            Share dropped of maps and of the LSTM's outputs.

        Returns
        -------
        torch.nn.Module
            Called with windows [B, T, C, H, W] and, if there is a table, with [B, T, K].
        """
        make_fusion = self._make_fusion()
        layers = _BRANCHES if self.branches is None else self._branches()
        columns, (C, H, W) = self._columns(shapes), shapes.frame
        early = self.fusion == "early"
        if early:
            self._check_early(shapes)
            C += columns
        cnn = layers.build_cnn((C, H, W), filters=filters, kernel_size=kernel_size, dropout=dropout)
        branch, features = _to_vector(layers, cnn, shapes.steps)
        inputs = C * H * W if early or self.table is None else columns
        lstm = layers.build_lstm(inputs, hidden_channels, dropout)
        both = ParallelCNNLSTM(branch, lstm, make_fusion(features, lstm.out_channels))
        return EarlyFusion(both) if early else both

    def inputs(self) -> tuple[str, ...]:
        """Return the names of the parts that the backbone reads beside the window.

        Returns
        -------
        tuple of str
            The table's name, if there is one.
        """
        return () if self.table is None else (self.table,)

    def _make_fusion(self) -> Callable[..., nn.Module]:
        if callable(self.fusion):
            return self.fusion
        if self.fusion in _FUSIONS:
            return _FUSIONS[self.fusion]
        raise ValueError(
            f"fusion must be one of {', '.join(map(repr, _FUSIONS))} or a callable, got "
            f"{self.fusion!r}."
        )

    def _branches(self) -> CNNLSTMLayers:
        return check_part("branches", self.branches, CNNLSTMLayers)

    def _columns(self, shapes: NetShapes) -> int:
        if self.table is None:
            return 0
        if self.table not in shapes.parts:
            raise ShapeError(
                f"The LSTM is to read the part {self.table!r}, but the windows carry "
                f"{sorted(shapes.parts)}. Add it by X.with_parts, or leave table out."
            )
        return prod(shapes.parts[self.table][1:])

    def _check_early(self, shapes: NetShapes) -> None:
        if self.table is None:
            raise ValueError(
                "fusion='early' joins two inputs, but table is None. Name the part that joins the "
                "windows, or use fusion='late'."
            )
        steps = shapes.parts[self.table][0]
        if steps != shapes.steps:
            raise ShapeError(
                f"fusion='early' joins inputs of the same steps, but the window has {shapes.steps} "
                f"and the part {self.table!r} has {steps}. Cut both with one lookback."
            )


def _to_vector(layers: CNNLSTMLayers, cnn: Any, steps: int) -> tuple[nn.Module, int]:
    """Return the CNN with what makes one vector a window of its maps, and the vector's size."""
    make_pooling(layers.pooling, 1, (1, 1))  # knows the names
    if layers.pooling == "average":
        pool: Any = AverageWindow(cnn.out_channels)
    else:
        left = steps // cnn.pool[0] ** len(cnn.blocks) if hasattr(cnn, "pool") else steps
        pool = FlattenWindow(cnn.out_channels, cnn.out_grid, left)
    between: Sequence[nn.Module] = (pool,)
    if layers.attention is not None:
        between = make_attention(layers.attention).arrange(cnn.out_channels, pool)
    if between[-1] is not pool:
        raise ValueError(
            f"attention={layers.attention!r} mixes steps, of which a CNN branch has none left. Use "
            "'squeeze_excite', or CNNLSTMForecaster, whose CNN and LSTM are in a row."
        )
    return nn.Sequential(cnn, *between), pool.features
