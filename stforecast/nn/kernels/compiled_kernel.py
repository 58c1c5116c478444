"""A recurrence forward and backward by the compiled kernel."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from stforecast.nn.kernels.inputs import Dilations, Inputs, Run, Slopes
from stforecast.nn.kernels.loader import Kernel, find_kernel, integers

__all__ = ["backward", "forward"]

# The C library returns larger blocks to the system, which pages them in anew at every step.
BLOCK_BYTES = 2**24


def forward(inputs: Inputs, dilations: Dilations, *, save: bool) -> Run:
    """Run all steps; output and states lie channels last in memory.

    Parameters
    ----------
    inputs : Inputs
        Frames, weights and state, all of one precision, on the CPU.
    dilations : tuple of int
        See :class:`Weights`.
    save : bool
        Whether to keep the gates of every frame, for the way back.

    Returns
    -------
    Run
        Output, states and records.
    """
    x, (B, T, _, H, W), F = inputs.x, inputs.x.shape, inputs.channels
    kernel, shape = cast("Kernel", find_kernel(x.dtype)), _shape(inputs, F, dilations, save)
    threads = torch.get_num_threads()
    frames, records = 1, []
    if save:
        # records of the steps lie in blocks of whole frames, each small enough to be kept by the
        # allocator and used again in the next batch
        size = kernel.record_size(integers(*shape, 1, threads))
        frames = max(1, BLOCK_BYTES // (size * x.element_size()))
        starts = range(0, B * T, frames)
        records = [x.new_empty(min(frames, B * T - start) * size) for start in starts]
    output, h, c = x.new_empty(B, T, H, W, F), x.new_empty(B, H, W, F), x.new_empty(B, H, W, F)
    problem = integers(*shape, frames, threads)
    kernel.run(problem, [*_contiguous_weights(inputs), output, h, c], records)
    output, h, c = (maps.movedim(-1, -3) for maps in (output, h, c))
    return Run(output, h, c, dilations, records, problem)


def backward(inputs: Inputs, run: Run, slopes: Slopes, needs: tuple[bool, ...]) -> Slopes:
    """Run all steps back.

    Parameters
    ----------
    inputs : Inputs
        What went forward.
    run : Run
        What came of it.
    slopes : tuple of torch.Tensor or None
        Of output, last ``h`` and last ``c``.
    needs : tuple of bool
        Whether the slope of each input is wanted.

    Returns
    -------
    tuple of torch.Tensor or None
        The inputs' slopes. Those of all weights come together.
    """
    x, (B, T, C, H, W), F = inputs.x, inputs.x.shape, inputs.channels
    d_x = x.new_empty(B, T, H, W, C) if needs[0] else None
    # the kernel writes the slopes of all weights or of none
    trains = any(needs[1:5])
    d_weights = [
        weight.new_empty(weight.shape) if trains and weight is not None else None
        for weight in inputs[1:5]
    ]
    d_h, d_c = (x.new_empty(B, H, W, F) if need else None for need in needs[5:7])
    cast("Kernel", find_kernel(x.dtype)).run(
        run.problem,
        [*_contiguous_weights(inputs), run.output, None, None],  # the last h and c are not read
        run.records,
        [*(_channels_last(slope) for slope in slopes), d_x, *d_weights, d_h, d_c],
    )
    return _channels_second(d_x), *d_weights, _channels_second(d_h), _channels_second(d_c)


def _shape(inputs: Inputs, F: int, dilations: Dilations, save: bool) -> tuple[int, ...]:
    """Return the numbers of the kernel's ``Problem``, up to blocks and threads."""
    x, h, c, peepholes = inputs.x, inputs.h, inputs.c, inputs.peepholes
    B, T, C, H, W = x.shape
    return (
        *(B, T, C, F, H, W),
        *(*inputs.input.shape[2:], *dilations[:2]),
        *(*inputs.state.shape[2:], *dilations[2:]),
        0 if peepholes is None else peepholes.shape[2] * peepholes.shape[3],
        # frames and states are read where they lie, whatever their strides (in numbers, not bytes)
        *x.stride(),
        *((0, 0, 0, 0) if h is None else h.stride()),
        *((0, 0, 0, 0) if c is None else c.stride()),
        h is None,
        save,
    )


def _contiguous_weights(inputs: Inputs) -> list[Tensor | None]:
    weights = (None if weight is None else weight.contiguous() for weight in inputs[1:5])
    return [inputs.x, *weights, inputs.h, inputs.c]


def _channels_second(maps: Tensor | None) -> Tensor | None:
    return None if maps is None else maps.movedim(-1, -3)


def _channels_last(maps: Tensor | None) -> Tensor | None:
    return None if maps is None else maps.movedim(-3, -1).contiguous()
