"""What the layers of a CNN and an LSTM are made of, one after the other or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from math import prod
from typing import Any, ClassVar

from torch import nn

from stforecast._composite import Composite
from stforecast._constraints import (
    SHARE,
    Constraint,
    Flags,
    Integers,
    NoneValue,
    Options,
    Part,
    Sequences,
    Sizes,
)
from stforecast.estimators.parts.attention import ATTENTION, make_attention
from stforecast.estimators.parts.augmentation import (
    FrameAugmentation,
)
from stforecast.estimators.parts.base import Attention
from stforecast.estimators.parts.weights import check_lstm_weights
from stforecast.exceptions import ParameterError
from stforecast.nn import (
    CNNLSTM,
    LSTM,
    AverageWindow,
    Backbone,
    ConvBlock,
    FlattenWindow,
    FrameCNN,
    ResidualBlock,
    VolumeCNN,
)
from stforecast.nn.base import ACTIVATIONS
from stforecast.nn.lstm import RECURRENT
from stforecast.nn.pooling import POOLING, AverageRegions, make_pooling

__all__ = ["CNNLSTMLayers"]

_BLOCKS = {"plain": ConvBlock, "residual": ResidualBlock}


_CONVOLUTIONS: dict[str, type[FrameCNN | VolumeCNN]] = {"frame": FrameCNN, "volume": VolumeCNN}


# Cells or regions of a map that an LSTM sees by default: 16 channels of 64 x 64 of them with 32
# units make 8 million weights.
MAX_REGIONS = 4096

FILTERS = Sequences(Integers(1), "integers of at least 1")


def check_axes(path: str, sizes: Any, convolution: str) -> None:
    """Raise if sizes of each axis are of other axes than those that are convolved."""
    axes = {"frame": 2, "volume": 3}[convolution]
    if isinstance(sizes, tuple | list) and len(sizes) != axes:
        raise ParameterError(
            f"{path} must be an integer, or {axes} of them with convolution={convolution!r}, got "
            f"{sizes!r}."
        )


class CNNLSTMLayers(Composite):
    """What the CNN-LSTM's layers are made of.

    Parameters
    ----------
    convolution : {"frame", "volume"}, default=None
        2-D convolutions on every frame by itself, or 3-D ones over time, rows and columns. None
        for "frame" in a CNN-LSTM, "volume" in a parallel CNN and LSTM.
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
    pooling : {"flatten", "average"}, default=None
        How maps become features. None for "flatten" in a CNN-LSTM, where maps of more than 4,096
        cells are averaged over as many regions at the most, and for "average" in a parallel CNN
        and LSTM.
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
    cell : {"lstm", "gru", "rnn"}, default="lstm"
        The recurrent unit, as in `LSTMLayers`: "gru" makes a CNN-GRU.
    augmentation : FrameAugmentation, default=None
        Random changes of the frames in training; None for none.

    Examples
    --------
    >>> from stforecast.estimators import CNNLSTMForecaster, CNNLSTMLayers
    >>> CNNLSTMForecaster((16, 32), layers=CNNLSTMLayers(pool_size=2, batch_norm=True))
    CNNLSTMForecaster(filters=(16, 32),
                      layers=CNNLSTMLayers(batch_norm=True, pool_size=2))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "convolution": Options(*_CONVOLUTIONS) | None,
        "block": Options(*_BLOCKS),
        "pool_size": Sizes((2, 3)),
        "batch_norm": Flags(),
        "reduce": Integers(1) | None,
        "activation": Options(*ACTIVATIONS),
        "pooling": Options(*POOLING) | None,
        "attention": ATTENTION | None,
        "num_layers": Integers(1),
        "lstm_dropout": SHARE | None,
        "lstm_activation": Options(*ACTIVATIONS),
        "bidirectional": Flags(),
        "residual": Flags(),
        "cell": RECURRENT,
        "augmentation": Part(FrameAugmentation) | NoneValue(FrameAugmentation),
    }

    def __init__(
        self,
        *,
        convolution: str | None = None,
        block: str = "plain",
        pool_size: int | tuple[int, ...] = 1,
        batch_norm: bool = False,
        reduce: int | None = None,
        activation: str = "relu",
        pooling: str | None = None,
        attention: str | Attention | None = None,
        num_layers: int = 1,
        lstm_dropout: float | None = None,
        lstm_activation: str = "tanh",
        bidirectional: bool = False,
        residual: bool = False,
        cell: str = "lstm",
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
        self.cell = cell
        self.augmentation = augmentation

    def build(
        self,
        frame: tuple[int, int, int],
        *,
        filters: Sequence[int],
        kernel_size: int | tuple[int, ...],
        hidden_channels: int,
        dropout: float,
    ) -> Backbone:
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
        Backbone
            Called with windows [B, T, C, H, W].
        """
        layers = self.fill_defaults("frame", "flatten")
        cnn = layers.build_cnn(frame, filters=filters, kernel_size=kernel_size, dropout=dropout)
        # the user's own choice: None lets large maps be averaged, "flatten" does not
        cells = _pool_cells(self.pooling, cnn)
        lstm = self.build_lstm(cells.features, hidden_channels, dropout)
        bridge = (cells,)
        if self.attention is not None:
            bridge = make_attention(self.attention).arrange(cnn.out_channels, cells)
        return CNNLSTM(cnn, lstm, bridge=bridge)

    def fill_defaults(self, convolution: str, pooling: str) -> CNNLSTMLayers:
        """Return these layers with the choices that a network makes where they leave them open.

        Parameters
        ----------
        convolution, pooling : str
            Values that stand for None.

        Returns
        -------
        CNNLSTMLayers
            Layers whose `convolution` and `pooling` are not None.
        """
        layers = copy(self)  # parameters of an estimator stay as the user set them
        layers.convolution = convolution if self.convolution is None else self.convolution
        layers.pooling = pooling if self.pooling is None else self.pooling
        return layers

    def build_cnn(
        self,
        frame: tuple[int, int, int],
        *,
        filters: Sequence[int],
        kernel_size: int | tuple[int, ...],
        dropout: float,
    ) -> FrameCNN | VolumeCNN:
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
        FrameCNN or VolumeCNN
            Called with windows [B, T, C, H, W], gives maps of them.
        """
        C, H, W = frame
        return _CONVOLUTIONS[self.convolution](
            C,
            [int(count) for count in filters],  # of numpy's integers too
            kernel_size,
            grid=(H, W),
            pool_size=self.pool_size,
            block=_BLOCKS[self.block],
            reduce=self.reduce,
            activation=self.activation,
            batch_norm=self.batch_norm,
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
        share = self.lstm_dropout
        check_lstm_weights(
            features,
            hidden_channels,
            self.cell,
            "Leave pooling out or pass 'average', or pool more cells by pool_size.",
        )
        return LSTM(
            features,
            hidden_channels,
            num_layers=self.num_layers,
            dropout=dropout if share is None else share,
            bidirectional=self.bidirectional,
            residual=self.residual,
            activation=self.lstm_activation,
            cell=self.cell,
        )


def _pool_cells(pooling: str | None, cnn: FrameCNN | VolumeCNN) -> Any:
    """Return what makes maps the features of an LSTM; by default large ones by their regions."""
    if pooling is None and prod(cnn.out_grid) > MAX_REGIONS:
        return AverageRegions(cnn.out_channels, cnn.out_grid, MAX_REGIONS)
    return make_pooling(pooling or "flatten", cnn.out_channels, cnn.out_grid)


def flatten_maps(layers: CNNLSTMLayers, cnn: Any, steps: int) -> tuple[nn.Module, int]:
    """Return the CNN with what makes one vector a window of its maps, and the vector's size."""
    if layers.pooling == "average":
        pool: Any = AverageWindow(cnn.out_channels)
    else:
        pool = FlattenWindow(cnn.out_channels, cnn.out_grid, cnn.out_steps(steps))
    bridge: Sequence[nn.Module] = (pool,)
    if layers.attention is not None:
        bridge = make_attention(layers.attention).arrange(cnn.out_channels, pool)
    # an attention behind the pooling is one over steps
    if bridge[-1] is not pool:
        raise ValueError(
            f"attention={layers.attention!r} mixes steps, of which a CNN branch has none left. Use "
            "'squeeze_excite', or CNNLSTMForecaster, whose CNN and LSTM are in a row."
        )
    return nn.Sequential(cnn, *bridge), pool.features
