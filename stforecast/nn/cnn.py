"""Convolutions over the cells of frames, and over time and cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from torch import Tensor, nn

from stforecast.exceptions import ShapeError
from stforecast.nn._shapes import check_frames
from stforecast.nn.activations import make_activation

__all__ = ["ConvBlock", "FrameCNN", "ResidualBlock", "VolumeCNN"]

Block = Callable[..., nn.Module]

_CONV: dict[int, Block] = {2: nn.Conv2d, 3: nn.Conv3d}
_NORM: dict[int, Block] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_POOL: dict[int, Block] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_PAD: dict[int, Block] = {2: nn.ZeroPad2d, 3: nn.ZeroPad3d}


class ConvBlock(nn.Sequential):
    """Convolution, batch norm, activation, pooling, dropout, in this order.

    The convolution keeps the size (zeros are padded), the pooling takes the largest of each
    ``pool`` cells and drops what is left over at the end.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    kernel_size : tuple of int
        Cells of the kernel, (H, W) or (T, H, W); its length decides between 2-D and 3-D.
    pool : tuple of int, default=None
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
    >>> ConvBlock(3, 8, (3, 3), pool=(2, 2))(torch.zeros(5, 3, 8, 9)).shape
    torch.Size([5, 8, 4, 4])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        *,
        pool: tuple[int, ...] | None = None,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _add_conv(self, in_channels, out_channels, kernel_size, batch_norm)
        self.add_module("activation", make_activation(activation))
        _add_pool(self, pool)
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
    pool : tuple of int, default=None
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

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        *,
        pool: tuple[int, ...] | None = None,
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
        _add_pool(self.after, pool)
        _add_dropout(self.after, dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [N, out_channels, ...], pooled."""
        y: Tensor = self.after(self.second(self.first(x)) + self.shortcut(x))
        return y


class FrameCNN(nn.Module):
    """Convolutional blocks on every frame by itself, with the same weights at every time.

    One block for each entry of ``channels``. Frames that are a row (H = 1), such as the days of a
    week, get 1-D convolutions along it.

    Parameters
    ----------
    in_channels : int
        Channels C of a frame.
    channels : sequence of int, default=(16,)
        Channels that each block makes.
    kernel_size : int or tuple of int, default=3
        Cells (H, W) of the kernels; an int for both.
    grid : tuple of int, default=(1, 1)
        Rows and columns (H, W) of a frame.
    pool : int or tuple of int, default=1
        Cells (H, W) that become one after each block; an int for every axis of more than one cell.
    block : type, default=ConvBlock
        What a block is: :class:`ConvBlock` or :class:`ResidualBlock`.
    reduce : int, default=None
        Channels of a 1x1 convolution after the last block; none by default.
    activation : str, default="relu"
        See :func:`make_activation`.
    batch_norm : bool, default=False
        Whether channels are normalised over the batch.
    dropout : float, default=0.0
        Share of each block's outputs dropped in training.

    Attributes
    ----------
    out_channels : int
        Channels C' of the maps that come out.
    out_grid : tuple of int
        Rows and columns (H', W') of the maps that come out.
    blocks : torch.nn.Sequential
        The blocks.
    reduce : ConvBlock
        The 1x1 reduction, if any.

    Raises
    ------
    ValueError
        If pooling leaves no cell; in ``forward`` if frames are not what the layer was built for.

    Notes
    -----
    Along an axis of n cells a kernel has at most 2 n - 1 cells: weights further out would only ever
    meet the padding and never learn. A kernel of 3 on a row of 7 cells is therefore 1x3.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import FrameCNN
    >>> cnn = FrameCNN(3, (16, 32), grid=(1, 7), pool=2)
    >>> cnn(torch.zeros(2, 4, 3, 1, 7)).shape
    torch.Size([2, 4, 32, 1, 1])
    """

    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int] = (16,),
        kernel_size: int | tuple[int, int] = 3,
        *,
        grid: tuple[int, int] = (1, 1),
        pool: int | tuple[int, int] = 1,
        block: Block = ConvBlock,
        reduce: int | None = None,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.grid = (grid[0], grid[1])
        pools = _pool_sizes(pool, self.grid)
        grids = _grids(self.grid, pools, len(channels))
        make = partial(
            block, pool=pools, activation=activation, batch_norm=batch_norm, dropout=dropout
        )
        kernels = [_fit_kernel(_pair(kernel_size), size) for size in grids[:-1]]
        self.blocks = _stack(make, [in_channels, *channels], kernels)
        self.reduce = _reduction(channels[-1], reduce, (1, 1), activation)
        self.out_channels = channels[-1] if reduce is None else reduce
        self.out_grid = grids[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, T, out_channels, H', W'] of frames [B, T, C, H, W]."""
        check_frames(x, self.in_channels, "FrameCNN", self.grid)
        frames = self.blocks(x.flatten(0, 1))  # [B * T, C, H, W]
        if self.reduce is not None:
            frames = self.reduce(frames)
        maps: Tensor = frames.unflatten(0, x.shape[:2])
        return maps


class VolumeCNN(nn.Module):
    """Convolutional blocks over time and cells together.

    Three-dimensional convolutions and pooling over (T, H, W). On a table (H = W = 1) they are 1-D
    convolutions along time. Pooling over time leaves fewer, longer steps for what comes after.

    Parameters
    ----------
    in_channels : int
        Channels C of a frame.
    channels : sequence of int, default=(16,)
        Channels that each block makes.
    kernel_size : int or tuple of int, default=3
        Frames and cells (T, H, W) of the kernels; an int for all three.
    grid : tuple of int, default=(1, 1)
        Rows and columns (H, W) of a frame.
    pool : int or tuple of int, default=1
        Frames and cells (T, H, W) that become one after each block; an int for time and for every
        axis of more than one cell.
    block : type, default=ConvBlock
        What a block is: :class:`ConvBlock` or :class:`ResidualBlock`.
    reduce : int, default=None
        Channels of a 1x1x1 convolution after the last block; none by default.
    activation : str, default="relu"
        See :func:`make_activation`.
    batch_norm : bool, default=False
        Whether channels are normalised over the batch.
    dropout : float, default=0.0
        Share of each block's outputs dropped in training.

    Attributes
    ----------
    out_channels : int
        Channels C' of the maps that come out.
    out_grid : tuple of int
        Rows and columns (H', W') of the maps that come out.
    blocks : torch.nn.Sequential
        The blocks.
    reduce : ConvBlock
        The 1x1x1 reduction, if any.

    Raises
    ------
    ValueError
        If pooling leaves no cell; in ``forward`` if it leaves no frame, or if frames are not what
        the layer was built for.

    Notes
    -----
    The kernel looks both ways in time; within a window all frames are past, so nothing leaks.
    Along an axis of n cells a kernel has at most 2 n - 1 cells, as in :class:`FrameCNN`.

    References
    ----------
    .. [1] Tran et al. (2015), Learning Spatiotemporal Features with 3D Convolutional Networks,
       arXiv:1412.0767.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import VolumeCNN
    >>> cnn = VolumeCNN(3, (16, 32), grid=(1, 7), pool=(2, 1, 1))
    >>> cnn(torch.zeros(2, 9, 3, 1, 7)).shape
    torch.Size([2, 2, 32, 1, 7])
    """

    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int] = (16,),
        kernel_size: int | tuple[int, int, int] = 3,
        *,
        grid: tuple[int, int] = (1, 1),
        pool: int | tuple[int, int, int] = 1,
        block: Block = ConvBlock,
        reduce: int | None = None,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.grid = (grid[0], grid[1])
        self.pool = _volume_pool(pool, self.grid)
        grids = _grids(self.grid, self.pool[1:], len(channels))
        make = partial(
            block, pool=self.pool, activation=activation, batch_norm=batch_norm, dropout=dropout
        )
        frames, *cells = _triple(kernel_size)
        kernels = [(frames, *_fit_kernel(tuple(cells), size)) for size in grids[:-1]]
        self.blocks = _stack(make, [in_channels, *channels], kernels)
        self.reduce = _reduction(channels[-1], reduce, (1, 1, 1), activation)
        self.out_channels = channels[-1] if reduce is None else reduce
        self.out_grid = grids[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, T', out_channels, H', W'] of frames [B, T, C, H, W]."""
        check_frames(x, self.in_channels, "VolumeCNN", self.grid)
        self._check_frames_left(x.shape[1])
        volume = self.blocks(x.transpose(1, 2))  # [B, C, T, H, W]
        if self.reduce is not None:
            volume = self.reduce(volume)
        maps: Tensor = volume.transpose(1, 2)
        return maps

    def _check_frames_left(self, frames: int) -> None:
        needed = self.pool[0] ** len(self.blocks)
        if frames < needed:
            raise ShapeError(
                f"Pooling {self.pool[0]} frames into one in each of {len(self.blocks)} blocks needs "
                f"a window of {needed} frames, but it has {frames}. Pool time less, use fewer "
                "blocks, or lengthen the lookback."
            )


def _stack(make: Block, channels: list[int], kernels: list[tuple[int, ...]]) -> nn.Sequential:
    blocks = zip(pairwise(channels), kernels, strict=True)
    return nn.Sequential(*(make(before, after, kernel) for (before, after), kernel in blocks))


def _reduction(
    channels: int, reduce: int | None, kernel_size: tuple[int, ...], activation: str
) -> ConvBlock | None:
    if reduce is None:
        return None
    return ConvBlock(channels, reduce, kernel_size, activation=activation)


def _add_conv(
    block: nn.Sequential, before: int, after: int, kernel_size: tuple[int, ...], norm: bool
) -> None:
    dims = len(kernel_size)
    padding: tuple[int, ...] = tuple(k // 2 for k in kernel_size)
    if any(k % 2 == 0 for k in kernel_size):  # torch pads both sides alike, which adds a cell
        sides = [side for k in reversed(kernel_size) for side in ((k - 1) // 2, k // 2)]
        block.add_module("pad", _PAD[dims](tuple(sides)))
        padding = (0,) * dims
    conv = _CONV[dims](before, after, kernel_size, padding=padding, bias=not norm)
    block.add_module("conv", conv)
    if norm:
        block.add_module("norm", _NORM[dims](after))


def _add_pool(block: nn.Sequential, pool: tuple[int, ...] | None) -> None:
    if pool is not None and max(pool) > 1:
        block.add_module("pool", _POOL[len(pool)](pool))


def _add_dropout(block: nn.Sequential, dropout: float) -> None:
    if dropout:
        block.add_module("dropout", nn.Dropout(dropout))


def _shortcut(before: int, after: int, dims: int) -> nn.Module:
    return nn.Identity() if before == after else _CONV[dims](before, after, 1, bias=False)


def _pair(size: int | tuple[int, int]) -> tuple[int, ...]:
    return (size, size) if isinstance(size, int) else tuple(size)


def _triple(size: int | tuple[int, int, int]) -> tuple[int, ...]:
    return (size, size, size) if isinstance(size, int) else tuple(size)


def _fit_kernel(kernel_size: tuple[int, ...], grid: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(min(k, 2 * cells - 1) for k, cells in zip(kernel_size, grid, strict=True))


def _pool_sizes(pool: int | tuple[int, int], grid: tuple[int, int]) -> tuple[int, ...]:
    if isinstance(pool, int):
        return tuple(pool if cells > 1 else 1 for cells in grid)
    return tuple(pool)


def _volume_pool(pool: int | tuple[int, int, int], grid: tuple[int, int]) -> tuple[int, ...]:
    return (pool, *_pool_sizes(pool, grid)) if isinstance(pool, int) else tuple(pool)


def _grids(grid: tuple[int, int], pool: tuple[int, ...], blocks: int) -> list[tuple[int, int]]:
    """Return the grid before each block and after the last."""
    grids = [(grid[0] // pool[0] ** k, grid[1] // pool[1] ** k) for k in range(blocks + 1)]
    if min(grids[-1]) < 1:
        raise ShapeError(
            f"Pooling {pool[0]}x{pool[1]} cells into one in each of {blocks} blocks leaves nothing "
            f"of a {grid[0]}x{grid[1]} grid. Pool less, along longer axes only, or use fewer blocks."
        )
    return grids
