"""Blocks of convolutions, in two or three dimensions."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from stforecast._constraints import SHARE, Axes, Flags, Integers
from stforecast._parameters import check_arguments
from stforecast.nn.base import ACTIVATION, make_activation

__all__ = ["ConvBlock", "ResidualBlock"]

Block = Callable[..., nn.Module]

_CONV: dict[int, Block] = {2: nn.Conv2d, 3: nn.Conv3d}
_NORM: dict[int, Block] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_POOL: dict[int, Block] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_PAD: dict[int, Block] = {2: nn.ZeroPad2d, 3: nn.ZeroPad3d}


class ConvBlock(nn.Sequential):
    """Convolution, batch norm, activation, pooling, dropout, in this order.

    The convolution keeps the size (zeros are padded), the pooling takes the largest of each
    ``pool_size`` cells and drops what is left over at the end.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    kernel_size : tuple of int
        Cells of the kernel, (H, W) or (T, H, W); its length decides between 2-D and 3-D.
    pool_size : tuple of int, default=None
        Cells that become one along each axis; none by default.
    activation : str, default="relu"
        See :func:`make_activation`.
    batch_norm : bool, default=False
        Whether channels are normalised over the batch, before the activation.
    dropout : float, default=0.0
        Share of the block's outputs dropped in training.

    Notes
    -----
    Modules are named ``conv``, ``norm``, ``activation``, ``pool``, ``dropout``; those not asked
    for are absent. With batch norm the convolution has no bias, which the norm would undo.

    References
    ----------
    .. [1] Ioffe, Szegedy (2015), Batch Normalization, arXiv:1502.03167.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ConvBlock
    >>> ConvBlock(3, 8, (3, 3), pool_size=(2, 2))(torch.zeros(5, 3, 8, 9)).shape
    torch.Size([5, 8, 4, 4])
    """

    @check_arguments(
        in_channels=Integers(1),
        out_channels=Integers(1),
        kernel_size=Axes((2, 3)),
        pool_size=Axes((2, 3)) | None,
        activation=ACTIVATION,
        batch_norm=Flags(),
        dropout=SHARE,
    )
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        *,
        pool_size: tuple[int, ...] | None = None,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _add_conv(self, in_channels, out_channels, kernel_size, batch_norm)
        self.add_module("activation", make_activation(activation))
        _add_pool(self, pool_size)
        _add_dropout(self, dropout)


class ResidualBlock(nn.Module):
    """Two convolutions with the input added to what they make.

    The input comes in by a 1x1 convolution where channels differ. Activation and pooling follow
    the sum.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    kernel_size : tuple of int
        Cells of both kernels, (H, W) or (T, H, W).
    pool_size : tuple of int, default=None
        Cells that become one along each axis; none by default.
    activation : str, default="relu"
        See :func:`make_activation`.
    batch_norm : bool, default=False
        Whether channels are normalised over the batch after each convolution.
    dropout : float, default=0.0
        Share of the block's outputs dropped in training.

    References
    ----------
    .. [1] He, Zhang, Ren, Sun (2016), Deep Residual Learning, arXiv:1512.03385.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ResidualBlock
    >>> ResidualBlock(3, 8, (3, 3))(torch.zeros(5, 3, 8, 9)).shape
    torch.Size([5, 8, 8, 9])
    """

    @check_arguments(
        in_channels=Integers(1),
        out_channels=Integers(1),
        kernel_size=Axes((2, 3)),
        pool_size=Axes((2, 3)) | None,
        activation=ACTIVATION,
        batch_norm=Flags(),
        dropout=SHARE,
    )
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        *,
        pool_size: tuple[int, ...] | None = None,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.first = ConvBlock(
            in_channels, out_channels, kernel_size, activation=activation, batch_norm=batch_norm
        )
        self.second = nn.Sequential()
        _add_conv(self.second, out_channels, out_channels, kernel_size, batch_norm)
        self.shortcut = _shortcut(in_channels, out_channels, len(kernel_size))
        self.after = nn.Sequential()
        self.after.add_module("activation", make_activation(activation))
        _add_pool(self.after, pool_size)
        _add_dropout(self.after, dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [N, out_channels, ...], pooled."""
        y: Tensor = self.after(self.second(self.first(x)) + self.shortcut(x))
        return y


def _add_conv(
    block: nn.Sequential, before: int, after: int, kernel_size: tuple[int, ...], norm: bool
) -> None:
    dims = len(kernel_size)
    padding: tuple[int, ...] = tuple(k // 2 for k in kernel_size)
    if any(k % 2 == 0 for k in kernel_size):  # torch pads both sides alike, which adds a cell
        # pad layers take the last axis first; the odd cell goes to the far side, as in same_padding
        sides = [side for k in reversed(kernel_size) for side in ((k - 1) // 2, k // 2)]
        block.add_module("pad", _PAD[dims](tuple(sides)))
        padding = (0,) * dims
    # batch norm subtracts the mean, and with it any bias
    conv = _CONV[dims](before, after, kernel_size, padding=padding, bias=not norm)
    block.add_module("conv", conv)
    if norm:
        block.add_module("norm", _NORM[dims](after))


def _add_pool(block: nn.Sequential, pool_size: tuple[int, ...] | None) -> None:
    if pool_size is not None and max(pool_size) > 1:
        block.add_module("pool", _POOL[len(pool_size)](pool_size))


def _add_dropout(block: nn.Sequential, dropout: float) -> None:
    if dropout:
        block.add_module("dropout", nn.Dropout(dropout))


def _shortcut(before: int, after: int, dims: int) -> nn.Module:
    return nn.Identity() if before == after else _CONV[dims](before, after, 1, bias=False)
