"""Running a cell over the frames of a window, the fastest way that its parts allow."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stforecast.nn.gates import LSTMGates, PeepholeGates, State
from stforecast.nn.gatewise_conv import GatewiseConv2d
from stforecast.nn.kernels.inputs import Weights, zeros
from stforecast.nn.kernels.recurrence import is_opaque, run_by_hand, run_compiled, takes_kernel
from stforecast.nn.same_conv import SameConv2d, same_conv2d

__all__ = ["run_cell", "run_dense", "unroll"]

SMALL_CELLS = 24
DENSE_UNITS = 512
ZERO_PADDED = {SameConv2d, GatewiseConv2d}  # any other convolution may see another edge


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
    shorter ways in torch: on up to 24 cells the convolution is a matrix, and the window goes
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
    weights = None if torch.compiler.is_compiling() else tanh_weights(cell)
    if weights is not None and is_opaque(weights, x, state):
        if takes_kernel(weights, x):
            return run_compiled(weights, x, state)
        if weights.peepholes is None:
            return run_in_torch(cell, weights, x, state)
    return unroll(cell, x, zeros(x, cell.hidden_channels) if state is None else state)


def run_in_torch(
    cell: Any, weights: Weights, x: Tensor, state: State | None
) -> tuple[Tensor, State]:
    """Run plain gates the faster of two ways in torch."""
    cells = x.shape[3] * x.shape[4]
    if cells <= SMALL_CELLS and cells * max(cell.hidden_channels, x.shape[2]) <= DENSE_UNITS:
        return run_dense(cell, x, zeros(x, cell.hidden_channels) if state is None else state)
    return run_by_hand(weights, x, state)


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
    bias = cell.input_conv.bias.repeat_interleave(grid[0] * grid[1])
    weights = [dense_matrix(cell.input_conv, grid), dense_matrix(cell.state_conv, grid)]
    weights += [bias, torch.zeros_like(bias)]
    output, h, c = torch.lstm(
        x.flatten(2),
        [part.flatten(1)[None].contiguous() for part in state],
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
    return same_conv2d(images, weight, None, conv.dilation).flatten(1).t().contiguous()


def tanh_weights(cell: Any) -> Weights | None:
    """Return what a cell of tanh gates computes with; None for any other cell."""
    gates: Any = getattr(cell, "gates", None)
    if type(gates) not in {LSTMGates, PeepholeGates} or type(gates.activation) is not nn.Tanh:
        return None
    convs = cell.input_conv, cell.state_conv
    if not {type(conv) for conv in convs} <= ZERO_PADDED or convs[0].bias is None:
        return None
    kernels = convs[0].weight, convs[1].weight
    dilations = (*convs[0].dilation, *convs[1].dilation)
    return Weights(*kernels, convs[0].bias, getattr(gates, "peephole", None), dilations)
