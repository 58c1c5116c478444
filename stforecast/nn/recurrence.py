"""Cells over the frames of a window: one way or both, as fast as the parts of the cell allow."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stforecast.nn.convlstm_cell import ConvLSTMCell, SeparableConvLSTMCell
from stforecast.nn.gates import LSTMGates, PeepholeGates, State
from stforecast.nn.gatewise_conv import GatewiseConv2d
from stforecast.nn.kernels.inputs import Weights, zeros
from stforecast.nn.kernels.recurrence import has_kernel, is_opaque, run_kernel, run_torch
from stforecast.nn.same_conv import SameConv2d, same_conv2d

__all__ = ["Bidirectional", "Residual", "Unidirectional", "run_cell", "run_dense", "unroll"]


# Up to how many cells, and numbers in a frame or state (of one cell, or of a map), a matrix is
# faster than convolutions. It is built in every call, which costs a single window more than its
# steps where it is larger.
SMALL_CELLS = 8
DENSE_UNITS = 512
DENSE_MAP_UNITS = 128
KERNEL_CELLS = {ConvLSTMCell, SeparableConvLSTMCell}  # any other may take another step
ZERO_PADDING_CONVS = {SameConv2d, GatewiseConv2d}  # any other convolution may see another edge


def run_cell(cell: Any, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
    """Run a cell over all frames of a window.

    Parameters
    ----------
    cell : torch.nn.Module
        A :class:`ConvLSTMCell`, or any module with ``project`` and ``step`` like it.
    x : torch.Tensor
        Frames [B, T, C, H, W].
    state : tuple of torch.Tensor, default=None
        ``(h, c)``, each [B, F, H, W]; zeros by default.

    Returns
    -------
    output : torch.Tensor
        ``h`` after every frame, [B, T, F, H, W].
    state : tuple of torch.Tensor
        ``(h, c)`` after the last frame.

    Notes
    -----
    Tanh gates, with or without peepholes, run on the CPU in one call of a compiled kernel, where
    one was compiled; :func:`stforecast.nn.show_backends` tells. Without it, plain gates have two
    shorter ways in torch: on a few cells the convolution is a matrix, and the window goes
    through torch's fused LSTM (:func:`run_dense`); elsewhere the slopes are written by hand. All
    ways give the same numbers up to rounding. All else, and all that is exported, compiled,
    transformed or run in mixed precision, goes step by step (:func:`unroll`).

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn.convlstm_cell import ConvLSTMCell
    >>> from stforecast.nn.recurrence import run_cell
    >>> output, (h, c) = run_cell(ConvLSTMCell(3, 8), torch.zeros(2, 4, 3, 1, 7))
    >>> output.shape, h.shape
    (torch.Size([2, 4, 8, 1, 7]), torch.Size([2, 8, 1, 7]))
    """
    # a compiler reads the operations of the loop; a kernel it could only call
    weights = None if torch.compiler.is_compiling() else tanh_weights(cell)
    if weights is not None and is_opaque(weights, x, state):
        if has_kernel(weights, x):
            return run_kernel(weights, x, state)
        if weights.peepholes is None:
            return run_in_torch(cell, weights, x, state)
    return unroll(cell, x, zeros(x, cell.hidden_channels) if state is None else state)


def run_in_torch(
    cell: Any, weights: Weights, x: Tensor, state: State | None
) -> tuple[Tensor, State]:
    """Run plain gates the faster of two ways in torch."""
    cells = x.shape[3] * x.shape[4]
    largest = DENSE_UNITS if cells == 1 else DENSE_MAP_UNITS
    if cells <= SMALL_CELLS and cells * max(cell.hidden_channels, x.shape[2]) <= largest:
        return run_dense(cell, x, zeros(x, cell.hidden_channels) if state is None else state)
    return run_torch(weights, x, state)


def unroll(cell: Any, x: Tensor, state: State) -> tuple[Tensor, State]:
    """Step through the frames one by one, after projecting all of them at once.

    Parameters and results are those of :func:`run_cell`.
    """
    B, T, _, _, _ = x.shape
    frames = cell.project(x.transpose(0, 1).flatten(0, 1))  # [T * B, 4 F, H, W]
    output = []
    for frame in frames.unflatten(0, (T, B)):
        state = cell.step(frame, state)
        output.append(state[0])
    return torch.stack(output, dim=1), state


def run_dense(cell: Any, x: Tensor, state: State) -> tuple[Tensor, State]:
    """Run a cell of plain gates as an LSTM whose matrices do what the convolutions do.

    Parameters and results are those of :func:`run_cell`.
    """
    grid = (x.shape[3], x.shape[4])
    # flat maps [4 F * H * W] keep the gates apart, in torch.lstm's own order i, f, g, o
    bias = cell.input_conv.bias.repeat_interleave(grid[0] * grid[1])
    weights = [dense_matrix(cell.input_conv, grid), dense_matrix(cell.state_conv, grid)]
    weights += [bias, torch.zeros_like(bias)]  # torch.lstm has a second bias, of the state
    output, h, c = torch.lstm(
        x.flatten(2),
        [part.flatten(1)[None].contiguous() for part in state],  # each [1, B, F * H * W]
        weights,
        has_biases=True,
        num_layers=1,
        dropout=0.0,
        train=True,
        bidirectional=False,
        batch_first=True,
    )
    shape = state[0].shape
    return output.reshape(*x.shape[:2], *shape[1:]), (h.reshape(shape), c.reshape(shape))


def dense_matrix(conv: Any, grid: tuple[int, int]) -> Tensor:
    """Return the matrix [F * H * W, C * H * W] of a convolution on a grid, bias left out."""
    weight = conv.weight
    numbers = weight.shape[1] * grid[0] * grid[1]
    unit = torch.eye(numbers, dtype=weight.dtype, device=weight.device)
    images = unit.view(numbers, weight.shape[1], *grid)  # each number alone, as a frame
    # what each number alone gives is a column of the matrix
    return same_conv2d(images, weight, None, conv.dilation).flatten(1).t().contiguous()


def tanh_weights(cell: Any) -> Weights | None:
    """Return what a cell of tanh gates computes with; None for any other cell."""
    if type(cell) not in KERNEL_CELLS:
        return None
    gates: Any = cell.gates
    if type(gates) not in {LSTMGates, PeepholeGates} or type(gates.activation) is not nn.Tanh:
        return None
    convs: Any = (cell.input_conv, cell.state_conv)
    if not {type(conv) for conv in convs} <= ZERO_PADDING_CONVS or convs[0].bias is None:
        return None
    kernels = convs[0].weight, convs[1].weight
    dilations = (*convs[0].dilation, *convs[1].dilation)
    peephole = gates.peephole if isinstance(gates, PeepholeGates) else None
    return Weights(*kernels, convs[0].bias, peephole, dilations)


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
    >>> from stforecast.nn.recurrence import Unidirectional
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
        start = None if state is None else (state[0][0], state[1][0])
        output, (h, c) = run_cell(self.cell, x, start)
        return output, (h[None], c[None])


class Bidirectional(nn.Module):
    """Run two cells over a window, one from either end, and put their channels together.

    Every frame's output then knows the whole window. Forecasts read the window's future only as
    far as the window goes: nothing leaks.

    Parameters
    ----------
    forward_cell : torch.nn.Module
        Cell that runs first to last.
    reverse_cell : torch.nn.Module
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
    >>> from stforecast.nn.recurrence import Bidirectional
    >>> layer = Bidirectional(ConvLSTMCell(3, 8), ConvLSTMCell(3, 8))
    >>> layer(torch.zeros(2, 4, 3, 6, 7))[0].shape
    torch.Size([2, 4, 16, 6, 7])
    """

    directions = 2

    def __init__(self, forward_cell: Any, reverse_cell: Any) -> None:
        super().__init__()
        self.forward_cell = forward_cell
        self.reverse_cell = reverse_cell
        self.out_channels: int = forward_cell.hidden_channels + reverse_cell.hidden_channels

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the output [B, T, 2 F, H, W] and the last states, each [2, B, F, H, W]."""
        starts = (None, None) if state is None else zip(*state, strict=True)
        ahead, back = starts  # of each direction, (h, c)
        output, first = run_cell(self.forward_cell, x, ahead)
        reverse, second = run_cell(self.reverse_cell, x.flip(1), back)
        h, c = (torch.stack(pair) for pair in zip(first, second, strict=True))
        # the second cell's output comes last frame first
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
    >>> from stforecast.nn.recurrence import Residual, Unidirectional
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
        # the 1x1 convolution takes frames [B * T, C, H, W]
        return output + self.project(x.flatten(0, 1)).unflatten(0, x.shape[:2]), state


def _pointwise(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 1, bias=False)
