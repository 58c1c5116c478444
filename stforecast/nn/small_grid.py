"""The recurrence of plain gates on small grids: all steps in one autograd node, batch innermost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from stforecast.nn.same_conv import same_padding

__all__ = ["SmallGridRecurrence", "Taps"]


@dataclass(frozen=True)
class Taps:
    """Where the taps of a kernel fall on a grid: a convolution as a product of matrices.

    Maps are [C, ..., H, W, B], batch last, so that a tap moves whole runs of numbers. ``unfold``
    puts what the taps see below each other; ``fold``, its transpose, adds it back.

    Parameters
    ----------
    kernel : tuple of int
        Height and width of the kernel.
    dilation : tuple of int
        Distance between the taps.
    grid : tuple of int
        Rows and columns (H, W).
    """

    kernel: tuple[int, int]
    dilation: tuple[int, int]
    grid: tuple[int, int]

    def padded(self, like: Tensor, *leading: int) -> Tensor:
        """Return zeros for maps with the border that the kernel looks at."""
        sizes = zip(self.grid, self.kernel, self.dilation, strict=True)
        height, width = (n + d * (k - 1) for n, k, d in sizes)
        return like.new_zeros(*leading, height, width, like.shape[-1])

    def inside(self, padded: Tensor) -> Tensor:
        """Return the maps without their border."""
        left, _, top, _ = same_padding(self.kernel, self.dilation)
        return padded.narrow(-3, top, self.grid[0]).narrow(-2, left, self.grid[1])

    def views(self, padded: Tensor) -> list[Tensor]:
        """Return what each tap sees, row by row of the kernel."""
        return [
            padded.narrow(-3, a * self.dilation[0], self.grid[0]).narrow(
                -2, b * self.dilation[1], self.grid[1]
            )
            for a in range(self.kernel[0])
            for b in range(self.kernel[1])
        ]

    def window(self, padded: Tensor) -> Tensor:
        """Return what all taps see of [C, H', W', B], as one overlapping view."""
        C, _, _, B = padded.shape
        channel, row, column, window = padded.stride()
        steps = (row * self.dilation[0], column * self.dilation[1], row, column)
        return padded.as_strided((C, *self.kernel, *self.grid, B), (channel, *steps, window))

    def project(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Convolve maps [C, T, H, W, B] to gates [4 F, T, H * W * B]."""
        C, T, _, _, _ = x.shape
        left, right, top, bottom = same_padding(self.kernel, self.dilation)
        padded = torch.nn.functional.pad(x, (0, 0, left, right, top, bottom))
        columns = torch.stack(self.views(padded), dim=1).view(C * weight[0, 0].numel(), -1)
        return torch.addmm(bias[:, None], weight.flatten(1), columns).view(len(weight), T, -1)


class SmallGridRecurrence(torch.autograd.Function):
    """Steps of plain tanh gates from projected frames, forward and backward by hand.

    ``apply(projected, weight, h, c, dilation)`` takes gates [4 F, T, H * W * B], the state's kernel
    [4 F, F, kH, kW] and the state [F, H, W, B]; it returns ``h`` after every step, [T, F, H, W, B],
    and the last ``c``.

    Notes
    -----
    A step is one matrix product and a handful of calls on runs of F * H * W * B numbers. On the way
    back all that does not depend on later steps is computed for all of them at once, and so is the
    kernel's gradient. With ``a`` for the gates' values, ``t = tanh(c)`` and ``D`` for a gradient::

        Dc += Dh o (1 - t^2)
        Dz_i, Dz_f, Dz_g = Dc g i (1 - i), Dc c_before f (1 - f), Dc i (1 - g^2)
        Dz_o = Dh t o (1 - o)
        Dc = Dc f;  Dh = W^T Dz
    """

    @staticmethod
    def forward(
        ctx: Any, projected: Tensor, weight: Tensor, h: Tensor, c: Tensor, dilation: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """Step through the frames, keeping the gates' values."""
        F, H, W, B = h.shape
        taps = Taps((weight.shape[2], weight.shape[3]), dilation, (H, W))
        T, N = projected.shape[1:]
        kernel = weight.flatten(1)
        output, memory = h.new_empty(T, F, H, W, B), h.new_empty(T + 1, F, N)
        gates, columns = h.new_empty(T, 4, F, N), h.new_empty(T, kernel.shape[1], N)
        shown = h.new_empty(T, F, N)  # tanh of the memory
        memory[0] = c.reshape(F, N)
        padded = taps.padded(h, F)
        window, inside = taps.window(padded), taps.inside(padded)
        inside.copy_(h)
        for t in range(T):
            columns[t].view(window.shape).copy_(window)
            z = gates[t].view(4 * F, N)
            torch.addmm(projected[:, t], kernel, columns[t], out=z)
            _squash(gates[t])
            i, f, g, o = gates[t].unbind()
            torch.mul(f, memory[t], out=memory[t + 1]).addcmul_(i, g)
            torch.tanh(memory[t + 1], out=shown[t])
            torch.mul(o, shown[t], out=output[t].view(F, N))
            inside.copy_(output[t])
        ctx.save_for_backward(columns, gates, memory, shown, weight)
        ctx.taps = taps
        return output, memory[T].clone().view_as(h)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_output: Tensor, d_last: Tensor) -> tuple[Tensor | None, ...]:
        """Step back through the frames."""
        columns, gates, memory, shown, weight = ctx.saved_tensors
        taps: Taps = ctx.taps
        T, _, F, N = gates.shape
        slopes, out = _slopes(gates, memory, shown)
        back = weight.flatten(1).t().contiguous()
        d_z, d_gates = gates.new_empty(4, F, N), gates.new_empty(4 * F, T, N)
        d_window = gates.new_empty(F, taps.kernel[0] * taps.kernel[1], *taps.grid, d_last.shape[-1])
        padded = taps.padded(d_last, F)
        views = list(zip(taps.views(padded), d_window.unbind(1), strict=True))
        d_output = d_output.reshape(T, F, N)
        d_h, d_c = torch.zeros_like(d_output[0]), d_last.reshape(F, N).clone()
        for t in reversed(range(T)):
            d_h = d_h + d_output[t]
            d_c.addcmul_(d_h, out[t])
            torch.mul(slopes[t, :3], d_c, out=d_z[:3])
            torch.mul(slopes[t, 3], d_h, out=d_z[3])
            d_c.mul_(gates[t, 1])
            d_gates[:, t] = d_z.view(4 * F, N)
            torch.mm(back, d_z.view(4 * F, N), out=d_window.view(-1, N))
            padded.zero_()
            for view, part in views:
                view.add_(part)
            d_h = taps.inside(padded).reshape(F, N)
        d_weight = torch.bmm(d_gates.transpose(0, 1), columns.transpose(1, 2)).sum(0)
        state = (F, *taps.grid, -1)
        return d_gates, d_weight.view_as(weight), d_h.view(state), d_c.view(state), None


def _squash(gates: Tensor) -> None:
    gates[:2].sigmoid_()
    gates[2].tanh_()
    gates[3].sigmoid_()


def _slopes(gates: Tensor, memory: Tensor, shown: Tensor) -> tuple[Tensor, Tensor]:
    """How the memory moves with z_i, z_f, z_g, and h with z_o; and how h moves with the memory."""
    i, _, g, o = gates.unbind(1)
    slopes = torch.addcmul(gates, gates, gates, value=-1)  # of the sigmoid
    slopes[:, 0] *= g
    slopes[:, 1] *= memory[:-1]
    torch.mul(i, 1 - g * g, out=slopes[:, 2])
    slopes[:, 3] *= shown
    return slopes, torch.addcmul(o, o * shown, shown, value=-1)
