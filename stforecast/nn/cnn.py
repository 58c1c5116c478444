"""Convolutions over the cells of frames, and over time and cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from numbers import Integral

from torch import Tensor, nn

from stforecast._constraints import SHARE, Axes, Callables, Flags, Integers, Sequences, Sizes
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError
from stforecast.nn.base import ACTIVATION, axis_sizes, check_frames
from stforecast.nn.conv_blocks import Block, ConvBlock

__all__ = ["FrameCNN", "VolumeCNN"]


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
    pool_size : int or tuple of int, default=1
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
        If no block is given, or a size is below 1.
    ShapeError
        If pooling leaves no cell; in ``forward`` if frames are not what the layer was built for.

    Notes
    -----
    Along an axis of n cells a kernel has at most 2 n - 1 cells: weights further out would only ever
    meet the padding and never learn. A kernel of 3 on a row of 7 cells is therefore 1x3.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import FrameCNN
    >>> cnn = FrameCNN(3, (16, 32), grid=(1, 7), pool_size=2)
    >>> cnn(torch.zeros(2, 4, 3, 1, 7)).shape
    torch.Size([2, 4, 32, 1, 1])
    """

    @check_arguments(
        in_channels=Integers(1),
        channels=Sequences(Integers(1), "integers of at least 1"),
        kernel_size=Sizes((2,)),
        grid=Axes((2,)),
        pool_size=Sizes((2,)),
        block=Callables("a callable that makes a block", nn.Module),
        reduce=Integers(1) | None,
        activation=ACTIVATION,
        batch_norm=Flags(),
        dropout=SHARE,
    )
    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int] = (16,),
        kernel_size: int | tuple[int, int] = 3,
        *,
        grid: tuple[int, int] = (1, 1),
        pool_size: int | tuple[int, int] = 1,
        block: Block = ConvBlock,
        reduce: int | None = None,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.grid = (grid[0], grid[1])
        pools = _pool_sizes(pool_size, self.grid)
        kernel = axis_sizes(kernel_size, 2)
        counts = [int(count) for count in channels]
        grids = _grids(self.grid, pools, len(counts))
        make = partial(
            block, pool_size=pools, activation=activation, batch_norm=batch_norm, dropout=dropout
        )
        # every block reads the grid that the pooling of those before it leaves
        kernels = [_fit_kernel(kernel, size) for size in grids[:-1]]
        self.blocks = _stack(make, [in_channels, *counts], kernels)
        self.reduce = _reduction(counts[-1], reduce, (1, 1), activation)
        self.out_channels = counts[-1] if reduce is None else int(reduce)
        self.out_grid = grids[-1]

    def out_steps(self, steps: int) -> int:
        """Return how many frames are left of a window: all of them.

        Parameters
        ----------
        steps : int
            Frames T of a window.

        Returns
        -------
        int
            The same.
        """
        return steps

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, T, out_channels, H', W'] of frames [B, T, C, H, W]."""
        check_frames(x, self.in_channels, "FrameCNN", self.grid)
        frames = self.blocks(x.flatten(0, 1))  # [B * T, C, H, W]
        if self.reduce is not None:
            frames = self.reduce(frames)
        maps: Tensor = frames.unflatten(0, x.shape[:2])  # [B, T, out_channels, H', W']
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
    pool_size : int or tuple of int, default=1
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
        If no block is given, or a size is below 1.
    ShapeError
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
    >>> cnn = VolumeCNN(3, (16, 32), grid=(1, 7), pool_size=(2, 1, 1))
    >>> cnn(torch.zeros(2, 9, 3, 1, 7)).shape
    torch.Size([2, 2, 32, 1, 7])
    """

    @check_arguments(
        in_channels=Integers(1),
        channels=Sequences(Integers(1), "integers of at least 1"),
        kernel_size=Sizes((3,)),
        grid=Axes((2,)),
        pool_size=Sizes((3,)),
        block=Callables("a callable that makes a block", nn.Module),
        reduce=Integers(1) | None,
        activation=ACTIVATION,
        batch_norm=Flags(),
        dropout=SHARE,
    )
    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int] = (16,),
        kernel_size: int | tuple[int, int, int] = 3,
        *,
        grid: tuple[int, int] = (1, 1),
        pool_size: int | tuple[int, int, int] = 1,
        block: Block = ConvBlock,
        reduce: int | None = None,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.grid = (grid[0], grid[1])
        self.pool_size = _volume_pool(pool_size, self.grid)
        frames, *cells = axis_sizes(kernel_size, 3)
        counts = [int(count) for count in channels]
        grids = _grids(self.grid, self.pool_size[1:], len(counts))
        make = partial(
            block,
            pool_size=self.pool_size,
            activation=activation,
            batch_norm=batch_norm,
            dropout=dropout,
        )
        kernels = [(frames, *_fit_kernel(tuple(cells), size)) for size in grids[:-1]]
        self.blocks = _stack(make, [in_channels, *counts], kernels)
        self.reduce = _reduction(counts[-1], reduce, (1, 1, 1), activation)
        self.out_channels = counts[-1] if reduce is None else int(reduce)
        self.out_grid = grids[-1]

    def out_steps(self, steps: int) -> int:
        """Return how many frames the pooling leaves of a window.

        Parameters
        ----------
        steps : int
            Frames T of a window.

        Returns
        -------
        int
            Frames T' that come out.

        Raises
        ------
        ShapeError
            If the window is too short to leave any.
        """
        self._check_frame_count(steps)
        # each block drops the frames that do not fill a pool
        frames: int = steps // self.pool_size[0] ** len(self.blocks)
        return frames

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, T', out_channels, H', W'] of frames [B, T, C, H, W]."""
        check_frames(x, self.in_channels, "VolumeCNN", self.grid)
        self._check_frame_count(x.shape[1])
        volume = self.blocks(x.transpose(1, 2))  # [B, C, T, H, W]
        if self.reduce is not None:
            volume = self.reduce(volume)
        maps: Tensor = volume.transpose(1, 2)  # [B, T', out_channels, H', W']
        return maps

    def _check_frame_count(self, frames: int) -> None:
        least = self.pool_size[0] ** len(self.blocks)
        if frames < least:
            raise ShapeError(
                f"Pooling {self.pool_size[0]} frames into one in each of {len(self.blocks)} blocks "
                f"needs a window of {least} frames, but it has {frames}. Pool time less, use "
                "fewer blocks, or lengthen the lookback."
            )


def _stack(make: Block, channels: list[int], kernels: list[tuple[int, ...]]) -> nn.Sequential:
    blocks = zip(pairwise(channels), kernels, strict=True)
    return nn.Sequential(*(make(before, after, kernel) for (before, after), kernel in blocks))


def _reduction(
    channels: int, reduce: int | None, kernel_size: tuple[int, ...], activation: str
) -> ConvBlock | None:
    if reduce is None:
        return None
    return ConvBlock(channels, int(reduce), kernel_size, activation=activation)


def _fit_kernel(kernel_size: tuple[int, ...], grid: tuple[int, ...]) -> tuple[int, ...]:
    # from any cell 2 cells - 1 reach the whole axis; weights beyond would meet only padding
    return tuple(min(k, 2 * cells - 1) for k, cells in zip(kernel_size, grid, strict=True))


def _pool_sizes(pool_size: int | tuple[int, int], grid: tuple[int, int]) -> tuple[int, ...]:
    if isinstance(pool_size, Integral):
        # one number is for every axis that has cells to pool: a grid of one row keeps its row
        return tuple(int(pool_size) if cells > 1 else 1 for cells in grid)
    return axis_sizes(pool_size, 2)


def _volume_pool(pool_size: int | tuple[int, int, int], grid: tuple[int, int]) -> tuple[int, ...]:
    if isinstance(pool_size, Integral):
        return (int(pool_size), *_pool_sizes(pool_size, grid))
    return axis_sizes(pool_size, 3)


def _grids(grid: tuple[int, int], pool: tuple[int, ...], blocks: int) -> list[tuple[int, int]]:
    """Return the grid before each block and after the last."""
    grids = [(grid[0] // pool[0] ** k, grid[1] // pool[1] ** k) for k in range(blocks + 1)]
    if min(grids[-1]) < 1:
        raise ShapeError(
            f"Pooling {pool[0]}x{pool[1]} cells into one in each of {blocks} blocks leaves "
            f"nothing of a {grid[0]}x{grid[1]} grid. Pool less, along longer axes only, or use "
            "fewer blocks."
        )
    return grids
