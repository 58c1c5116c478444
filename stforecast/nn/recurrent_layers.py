"""Layers that run over time, and what can be put around them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stforecast.nn.gates import State
from stforecast.nn.recurrence import run_cell

__all__ = ["Bidirectional", "Residual", "Unidirectional"]


class Unidirectional(nn.Module):
    """Run one cell over the frames of a window, first to last.

    Parameters
    ----------
    cell : torch.nn.Module
        A :class:`ConvLSTMCell`, or any module with ``hidden_channels``, ``project(x)`` and
        ``step(projected, state)`` like it.

    Attributes
    ----------
    out_channels : int
        Channels F of the output.
    directions : int
        1: the states' first axis.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ConvLSTMCell
    >>> from stforecast.nn.recurrent_layers import Unidirectional
    >>> layer = Unidirectional(ConvLSTMCell(3, 8))
    >>> layer(torch.zeros(2, 4, 3, 6, 7))[0].shape
    torch.Size([2, 4, 8, 6, 7])
    """

    directions = 1

    def __init__(self, cell: Any) -> None:
        super().__init__()
        self.cell = cell
        self.out_channels: int = cell.hidden_channels

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the output [B, T, F, H, W] and the last state, each [1, B, F, H, W]."""
        output, (h, c) = run_cell(self.cell, x, _direction(state, 0))
        return output, (h[None], c[None])


class Bidirectional(nn.Module):
    """Run two cells over a window, one from either end, and put their channels together.

    Every frame's output then knows the whole window. Forecasts read the window's future only as
    far as the window goes: nothing leaks.

    Parameters
    ----------
    ahead : torch.nn.Module
        Cell that runs first to last.
    back : torch.nn.Module
        Cell that runs last to first.

    Attributes
    ----------
    out_channels : int
        Channels of both cells; the first ones run ahead, the last ones back.
    directions : int
        2: the states' first axis, ahead and back.

    References
    ----------
    .. [1] Schuster, Paliwal (1997), Bidirectional recurrent neural networks,
       doi:10.1109/78.650093.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ConvLSTMCell
    >>> from stforecast.nn.recurrent_layers import Bidirectional
    >>> layer = Bidirectional(ConvLSTMCell(3, 8), ConvLSTMCell(3, 8))
    >>> layer(torch.zeros(2, 4, 3, 6, 7))[0].shape
    torch.Size([2, 4, 16, 6, 7])
    """

    directions = 2

    def __init__(self, ahead: Any, back: Any) -> None:
        super().__init__()
        self.ahead = ahead
        self.back = back
        self.out_channels: int = ahead.hidden_channels + back.hidden_channels

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the output [B, T, 2 F, H, W] and the last states, each [2, B, F, H, W]."""
        output, first = run_cell(self.ahead, x, _direction(state, 0))
        reverse, second = run_cell(self.back, x.flip(1), _direction(state, 1))
        h, c = (torch.stack(pair) for pair in zip(first, second, strict=True))
        return torch.cat([output, reverse.flip(1)], dim=2), (h, c)


class Residual(nn.Module):
    """Add a layer's input to its output, through a 1x1 convolution where channels differ.

    Parameters
    ----------
    layer : torch.nn.Module
        Layer with ``out_channels`` and ``directions``.
    in_channels : int
        Channels of its input.

    Attributes
    ----------
    project : torch.nn.Module
        The 1x1 convolution, without bias, or the identity.

    References
    ----------
    .. [1] He, Zhang, Ren, Sun (2016), Deep Residual Learning, arXiv:1512.03385.

    Examples
    --------
    >>> from stforecast.nn import ConvLSTMCell
    >>> from stforecast.nn.recurrent_layers import Residual, Unidirectional
    >>> Residual(Unidirectional(ConvLSTMCell(8, 8)), in_channels=8).project
    Identity()
    """

    def __init__(self, layer: Any, in_channels: int) -> None:
        super().__init__()
        self.layer = layer
        self.out_channels: int = layer.out_channels
        self.directions: int = layer.directions
        same = in_channels == self.out_channels
        self.project = nn.Identity() if same else _pointwise(in_channels, self.out_channels)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the layer's output plus its input, and the layer's last state."""
        output, state = self.layer(x, state)
        return output + self.project(x.flatten(0, 1)).unflatten(0, x.shape[:2]), state


def _pointwise(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 1, bias=False)


def _direction(state: State | None, number: int) -> State | None:
    return None if state is None else (state[0][number], state[1][number])
