"""Gate equations: from the gates' inputs to the next state, cell by cell of the grid."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from stforecast._constraints import SHARE, Axes, Callables, Integers
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError
from stforecast.nn.base import ACTIVATION, make_activation

__all__ = ["LSTMGates", "NormGates", "PeepholeGates", "ZoneoutGates"]

State = tuple[Tensor, Tensor]


class LSTMGates(nn.Module):
    """The LSTM's gate equations, for maps.

    Parameters
    ----------
    hidden_channels : int
        Channels F of the state.
    activation : str, default="tanh"
        Activation of the candidate and of the output, see :func:`make_activation`. An unbounded
        one, such as ``"relu"``, lets the state grow over long windows.

    Notes
    -----
    With the gates' inputs ``z_i, z_f, z_g, z_o``, the sigmoid ``s`` and the activation ``a``::

        i, f, o = s(z_i), s(z_f), s(z_o)
        c' = f c + i a(z_g)
        h' = o a(c')

    References
    ----------
    .. [1] Hochreiter, Schmidhuber (1997), Long Short-Term Memory,
       doi:10.1162/neco.1997.9.8.1735.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import LSTMGates
    >>> state = torch.zeros(2, 8, 5, 5), torch.ones(2, 8, 5, 5)
    >>> h, c = LSTMGates(8)(torch.zeros(2, 32, 5, 5), state)
    >>> c.unique()
    tensor([0.5000])
    """

    @check_arguments(
        hidden_channels=Integers(1),
        activation=ACTIVATION,
    )
    def __init__(self, hidden_channels: int, activation: str = "tanh") -> None:
        super().__init__()
        self.hidden_channels = hidden_channels
        self.activation = make_activation(activation)

    def forward(self, z: Tensor, state: State) -> State:
        """Return the state after inputs ``z`` [B, 4 F, H, W], in the order i, f, g, o."""
        i, f, g, o = z.chunk(4, dim=1)
        c = f.sigmoid() * state[1] + i.sigmoid() * self.activation(g)
        return o.sigmoid() * self.activation(c), c


class PeepholeGates(nn.Module):
    """Gates that see the memory: the ConvLSTM as first published.

    The input and forget gate look at the memory before the step, the output gate at the one after
    it, each through a weight of its own.

    Parameters
    ----------
    hidden_channels : int
        Channels F of the state.
    activation : str, default="tanh"
        Activation of the candidate and of the output, see :func:`make_activation`.
    grid : tuple of int, default=(1, 1)
        (1, 1) for one weight a channel, which works on every grid. The rows and columns (H, W) of
        a fixed grid for one weight a channel and cell, as published.

    Attributes
    ----------
    peephole : Parameter, [3, F, H, W]
        Weights of i, f and o, zero at first, so that training starts from the plain cell.

    Notes
    -----
    ``i = s(z_i + p_i c)``, ``f = s(z_f + p_f c)``, ``o = s(z_o + p_o c')``; the rest is as in
    :class:`LSTMGates`. At the first step of a window ``c`` is zero, so that a window of one frame
    teaches ``p_o`` only.

    References
    ----------
    .. [1] Shi et al. (2015), Convolutional LSTM Network, arXiv:1506.04214.
    .. [2] Gers, Schmidhuber (2000), Recurrent nets that time and count,
       doi:10.1109/IJCNN.2000.861302.

    Examples
    --------
    >>> from functools import partial
    >>> from stforecast.nn import ConvLSTM, ConvLSTMCell, PeepholeGates
    >>> ConvLSTM(1, 8, cell="peephole").out_channels
    8
    >>> gates = partial(PeepholeGates, grid=(6, 7))
    >>> ConvLSTMCell(1, 8, gates=gates).gates.peephole.shape
    torch.Size([3, 8, 6, 7])
    """

    @check_arguments(
        hidden_channels=Integers(1),
        activation=ACTIVATION,
        grid=Axes((2,)),
    )
    def __init__(
        self, hidden_channels: int, activation: str = "tanh", *, grid: tuple[int, int] = (1, 1)
    ) -> None:
        super().__init__()
        self.hidden_channels = hidden_channels
        self.activation = make_activation(activation)
        self.peephole = nn.Parameter(torch.zeros(3, hidden_channels, *grid))

    def forward(self, z: Tensor, state: State) -> State:
        """Return the state after inputs ``z`` [B, 4 F, H, W], in the order i, f, g, o."""
        _check_grid(self.peephole, z)
        i, f, g, o = z.chunk(4, dim=1)
        to_i, to_f, to_o = self.peephole
        c = state[1]
        i, f = torch.sigmoid(i + to_i * c), torch.sigmoid(f + to_f * c)  # see the memory before
        c = f * c + i * self.activation(g)  # the output gate sees the memory after
        return torch.sigmoid(o + to_o * c) * self.activation(c), c


class NormGates(nn.Module):
    """Gates with layer normalisation that fits every grid.

    Each gate's input is normalised over its channels and cells, and so is the memory on its way
    out; scale and shift are learned by channel, not by cell, so H and W stay free.

    Parameters
    ----------
    hidden_channels : int
        Channels F of the state; at least 2, since one channel on a grid of one cell would be
        normalised away.
    activation : str, default="tanh"
        Activation of the candidate and of the output, see :func:`make_activation`.
    groups : int, default=1
        Groups of channels, each normalised by itself; 1 is layer normalisation. Must leave at
        least 2 channels a group.

    Attributes
    ----------
    gate_norm : torch.nn.GroupNorm
        ``groups`` for each of the four gates; the forget gate's shift starts at 1.
    memory_norm : torch.nn.GroupNorm
        ``groups``.

    Raises
    ------
    ValueError
        If the groups do not share the channels evenly, or get fewer than two each.

    Notes
    -----
    With n groups, ``z = GN_4n(z)``, then as in :class:`LSTMGates`, with ``h' = o a(GN_n(c'))``.
    Every window and frame is normalised by itself: no running averages, the same in training and
    prediction, no look at other windows. On one cell, one group is Ba's layer norm gate by gate.

    References
    ----------
    .. [1] Ba, Kiros, Hinton (2016), Layer Normalization, arXiv:1607.06450.
    .. [2] Wu, He (2018), Group Normalization, arXiv:1803.08494.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ConvLSTM
    >>> layer = ConvLSTM(1, 8, cell="norm")
    >>> layer(torch.zeros(2, 3, 1, 4, 5))[0].shape, layer(torch.zeros(2, 3, 1, 9, 1))[0].shape
    (torch.Size([2, 3, 8, 4, 5]), torch.Size([2, 3, 8, 9, 1]))
    """

    @check_arguments(
        hidden_channels=Integers(1),
        activation=ACTIVATION,
        groups=Integers(1),
    )
    def __init__(self, hidden_channels: int, activation: str = "tanh", *, groups: int = 1) -> None:
        super().__init__()
        _check_groups(hidden_channels, groups)
        self.hidden_channels = hidden_channels
        self.activation = make_activation(activation)
        self.gate_norm = nn.GroupNorm(4 * groups, 4 * hidden_channels)
        self.memory_norm = nn.GroupNorm(groups, hidden_channels)
        # of i, f, g, o the forget gate is the second
        nn.init.ones_(self.gate_norm.bias[hidden_channels : 2 * hidden_channels].detach())

    def forward(self, z: Tensor, state: State) -> State:
        """Return the state after inputs ``z`` [B, 4 F, H, W], in the order i, f, g, o."""
        i, f, g, o = self.gate_norm(z).chunk(4, dim=1)
        c = f.sigmoid() * state[1] + i.sigmoid() * self.activation(g)
        return o.sigmoid() * self.activation(self.memory_norm(c)), c


class ZoneoutGates(nn.Module):
    """Gates that now and then keep the old value: dropout for states.

    In training each number of the state keeps its old value with a given probability; in
    prediction it takes the expected mix of old and new. Unlike dropout, nothing is zeroed, so
    information passes through time undamped.

    Parameters
    ----------
    hidden_channels : int
        Channels F of the state.
    activation : str, default="tanh"
        Activation of the candidate and of the output, see :func:`make_activation`.
    hidden_rate : float, default=0.05
        Share of the output ``h`` that keeps its value, 0 <= rate < 1.
    memory_rate : float, default=0.15
        Share of the memory ``c`` that keeps its value, 0 <= rate < 1.
    gates : callable, default=LSTMGates
        Gate equations to wrap, called as ``gates(hidden_channels, activation)``.

    Raises
    ------
    ValueError
        If a rate is not in [0, 1).

    Notes
    -----
    ``h' = m h + (1 - m) h_new`` with a mask ``m`` drawn anew for every window, frame, channel and
    cell from torch's global generator.

    References
    ----------
    .. [1] Krueger et al. (2017), Zoneout, arXiv:1606.01305.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ZoneoutGates
    >>> gates = ZoneoutGates(1, hidden_rate=0.25).eval()
    >>> old = torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)
    >>> gates(torch.zeros(1, 4, 1, 1), old)[0].item()  # a quarter of 1, the rest is 0
    0.25
    """

    @check_arguments(
        hidden_channels=Integers(1),
        activation=ACTIVATION,
        hidden_rate=SHARE,
        memory_rate=SHARE,
        gates=Callables("a callable that makes gates", nn.Module),
    )
    def __init__(
        self,
        hidden_channels: int,
        activation: str = "tanh",
        *,
        hidden_rate: float = 0.05,
        memory_rate: float = 0.15,
        gates: Callable[[int, str], nn.Module] = LSTMGates,
    ) -> None:
        super().__init__()
        self.hidden_channels = hidden_channels
        self.hidden_rate = hidden_rate
        self.memory_rate = memory_rate
        self.gates = gates(hidden_channels, activation)

    def forward(self, z: Tensor, state: State) -> State:
        """Return the state after inputs ``z`` [B, 4 F, H, W], in the order i, f, g, o."""
        h, c = self.gates(z, state)
        return self._mix(state[0], h, self.hidden_rate), self._mix(state[1], c, self.memory_rate)

    def _mix(self, old: Tensor, new: Tensor, rate: float) -> Tensor:
        if not self.training:  # the expected value: rate * old + (1 - rate) * new
            return torch.lerp(new, old, rate)
        return torch.where(torch.rand_like(new) < rate, old, new)


def _check_grid(peephole: Tensor, z: Tensor) -> None:
    if peephole.shape[2:] not in ((1, 1), z.shape[2:]):
        raise ShapeError(
            f"Peepholes were built for a grid of {tuple(peephole.shape[2:])} cells, but the frames "
            f"have {tuple(z.shape[2:])}. Build them for this grid, or leave grid out for one "
            "weight a channel."
        )


def _check_groups(channels: int, groups: int) -> None:
    if channels % groups or channels // groups < 2:
        raise ValueError(
            f"hidden_channels must make groups of at least 2 hidden channels, all of one size, but "
            f"got {channels} channels in {groups} groups. Use more channels or fewer groups."
        )
