"""A recurrence forward and backward in operations of torch, its slopes written by hand."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from stforecast.nn.kernels.inputs import Dilations, Inputs, Run, Slopes, zeros
from stforecast.nn.same_conv import same_conv2d, same_padding

__all__ = ["backward", "forward"]


def forward(inputs: Inputs, dilations: Dilations, *, save: bool) -> Run:
    """Run all steps of plain gates; parameters and results are those of the compiled kernel's.

    Notes
    -----
    The input's convolutions of all frames are one call. A step is one convolution and a handful
    of calls that write where the convolution wrote.
    """
    T = inputs.x.shape[1]
    frames = inputs.x.transpose(0, 1).flatten(0, 1)  # [T * B, C, H, W]
    gates = same_conv2d(frames, inputs.input, inputs.bias, dilations[:2])
    gates = gates.view(T, -1, *gates.shape[1:])  # [T, B, 4 F, H, W]
    start = zeros(inputs.x, inputs.channels)
    h, c = start if inputs.h is None or inputs.c is None else (inputs.h, inputs.c)
    output, memory, tanhs = [], [c], []
    for t in range(T):
        z = gates[t]
        if t or inputs.h is not None:  # a state of zeros adds nothing
            z += same_conv2d(h, inputs.state, None, dilations[2:])
        i, f, g, o = _squash(z)  # in place, so that `gates` holds what the way back needs
        c = torch.addcmul(f * c, i, g)
        tanh = c.tanh()
        h = o * tanh
        output.append(h)
        memory.append(c)
        tanhs.append(tanh)
    # [T, B, 4 F, H, W], the memory before every step and after the last, and its tanh after each
    records = [gates, torch.stack(memory), torch.stack(tanhs)] if save else []
    return Run(torch.stack(output, dim=1), h, c, dilations, records)


def backward(inputs: Inputs, run: Run, slopes: Slopes, needs: tuple[bool, ...]) -> Slopes:
    """Run all steps back; parameters and results are those of the compiled kernel's.

    Notes
    -----
    The weights' slopes are computed for all steps at once. What only one step needs stays within
    it: a tensor of all steps is so large on maps that the system hands out its pages anew in every
    batch. With ``y = tanh(c)`` and ``D`` for a slope::

        Dc += Dh o (1 - y^2)
        Dz_i, Dz_f, Dz_g = Dc g i (1 - i), Dc c_before f (1 - f), Dc i (1 - g^2)
        Dz_o = Dh y o (1 - o)
        Dc = Dc f;  Dh = W^T Dz
    """
    gates, memory, tanhs = run.records
    x, F, T = inputs.x, inputs.channels, inputs.x.shape[1]
    d_output, d_last_h, d_last_c = slopes
    start = zeros(x, F)[0] if inputs.h is None else inputs.h
    d_h = torch.zeros_like(start) if d_last_h is None else d_last_h
    d_c = torch.zeros_like(start) if d_last_c is None else d_last_c
    d_z = torch.empty_like(gates)
    for t in reversed(range(T)):
        if d_output is not None:
            d_h = d_h + d_output[:, t]
        d_c = _step_back(gates[t], memory[t], tanhs[t], d_h, d_c, d_z[t])
        d_h = map_slopes(d_z[t], start, inputs.state, run.dilations[2:])
    d_z, frames = d_z.flatten(0, 1), x.transpose(0, 1).flatten(0, 1)  # [T * B, ...]
    d_x = d_input = d_bias = d_state = None
    # no step waits for these, so one convolution over all steps gives each of them
    if needs[0]:
        d_x = map_slopes(d_z, frames, inputs.input, run.dilations[:2])
        d_x = d_x.view(T, -1, *d_x.shape[1:]).transpose(0, 1)  # [B, T, C, H, W]
    if any(needs[1:5]):
        states = torch.cat([start[:, None], run.output[:, :-1]], dim=1)  # h before every step
        states = states.transpose(0, 1).flatten(0, 1)  # [T * B, F, H, W]
        d_input = weight_slopes(d_z, frames, inputs.input, run.dilations[:2])
        d_state = weight_slopes(d_z, states, inputs.state, run.dilations[2:])
        d_bias = d_z.sum(dim=(0, 2, 3))
    return d_x, d_input, d_state, d_bias, None, d_h, d_c


def map_slopes(d_z: Tensor, x: Tensor, weight: Tensor, dilation: tuple[int, int]) -> Tensor:
    """Carry slopes [N, 4 F, H, W] of a convolution back to its maps, shaped like ``x``."""
    left, right, top, bottom = same_padding((weight.shape[2], weight.shape[3]), dilation)
    d_x = _convolution_slopes(d_z, x, weight, dilation, (True, False))[0]
    H, W = x.shape[2:]
    # the slopes of an even kernel come with the cells that padding added
    even = (left, top) != (right, bottom)
    return d_x[..., top : top + H, left : left + W] if even else d_x


def weight_slopes(d_z: Tensor, x: Tensor, weight: Tensor, dilation: tuple[int, int]) -> Tensor:
    """Carry slopes [N, 4 F, H, W] of a convolution back to its weights."""
    return _convolution_slopes(d_z, x, weight, dilation, (False, True))[1]


def _convolution_slopes(
    d_z: Tensor, x: Tensor, weight: Tensor, dilation: tuple[int, int], needs: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    left, right, top, bottom = same_padding((weight.shape[2], weight.shape[3]), dilation)
    padding = [top, left]
    if (left, top) != (right, bottom):  # an even kernel: torch pads both sides alike
        x, padding = functional.pad(x, (left, right, top, bottom)), [0, 0]
    stride, output_padding = [1, 1], [0, 0]
    slopes: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(
        d_z, x, weight, None, stride, padding, dilation, False, output_padding, 1, [*needs, False]
    )
    return slopes[0], slopes[1]


def _squash(z: Tensor) -> tuple[Tensor, ...]:
    i, f, g, o = z.chunk(4, dim=1)
    return i.sigmoid_(), f.sigmoid_(), g.tanh_(), o.sigmoid_()


def _step_back(
    gates: Tensor, before: Tensor, tanh: Tensor, d_h: Tensor, d_c: Tensor, d_z: Tensor
) -> Tensor:
    """Write the slopes of a step's gates into ``d_z``; return that of the memory before it."""
    (i, f, g, o), (d_i, d_f, d_g, d_o) = gates.chunk(4, dim=1), d_z.chunk(4, dim=1)
    # through h = o tanh(c), then c = f before + i g; s' = s (1 - s), and tanh' = 1 - tanh^2
    d_c = d_c + d_h * o * (1 - tanh * tanh)
    torch.mul(d_c * g, i * (1 - i), out=d_i)
    torch.mul(d_c * before, f * (1 - f), out=d_f)
    torch.mul(d_c * i, 1 - g * g, out=d_g)
    torch.mul(d_h * tanh, o * (1 - o), out=d_o)
    return d_c * f
