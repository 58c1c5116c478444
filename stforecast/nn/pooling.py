"""From maps to vectors: flatten or average, each frame by itself or the whole window."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from torch import Tensor, nn
from torch.nn import functional

from stforecast._constraints import Axes, Integers, Options
from stforecast._parameters import check_arguments

__all__ = [
    "POOLING",
    "AverageCells",
    "AverageRegions",
    "AverageWindow",
    "FlattenCells",
    "FlattenWindow",
    "make_pooling",
]


class FlattenCells(nn.Module):
    """Lay the cells of every frame side by side: [..., C, H, W] to [..., C * H * W].

    Keeps where things are, at the price of H * W times more features; what follows is tied to
    the grid. :class:`AverageCells` forgets the place and keeps the layers after it small.

    Parameters
    ----------
    channels : int
        Channels C of a frame.
    grid : tuple of int
        Rows and columns (H, W) of a frame.

    Attributes
    ----------
    features : int
        C * H * W.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import FlattenCells
    >>> FlattenCells(4, (2, 3))(torch.zeros(8, 5, 4, 2, 3)).shape
    torch.Size([8, 5, 24])
    """

    @check_arguments(
        channels=Integers(1),
        grid=Axes((2,)),
    )
    def __init__(self, channels: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.features = channels * grid[0] * grid[1]

    def forward(self, x: Tensor) -> Tensor:
        """Return [..., C * H * W]."""
        return x.flatten(-3)


class AverageCells(nn.Module):
    """Average every channel of every frame over its cells: [..., C, H, W] to [..., C].

    Global average pooling [1]_: what follows has H * W times fewer weights and takes any grid.

    Parameters
    ----------
    channels : int
        Channels C of a frame.
    grid : tuple of int, default=(1, 1)
        Not needed; taken so that poolings can stand in for each other.

    Attributes
    ----------
    features : int
        C.

    References
    ----------
    .. [1] Lin, Chen, Yan (2014), Network in Network, arXiv:1312.4400.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import AverageCells
    >>> AverageCells(4)(torch.zeros(8, 5, 4, 2, 3)).shape
    torch.Size([8, 5, 4])
    """

    @check_arguments(
        channels=Integers(1),
        grid=Axes((2,)),
    )
    def __init__(
        self,
        channels: int,
        grid: tuple[int, int] = (1, 1),
    ) -> None:
        super().__init__()
        self.features = channels

    def forward(self, x: Tensor) -> Tensor:
        """Return [..., C]."""
        return x.mean((-2, -1))


class AverageRegions(nn.Module):
    """Average every frame over regions of a size, and lay these side by side.

    From [..., C, H, W] to [..., C * regions]. Between :class:`FlattenCells` and
    :class:`AverageCells`: it knows where things are to within a region, and what follows does not
    grow with the map.

    Parameters
    ----------
    channels : int
        Channels C of a frame.
    grid : tuple of int
        Rows and columns (H, W) of a frame.
    most : int, default=4096
        Regions at the most. They are the smallest squares that are few enough, cut off at the
        edges of the map.

    Attributes
    ----------
    features : int
        C times the number of regions.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn.pooling import AverageRegions
    >>> AverageRegions(4, (6, 5), most=4)(torch.zeros(8, 3, 4, 6, 5)).shape
    torch.Size([8, 3, 16])
    """

    @check_arguments(
        channels=Integers(1),
        grid=Axes((2,)),
        most=Integers(1),
    )
    def __init__(self, channels: int, grid: tuple[int, int], most: int = 4096) -> None:
        super().__init__()
        H, W = grid
        # the smallest squares of which at most `most` cover the grid
        sides = range(1, max(grid) + 1)
        side = next(k for k in sides if ceil(H / k) * ceil(W / k) <= most)
        self.size = (min(side, H), min(side, W))
        self.features = channels * ceil(H / side) * ceil(W / side)

    def forward(self, x: Tensor) -> Tensor:
        """Return [..., C * regions]."""
        frames = x.flatten(0, -4)  # [N, C, H, W]
        regions = functional.avg_pool2d(frames, self.size, ceil_mode=True)
        return regions.reshape(*x.shape[:-3], self.features)


class FlattenWindow(nn.Module):
    """Lay all frames and cells of a window side by side: [B, T, C, H, W] to [B, T * C * H * W].

    Parameters
    ----------
    channels : int
        Channels C of a frame.
    grid : tuple of int
        Rows and columns (H, W) of a frame.
    frames : int
        Frames T of a window; what follows is tied to it.

    Attributes
    ----------
    features : int
        T * C * H * W.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import FlattenWindow
    >>> FlattenWindow(4, (2, 3), frames=5)(torch.zeros(8, 5, 4, 2, 3)).shape
    torch.Size([8, 120])
    """

    @check_arguments(
        channels=Integers(1),
        grid=Axes((2,)),
        frames=Integers(1),
    )
    def __init__(self, channels: int, grid: tuple[int, int], frames: int) -> None:
        super().__init__()
        self.features = frames * channels * grid[0] * grid[1]

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, T * C * H * W]."""
        return x.flatten(1)


class AverageWindow(nn.Module):
    """Average every channel over all frames and cells: [B, T, C, H, W] to [B, C].

    Forgets the order of the frames: what comes before must have seen it, such as convolutions
    over time.

    Parameters
    ----------
    channels : int
        Channels C of a frame.

    Attributes
    ----------
    features : int
        C.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import AverageWindow
    >>> AverageWindow(4)(torch.zeros(8, 5, 4, 2, 3)).shape
    torch.Size([8, 4])
    """

    @check_arguments(
        channels=Integers(1),
    )
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.features = channels

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, C]."""
        return x.mean((1, 3, 4))


Pooling = FlattenCells | AverageCells

POOLING: dict[str, Callable[[int, tuple[int, int]], Pooling]] = {
    "flatten": FlattenCells,
    "average": AverageCells,
}


def make_pooling(name: str, channels: int, grid: tuple[int, int]) -> Pooling:
    """Return the pooling of frames of a name as a module.

    Parameters
    ----------
    name : {"flatten", "average"}
        Name of the pooling.
    channels : int
        Channels of a frame.
    grid : tuple of int
        Rows and columns (H, W) of a frame.

    Returns
    -------
    FlattenCells or AverageCells
        A new module with the attribute ``features``.

    Raises
    ------
    ValueError
        If no pooling has that name.

    Examples
    --------
    >>> from stforecast.nn.pooling import make_pooling
    >>> make_pooling("average", 16, (1, 7)).features
    16
    """
    if not isinstance(name, str) or name not in POOLING:
        raise Options(*POOLING).error("pooling", name)
    return POOLING[name](channels, grid)
