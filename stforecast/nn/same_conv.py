"""Convolution that keeps the grid: any kernel, even sizes and dilation included."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Size = int | tuple[int, int]


def pair(size: Size) -> tuple[int, int]:
    """Read one number as (height, width)."""
    height, width = (size, size) if isinstance(size, int) else size
    return int(height), int(width)


def same_padding(kernel_size: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int, int, int]:
    """Rows and columns to add (left, right, top, bottom) so that the grid keeps its size.

    An even kernel has no middle; the extra row or column goes to the bottom or right, as in
    Keras and TensorFlow.
    """
    rows, columns = (d * (k - 1) for k, d in zip(kernel_size, dilation, strict=True))
    return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2


def same_conv2d(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: tuple[int, int]) -> Tensor:
    """Convolve `x` [N, C, H, W] with `weight` [F, C, kH, kW] to [N, F, H, W], zeros outside."""
    height, width = weight.shape[2:]
    left, right, top, bottom = same_padding((height, width), dilation)
    if (left, top) == (right, bottom):
        return F.conv2d(x, weight, bias, padding=(top, left), dilation=dilation)
    return F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, dilation=dilation)


class SameConv2d(nn.Module):
    """Two-dimensional convolution whose output has the height and width of its input.

    Cells outside the grid count as zero. It does what ``nn.Conv2d(padding="same")`` does, and
    also without a warning where the kernel is even.

    Parameters
    ----------
    in_channels : int
        Channels of the input.
    out_channels : int
        Channels of the output.
    kernel_size : int or (int, int)
        Height and width of the kernel, in cells. One number means a square. A grid of one row
        needs only ``(1, k)``: the other rows of a square kernel would see nothing but padding.
    dilation : int or (int, int), default=1
        Distance between the cells the kernel looks at; 2 looks at every other cell.
    bias : bool, default=True
        Whether to add a learned constant to each output channel.

    Attributes
    ----------
    weight : Parameter, [out_channels, in_channels, kH, kW]
    bias : Parameter, [out_channels], or None

    Raises
    ------
    ValueError
        If a channel count, a kernel size or a dilation is below one.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn.same_conv import SameConv2d
    >>> SameConv2d(3, 8, (2, 5))(torch.zeros(4, 3, 6, 7)).shape
    torch.Size([4, 8, 6, 7])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        *,
        dilation: Size = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.dilation = pair(dilation)
        check_positive(in_channels, out_channels, *pair(kernel_size), *self.dilation)
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, *pair(kernel_size)))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x` [N, C, H, W] to [N, out_channels, H, W]."""
        return same_conv2d(x, self.weight, self.bias, self.dilation)

    def extra_repr(self) -> str:
        """Show the sizes in ``repr``."""
        F, C, H, W = self.weight.shape
        bias = self.bias is not None
        return f"{C}, {F}, kernel_size=({H}, {W}), dilation={self.dilation}, bias={bias}"


def check_positive(*sizes: int) -> None:
    """Refuse a convolution without channels, cells or steps."""
    if min(sizes) < 1:
        raise ValueError(
            "Channels, kernel size and dilation of a convolution must be at least 1, but got "
            f"(in, out, kernel height, width, dilation height, width) = {sizes}. "
            "Use 1 for a direction that the kernel should ignore."
        )
