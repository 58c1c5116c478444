"""Running a cell over the frames of a window, the fastest way that its parts allow."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stforecast.nn.gates import LSTMGates, State
from stforecast.nn.same_conv import same_conv2d

__all__ = ["run_cell", "unroll"]

DENSE_UNITS = 128


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
    On a small grid, a convolution is a small matrix. Where the plain gate equations run on at most
    128 numbers of state, the window therefore goes through torch's LSTM with that matrix, which is
    one fused call on the CPU and one kernel of cuDNN on a GPU; elsewhere through :func:`unroll`.
    Both give the same numbers up to rounding.

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
    return run_dense(cell, x, state) if _fits_dense(cell, x) else unroll(cell, x, state)


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
    start = [part.flatten(1)[None].contiguous() for part in state]
    weights += [bias, torch.zeros_like(bias)]
    output, h, c = torch.lstm(
        x.flatten(2),
        start,
        weights,
        has_biases=True,
        num_layers=1,
        dropout=0.0,
        train=True,
        bidirectional=False,
        batch_first=True,
    )
    shape = state[0].shape
    return output.view(*x.shape[:2], *shape[1:]), (h.view(shape), c.view(shape))


def dense_matrix(conv: Any, grid: tuple[int, int]) -> Tensor:
    """Return the matrix [F * H * W, C * H * W] of a convolution on a grid, bias left out."""
    weight = conv.weight
    numbers = weight.shape[1] * grid[0] * grid[1]
    unit = torch.eye(numbers, dtype=weight.dtype, device=weight.device)
    images = unit.view(numbers, weight.shape[1], *grid)  # each number alone, as a frame
    return same_conv2d(images, weight, None, conv.dilation).flatten(1).t().contiguous()


def _fits_dense(cell: Any, x: Tensor) -> bool:
    gates = getattr(cell, "gates", None)
    if type(gates) is not LSTMGates or not isinstance(gates.activation, nn.Tanh):
        return False
    return cell.hidden_channels * x.shape[3] * x.shape[4] <= DENSE_UNITS and _has_kernels(cell)


def _has_kernels(cell: Any) -> bool:
    return all(hasattr(conv, "weight") for conv in (cell.input_conv, cell.state_conv))
