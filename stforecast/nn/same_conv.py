"""Convolution that keeps the grid: any kernel, even sizes and dilation included."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["SameConv2d", "same_conv2d", "same_padding"]

Size = int | tuple[int, int]
ConvSizes = tuple[tuple[int, int, int, int], tuple[int, int]]


class SameConv2d(nn.Module):
    """Two-dimensional convolution whose output has the height and width of its input.

    Cells outside the grid count as zero. It does what ``nn.Conv2d(padding="same")`` does, without
    that one's warning where a kernel is even, and with Glorot's start.

    Parameters
    ----------
    in_channels : int
        Channels of the input.
    out_channels : int
        Channels of the output.
    kernel_size : int or tuple of int
        Height and width of the kernel, in cells. One number means a square. A grid of one row
        needs only ``(1, k)``: the other rows of a square kernel would meet nothing but padding.
    dilation : int or tuple of int, default=1
        Distance between the cells the kernel looks at; 2 looks at every other cell.
    bias : bool, default=True
        Whether to add a learned constant to each output channel, zero at first.

    Attributes
    ----------
    weight : Parameter, [out_channels, in_channels, kH, kW]
        The kernel.
    bias : Parameter, [out_channels]
        The constants, or None.

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
        shape, self.dilation = conv_sizes(in_channels, out_channels, kernel_size, dilation)
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(shape)))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``x`` [N, C, H, W] to [N, out_channels, H, W]."""
        return same_conv2d(x, self.weight, self.bias, self.dilation)


def same_conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None, dilation: tuple[int, int]
) -> Tensor:
    """Convolve ``x`` [N, C, H, W] with ``weight`` [F, C, kH, kW] to [N, F, H, W]."""
    height, width = weight.shape[2:]
    left, right, top, bottom = same_padding((height, width), dilation)
    if (left, top) == (right, bottom):
        return functional.conv2d(x, weight, bias, padding=(top, left), dilation=dilation)
    # conv2d pads both sides alike, an even kernel needs one cell more at the right or the bottom
    x = functional.pad(x, (left, right, top, bottom))
    return functional.conv2d(x, weight, bias, dilation=dilation)


def same_padding(kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int, int, int]:
    """Count the cells to add at (left, right, top, bottom) so that the grid keeps its size.

    An even kernel has no middle; the odd cell goes to the bottom or right, as in Keras.
    """
    rows, columns = (d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
    return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2


def conv_sizes(in_channels: int, out_channels: int, kernel_size: Size, dilation: Size) -> ConvSizes:
    """Return the shape of a 2-D kernel and its dilation."""
    rows, columns = kernel_size if isinstance(kernel_size, Sequence) else (kernel_size,) * 2
    down, across = dilation if isinstance(dilation, Sequence) else (dilation,) * 2
    channels = (int(out_channels), int(in_channels))
    return (*channels, int(rows), int(columns)), (int(down), int(across))
