"""The fully connected LSTM, GRU and plain recurrent network on flattened frames."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from stforecast._constraints import SHARE, Flags, Integers, Options
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError
from stforecast.nn.base import ACTIVATION, Backbone
from stforecast.nn.convgru_cell import ConvGRUCell, ConvRNNCell
from stforecast.nn.convlstm import ConvLSTM
from stforecast.nn.convlstm_cell import ConvLSTMCell
from stforecast.nn.gates import State

__all__ = ["LSTM"]

RECURRENT = Options("lstm", "gru", "rnn")


class LSTM(Backbone):
    """Stacked LSTM over time that reads every frame as one flat vector.

    The FC-LSTM that convolutional networks are compared with: it has no notion of neighbouring
    cells. Layers can run both ways and be linked by residuals. Not to be confused with
    :class:`ConvLSTM`, whose states stay maps.

    Parameters
    ----------
    in_features : int
        Numbers in one frame, C * H * W.
    hidden_channels : int
        Units of each layer and direction.
    num_layers : int, default=1
        Layers on top of each other.
    dropout : float, default=0.0
        Share of each layer's outputs dropped in training, the last layer's too.
    bidirectional : bool, default=False
        Whether every layer also reads the window backwards; doubles ``out_channels``.
    residual : bool, default=False
        Whether every layer's input is added to its output, projected where sizes differ.
    activation : str, default="tanh"
        Activation of the candidate and of the output, see :func:`make_activation`. An unbounded
        one, such as ``"relu"``, lets the state grow over long windows. Any but tanh runs step by
        step and takes several times as long.
    cell : {"lstm", "gru", "rnn"}, default="lstm"
        The recurrent unit: with a memory, with two gates and none, or with no gate (Elman's).

    Attributes
    ----------
    out_channels : int
        Features F of each step of the output.
    reverse_channels : int
        How many of these, the last ones, run backwards in time: their last step has seen one frame,
        their first step the whole window.
    layers : torch.nn.ModuleList
        One module a layer, each with ``lstm`` (the recurrent unit, whichever it is), ``shortcut``
        (if residual) and ``dropout`` (if any).

    Raises
    ------
    ValueError
        If no layer is given.
    ShapeError
        In ``forward``, if frames or state do not have the sizes the layer was built for.

    Notes
    -----
    Gates in the order i, f, g, o::

        i, f, o = sigmoid(W [h, x] + b),  g = tanh(W [h, x] + b)
        c = f * c + i * g,  h = o * tanh(c)

    The two bias vectors of the forget gate start at 1 in total, so that memory lasts before
    anything is learned [2]_. A layer has 4 * hidden * (in + hidden + 2) parameters. With another
    activation it is a :class:`ConvLSTM` on frames of one cell, which has one bias vector.

    A GRU has three parts of weights, r, z, n, and a plain network one::

        r, z = sigmoid(W [h, x] + b),  n = tanh(W x + b + r * (W h + b)),  h = (1 - z) * n + z * h
        h = tanh(W [h, x] + b)

    The biases of the update gate z start at 1 in total, as those of the forget gate do. Neither
    has a memory: the state is ``(h, h)``.

    References
    ----------
    .. [1] Hochreiter, Schmidhuber (1997), Long Short-Term Memory,
       https://doi.org/10.1162/neco.1997.9.8.1735.
    .. [2] Gers, Schmidhuber, Cummins (2000), Learning to Forget,
       https://doi.org/10.1162/089976600300015015.
    .. [3] Kim, El-Khamy, Lee (2017), Residual LSTM, arXiv:1701.03360.
    .. [4] Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder,
       arXiv:1406.1078.
    .. [5] Elman (1990), Finding Structure in Time, https://doi.org/10.1207/s15516709cog1402_1.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import LSTM
    >>> output, (h, c) = LSTM(3 * 7, 16, num_layers=2)(torch.zeros(4, 8, 3, 1, 7))
    >>> output.shape, h.shape
    (torch.Size([4, 8, 16]), torch.Size([2, 4, 16]))
    """

    @check_arguments(
        in_features=Integers(1),
        hidden_channels=Integers(1),
        num_layers=Integers(1),
        dropout=SHARE,
        bidirectional=Flags(),
        residual=Flags(),
        activation=ACTIVATION,
        cell=RECURRENT,
    )
    def __init__(
        self,
        in_features: int,
        hidden_channels: int,
        *,
        num_layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
        residual: bool = False,
        activation: str = "tanh",
        cell: str = "lstm",
    ) -> None:
        super().__init__()
        in_features, hidden_channels = int(in_features), int(hidden_channels)  # nn.LSTM asks for it
        self.in_features = in_features
        self.hidden_channels = hidden_channels
        self.directions = 2 if bidirectional else 1
        self.out_channels = hidden_channels * self.directions
        self.reverse_channels = hidden_channels if bidirectional else 0
        sizes = [in_features] + [self.out_channels] * (num_layers - 1)
        self.layers = nn.ModuleList(
            _Layer(_unit(cell, activation, size, hidden_channels, bidirectional), dropout, residual)
            for size in sizes
        )

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run over the frames of every window.

        Parameters
        ----------
        x : torch.Tensor
            Windows [B, T, C, H, W], or sequences [B, T, F].
        state : tuple of torch.Tensor, default=None
            ``(h, c)`` to start from, each [L, B, hidden_channels]; zeros by default. L counts
            layers, from the bottom, and in a bidirectional one ahead and back.

        Returns
        -------
        output : torch.Tensor
            [B, T, out_channels], the last layer at every step.
        state : tuple of torch.Tensor
            ``(h, c)`` after the last frame each direction has read, each [L, B, hidden_channels].
        """
        x = self._flatten_frames(x)
        states = []
        for layer, start in zip(self.layers, self._split(state, x.shape[0]), strict=True):
            x, end = layer(x, start)
            states.append(end)
        if len(states) == 1:  # most networks; there is nothing to join
            return x, states[0]
        # each [num_layers * directions, B, F], as nn.LSTM orders them
        return x, (torch.cat([h for h, _ in states]), torch.cat([c for _, c in states]))

    def _flatten_frames(self, x: Tensor) -> Tensor:
        flat = x.flatten(2) if x.ndim > 2 else x  # [B, T, C * H * W]
        if flat.ndim != 3 or flat.shape[2] != self.in_features or flat.shape[1] == 0:
            raise ShapeError(
                f"LSTM was built for frames of {self.in_features} numbers, [B, T, C, H, W] with "
                f"C * H * W = {self.in_features}, but got {list(x.shape)}. "
                "Build it with in_features=C * H * W."
            )
        return flat

    def _split(self, state: State | None, batch: int) -> list[State | None]:
        if state is None:
            return [None] * len(self.layers)
        shape = (len(self.layers) * self.directions, batch, self.hidden_channels)
        if any(part.shape != shape for part in state):
            raise ShapeError(
                f"state must be (h, c), each {list(shape)}, but got "
                f"{[list(part.shape) for part in state]}. Pass the state of an LSTM like this one."
            )
        # each layer's share is [directions, B, F]
        h, c = (torch.split(part, self.directions) for part in state)
        return list(zip(h, c, strict=True))


class _Layer(nn.Module):
    def __init__(self, unit: Any, dropout: float, residual: bool) -> None:
        super().__init__()
        self.lstm = unit
        sizes = unit.input_size, unit.hidden_size * (2 if unit.bidirectional else 1)
        self.shortcut = _shortcut(*sizes) if residual else None
        self.dropout = nn.Dropout(dropout) if dropout else None

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        output, state = self._run(x, state)
        if self.shortcut is not None:
            output = output + self.shortcut(x)
        if self.dropout is not None:
            output = self.dropout(output)
        return output, state

    def _run(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        if not isinstance(self.lstm, nn.GRU | nn.RNN):
            return _run_lstm(self.lstm, x, state)
        # torch's GRU and RNN have one state, and layers hand on a pair
        output, h = self.lstm(x, None if state is None else state[0])
        return output, (h, h)


def _run_lstm(lstm: nn.Module, x: Tensor, state: State | None) -> tuple[Tensor, State]:
    """Run torch's LSTM, in single precision where the processor has no half precision for it."""
    if x.device.type != "cpu" or not torch.is_autocast_enabled("cpu") or _has_half_precision():
        output, state = lstm(x, state)
        return output, state
    # torch's GRU and RNN do without, but its LSTM raises an error on processors without AVX-512
    with torch.autocast("cpu", enabled=False):
        start = None if state is None else (state[0].float(), state[1].float())
        output, state = lstm(x.float(), start)
    return output, state


def _has_half_precision() -> bool:
    onednn: Any = torch.backends.mkldnn  # untyped in torch
    if not (onednn.is_available() and onednn.enabled):
        return True  # torch then takes operations of its own, which every processor has
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - no public name


class _SingleCellUnit(nn.Module):
    """A recurrent unit of any activation: a network of maps on frames of one cell."""

    def __init__(self, cell: Any, in_features: int, hidden: int, bidirectional: bool) -> None:
        super().__init__()
        self.input_size, self.hidden_size = in_features, hidden
        self.bidirectional = bidirectional
        self.cells = ConvLSTM(in_features, hidden, 1, bidirectional=bidirectional, cell=cell)

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        start = None if state is None else (_add_cell_axes(state[0]), _add_cell_axes(state[1]))
        output, (h, c) = self.cells(_add_cell_axes(x), start)
        # [B, T, F * directions], and states [directions, B, F], as torch's units return them
        return output[..., 0, 0], (h[..., 0, 0], c[..., 0, 0])


# The unit of torch where the activation is tanh, and its cell on maps for every other activation.
UNITS: dict[str, tuple[Any, Any]] = {
    "lstm": (nn.LSTM, ConvLSTMCell),
    "gru": (nn.GRU, ConvGRUCell),
    "rnn": (nn.RNN, ConvRNNCell),
}


def _add_cell_axes(x: Tensor) -> Tensor:
    return x[..., None, None]


def _unit(
    cell: str, activation: str, in_features: int, hidden: int, bidirectional: bool
) -> nn.Module:
    in_torch, on_maps = UNITS[cell]
    if activation != "tanh":
        return _SingleCellUnit(
            partial(on_maps, activation=activation), in_features, hidden, bidirectional
        )
    unit: nn.Module = in_torch(in_features, hidden, batch_first=True, bidirectional=bidirectional)
    if cell != "rnn":
        _set_lasting_bias(unit)
    return unit


def _shortcut(in_features: int, features: int) -> nn.Module:
    if in_features == features:
        return nn.Identity()
    return nn.Linear(in_features, features, bias=False)


def _set_lasting_bias(unit: Any) -> None:
    """Let the state last at first: the forget gate, or the update gate, is the second part."""
    gate = slice(unit.hidden_size, 2 * unit.hidden_size)
    # torch adds a bias of the input and one of the state: their sum is to be 1
    for name, parameter in unit.named_parameters():
        if name.startswith("bias"):
            parameter.data[gate] = 1.0 if name.startswith("bias_ih") else 0.0
