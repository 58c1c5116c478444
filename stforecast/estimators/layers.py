"""The rarer choices of a network's layers, as searchable parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from sklearn.base import BaseEstimator

from stforecast._validation import check_choice, check_flag, check_integer, check_share
from stforecast.estimators.attention import Attention, make_attention
from stforecast.estimators.augmentation import FrameAugmentation
from stforecast.estimators.cells import make_cell
from stforecast.nn import (
    CNNLSTM,
    LSTM,
    ConvBlock,
    FrameCNN,
    ResidualBlock,
    VolumeCNN,
    make_pooling,
)

__all__ = ["CNNLSTMLayers", "ConvLSTMLayers"]

_BLOCKS = {"plain": ConvBlock, "residual": ResidualBlock}
_CONVOLUTIONS = {"frame": FrameCNN, "volume": VolumeCNN}


class ConvLSTMLayers(BaseEstimator):
    """What the ConvLSTM's layers are made of.

    Parameters
    ----------
    cell : str, cell part or callable, default="plain"
        Variant of the cell: "plain"; "peephole", whose gates see the memory through one weight a
        channel, and "peephole_grid" through one a channel and cell; "separable", with kernels of
        one row or column; "norm", normalised by layer; "zoneout", which keeps some of the state;
        "gatewise", which convolves in the input gate only. Or a part with options of its own:
        `PeepholeCell`, `NormCell`, `ZoneoutCell`, `GatewiseCell`. Or a callable
        ``cell(in_channels, hidden_channels, kernel_size)``.
    activation : {"tanh", "relu", "sigmoid", "elu", "leaky_relu"}, default="tanh"
        Activation of the candidate and of the output.
    dilation : int or tuple of int, default=1
        Distance between the cells of a map that the kernels look at.
    bidirectional : bool, default=False
        Whether a second ConvLSTM reads the window backwards.
    residual : bool, default=False
        Whether each layer's input is added to its output.
    augmentation : FrameAugmentation, default=None
        Random changes of the frames in training; None for none.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMForecaster, ConvLSTMLayers
    >>> ConvLSTMForecaster(layers=ConvLSTMLayers(cell="peephole"))
    ConvLSTMForecaster(layers=ConvLSTMLayers(cell='peephole'))
    """

    def __init__(
        self,
        cell: Any = "plain",
        *,
        activation: str = "tanh",
        dilation: int | tuple[int, int] = 1,
        bidirectional: bool = False,
        residual: bool = False,
        augmentation: FrameAugmentation | None = None,
    ) -> None:
        self.cell = cell
        self.activation = activation
        self.dilation = dilation
        self.bidirectional = bidirectional
        self.residual = residual
        self.augmentation = augmentation

    def build_cell(self, grid: tuple[int, int]) -> Any:
        """Return what makes the cells of a layer.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the frames.

        Returns
        -------
        callable
            Called with channels and kernel size.
        """
        chosen = {"activation": self.activation, "dilation": self.dilation}
        usual = {"activation": "tanh", "dilation": 1}
        options = {name: value for name, value in chosen.items() if value != usual[name]}
        return make_cell(self.cell, grid, options)


class CNNLSTMLayers(BaseEstimator):
    """What the CNN-LSTM's layers are made of.

    Parameters
    ----------
    convolution : {"frame", "volume"}, default="frame"
        2-D convolutions on every frame by itself, or 3-D ones over time, rows and columns.
    block : {"plain", "residual"}, default="plain"
        Whether a block adds its input to its output.
    pool_size : int or tuple of int, default=1
        Cells that each block's pooling makes one; a grid of one row is pooled along it only.
    batch_norm : bool, default=False
        Whether each convolution is followed by batch normalisation.
    reduce : int, default=None
        Channels that a last 1x1 convolution leaves; None leaves it out.
    activation : {"relu", "tanh", "sigmoid", "elu", "leaky_relu"}, default="relu"
        Activation of the CNN.
    pooling : {"flatten", "average"}, default="flatten"
        How a map becomes the LSTM's input.
    attention : {"squeeze_excite", "transformer"} or attention part, default=None
        What stands between CNN and LSTM: channels weighed by what a frame shows, or frames mixed
        with those they resemble. None leaves it out.
    num_layers : int, default=1
        LSTM layers, one on the other.
    lstm_dropout : float, default=None
        Share of the LSTM's outputs dropped in training; None for the estimator's `dropout`,
        otherwise that is the share of the CNN's maps alone.
    lstm_activation : {"tanh", "relu", "sigmoid", "elu", "leaky_relu"}, default="tanh"
        Activation of the LSTM's candidate and output; any but tanh takes several times as long.
    bidirectional : bool, default=False
        Whether a second LSTM reads the window backwards.
    residual : bool, default=False
        Whether each LSTM layer's input is added to its output.
    augmentation : FrameAugmentation, default=None
        Random changes of the frames in training; None for none.

    Examples
    --------
    >>> from stforecast.estimators import CNNLSTMForecaster, CNNLSTMLayers
    >>> CNNLSTMForecaster((16, 32), layers=CNNLSTMLayers(pool_size=2, batch_norm=True))
    CNNLSTMForecaster(filters=(16, 32),
                      layers=CNNLSTMLayers(batch_norm=True, pool_size=2))
    """

    def __init__(
        self,
        *,
        convolution: str = "frame",
        block: str = "plain",
        pool_size: int | tuple[int, ...] = 1,
        batch_norm: bool = False,
        reduce: int | None = None,
        activation: str = "relu",
        pooling: str = "flatten",
        attention: str | Attention | None = None,
        num_layers: int = 1,
        lstm_dropout: float | None = None,
        lstm_activation: str = "tanh",
        bidirectional: bool = False,
        residual: bool = False,
        augmentation: FrameAugmentation | None = None,
    ) -> None:
        self.convolution = convolution
        self.block = block
        self.pool_size = pool_size
        self.batch_norm = batch_norm
        self.reduce = reduce
        self.activation = activation
        self.pooling = pooling
        self.attention = attention
        self.num_layers = num_layers
        self.lstm_dropout = lstm_dropout
        self.lstm_activation = lstm_activation
        self.bidirectional = bidirectional
        self.residual = residual
        self.augmentation = augmentation

    def build(
        self,
        frame: tuple[int, int, int],
        *,
        filters: Sequence[int],
        kernel_size: int | tuple[int, ...],
        hidden_channels: int,
        dropout: float,
    ) -> torch.nn.Module:
        """Return the backbone for frames (C, H, W).

        Parameters
        ----------
        frame : tuple of int
            Shape (C, H, W) of a frame.
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
            Called with windows [B, T, C, H, W].
        """
        cnn = self.build_cnn(frame, filters=filters, kernel_size=kernel_size, dropout=dropout)
        cells = make_pooling(self.pooling, cnn.out_channels, cnn.out_grid)
        lstm = self.build_lstm(cells.features, hidden_channels, dropout)
        between = (cells,)
        if self.attention is not None:
            between = make_attention(self.attention).arrange(cnn.out_channels, cells)
        return CNNLSTM(cnn, lstm, between=between)

    def build_cnn(
        self,
        frame: tuple[int, int, int],
        *,
        filters: Sequence[int],
        kernel_size: int | tuple[int, ...],
        dropout: float,
    ) -> torch.nn.Module:
        """Return the CNN for frames (C, H, W).

        Parameters
        ----------
        frame : tuple of int
            Shape (C, H, W) of a frame.
        filters : sequence of int
            Output channels of each convolution.
        kernel_size : int or tuple of int
            Size of the kernels.
        dropout : float
            Share of the maps dropped in training.

        Returns
        -------
        torch.nn.Module
            Called with windows [B, T, C, H, W], gives maps of them.
        """
        C, H, W = frame
        if isinstance(filters, str) or not isinstance(filters, Sequence):
            raise TypeError(f"filters must be a sequence of integers, got {filters!r}.")
        if not filters:
            raise ValueError("filters must name the channels of at least one convolution, got ().")
        make = _CONVOLUTIONS[check_choice("convolution", self.convolution, tuple(_CONVOLUTIONS))]
        return make(
            C,
            [check_integer("filters", one, 1) for one in filters],
            kernel_size,
            grid=(H, W),
            pool=self.pool_size,
            block=_BLOCKS[check_choice("block", self.block, tuple(_BLOCKS))],
            reduce=self.reduce,
            activation=self.activation,
            batch_norm=check_flag("batch_norm", self.batch_norm),
            dropout=dropout,
        )

    def build_lstm(self, features: int, hidden_channels: int, dropout: float) -> LSTM:
        """Return the LSTM.

        Parameters
        ----------
        features : int
            Features of a step.
        hidden_channels : int
            Units, per direction.
        dropout : float
            Share of the outputs dropped in training, unless `lstm_dropout` says otherwise.

        Returns
        -------
        LSTM
            Called with sequences [B, T, features].
        """
        own = self.lstm_dropout
        return LSTM(
            features,
            hidden_channels,
            num_layers=check_integer("num_layers", self.num_layers, 1),
            dropout=dropout if own is None else check_share("lstm_dropout", own),
            bidirectional=check_flag("bidirectional", self.bidirectional),
            residual=check_flag("residual", self.residual),
            activation=self.lstm_activation,
        )
