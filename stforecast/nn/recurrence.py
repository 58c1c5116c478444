"""Running a cell over the frames of a window, the fastest way that its parts allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from stforecast.nn.gates import LSTMGates, State
from stforecast.nn.gatewise_conv import GatewiseConv2d
from stforecast.nn.same_conv import SameConv2d, same_conv2d
from stforecast.nn.small_grid import SmallGridRecurrence, Taps

__all__ = ["run_cell", "run_dense", "run_small", "unroll"]

SMALL_CELLS = 24
DENSE_UNITS = 512
ZERO_PADDED = {SameConv2d, GatewiseConv2d}  # any other convolution may see another edge


def run_cell(cell: Any, x: Tensor, state: State) -> tuple[Tensor, State]:
    """Run a cell over all frames of a window.

    Parameters
    ----------
    cell : torch.nn.Module
        A :class:`ConvLSTMCell`, or any module with ``project`` and ``step`` like it.
    x : torch.Tensor
        Frames [B, T, C, H, W].
    state : tuple of torch.Tensor
        ``(h, c)``, each [B, F, H, W].

    Returns
    -------
    output : torch.Tensor
        ``h`` after every frame, [B, T, F, H, W].
    state : tuple of torch.Tensor
        ``(h, c)`` after the last frame.

    Notes
    -----
    Plain tanh gates on the CPU have two shorter ways, which give the same numbers up to rounding.
    Where the kernel covers the grid, the convolution is a matrix and the window goes through
    torch's fused LSTM (:func:`run_dense`). On up to 24 cells, where a call of torch's convolution
    costs more than its arithmetic, all steps are one hand-written node (:func:`run_small`). All
    else, and all that is exported, compiled or run in mixed precision, goes step by step
    (:func:`unroll`).

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn.convlstm_cell import ConvLSTMCell
    >>> from stforecast.nn.recurrence import run_cell
    >>> zeros = torch.zeros(2, 8, 1, 7)
    >>> output, (h, c) = run_cell(ConvLSTMCell(3, 8), torch.zeros(2, 4, 3, 1, 7), (zeros, zeros))
    >>> output.shape, h.shape
    (torch.Size([2, 4, 8, 1, 7]), torch.Size([2, 8, 1, 7]))
    """
    cells = x.shape[3] * x.shape[4]
    if torch.compiler.is_compiling() or not _is_plain(cell) or not _is_plain_cpu(x):
        return unroll(cell, x, state)
    kernel = cell.state_conv.weight[0, 0].numel()
    if cells <= kernel and cells * max(cell.hidden_channels, x.shape[2]) <= DENSE_UNITS:
        return run_dense(cell, x, state)
    return run_small(cell, x, state) if cells <= SMALL_CELLS else unroll(cell, x, state)


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


def run_small(cell: Any, x: Tensor, state: State) -> tuple[Tensor, State]:
    """Run a cell of plain gates over a small grid in one autograd node.

    Parameters and results are those of :func:`run_cell`.
    """
    conv, weight = cell.input_conv, cell.input_conv.weight
    taps = Taps(weight.shape[2:], conv.dilation, (x.shape[3], x.shape[4]))
    gates = taps.project(x.permute(2, 1, 3, 4, 0), weight, conv.bias)
    h, c = (part.permute(1, 2, 3, 0) for part in state)  # [F, H, W, B]
    recur = cell.state_conv
    apply: Callable[..., State] = SmallGridRecurrence.apply
    output, c = apply(gates, recur.weight, h, c, recur.dilation)
    output = output.permute(4, 0, 1, 2, 3)
    return output, (output[:, -1], c.permute(3, 0, 1, 2))


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


def _is_plain(cell: Any) -> bool:
    gates = getattr(cell, "gates", None)
    if type(gates) is not LSTMGates or type(gates.activation) is not nn.Tanh:
        return False
    return {type(cell.input_conv), type(cell.state_conv)} <= ZERO_PADDED


def _is_plain_cpu(x: Tensor) -> bool:
    return x.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
