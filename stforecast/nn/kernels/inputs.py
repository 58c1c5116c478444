"""What a recurrence of tanh gates reads, whoever runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from stforecast.nn.gates import State

__all__ = ["Inputs", "Run", "Slopes", "Weights", "zeros"]

Dilations = tuple[int, int, int, int]
Slopes = tuple[Tensor | None, ...]


class Inputs(NamedTuple):
    """Frames, weights and the first state; None for what there is not."""

    x: Tensor
    input: Tensor
    state: Tensor
    bias: Tensor
    peepholes: Tensor | None
    h: Tensor | None
    c: Tensor | None

    @property
    def channels(self) -> int:
        """F, the channels of the state."""
        return self.bias.shape[0] // 4


@dataclass(frozen=True)
class Weights:
    """What a cell of tanh gates computes with.

    Parameters
    ----------
    input, state : torch.Tensor
        Kernels [4 F, C, kH, kW] and [4 F, F, kH, kW], gates in the order i, f, g, o.
    bias : torch.Tensor
        [4 F].
    peepholes : torch.Tensor or None
        [3, F, 1, 1] or [3, F, H, W], for i, f and o.
    dilations : tuple of int
        Distances between the taps of the input's kernel (down, across) and of the state's.
    """

    input: Tensor
    state: Tensor
    bias: Tensor
    peepholes: Tensor | None
    dilations: Dilations

    def inputs(self, x: Tensor, state: State | None) -> Inputs:
        """Return all tensors that a run reads."""
        h, c = (None, None) if state is None else state
        return Inputs(x, self.input, self.state, self.bias, self.peepholes, h, c)


class Run(NamedTuple):
    """What running forward gives.

    ``output`` [B, T, F, H, W], the last ``h`` and ``c`` [B, F, H, W] (None on the way back),
    the dilations, what the way back needs beside inputs and output, and the shapes as the kernel
    reads them.
    """

    output: Tensor
    h: Tensor | None
    c: Tensor | None
    dilations: Dilations
    records: list[Tensor]
    problem: bytes = b""


def zeros(x: Tensor, channels: int) -> State:
    """Return the state of zeros for frames [B, ..., H, W]."""
    h = x.new_zeros(x.shape[0], channels, *x.shape[-2:])
    return h, h  # one tensor stands for both, since no step writes into the state before it
