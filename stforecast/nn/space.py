"""Blocks of cells as channels: maps of fewer cells, and the way back."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional

from stforecast._constraints import Axes, Integers
from stforecast._parameters import check_arguments
from stforecast.nn.base import Head

__all__ = ["UnfoldedHead", "fold_space", "unfold_space"]


def fold_space(maps: Tensor, size: int) -> Tensor:
    """Return maps [..., C, H, W] as [..., C * size^2, H / size, W / size], rounded up.

    The channels of a block stand row by row, channel by channel. Beyond the border stands the last
    cell.
    """
    C, H, W = maps.shape[-3:]
    flat = maps.reshape(-1, C, H, W)
    padded = functional.pad(flat, (0, -W % size, 0, -H % size), mode="replicate")
    folded = functional.pixel_unshuffle(padded, size)
    return folded.reshape(*maps.shape[:-3], *folded.shape[1:])


def unfold_space(maps: Tensor, size: int, grid: tuple[int, int]) -> Tensor:
    """Return maps [..., C * size^2, h, w] as [..., C, H, W], without what was beyond the border."""
    flat = functional.pixel_shuffle(maps.reshape(-1, *maps.shape[-3:]), size)
    cut = flat[..., : grid[0], : grid[1]]
    return cut.reshape(*maps.shape[:-3], *cut.shape[1:])


class UnfoldedHead(Head):
    """A head of maps whose channels are blocks of cells, which become cells again.

    Parameters
    ----------
    head : Head
        Forecasts maps [B, horizon * C * size^2 * h * w].
    size : int
        Rows and columns of a block.
    grid : tuple of int
        Rows and columns (H, W) of the maps that come out, (h, w) = (H, W) / size, rounded up.
    channels : int
        Channels C of these maps.

    Attributes
    ----------
    reads_target : bool
        Whether the head does.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ConvLSTM, ForecastNet, RolloutHead
    >>> from stforecast.nn.space import UnfoldedHead
    >>> head = UnfoldedHead(RolloutHead(8, 4, horizon=3), 2, (12, 15), channels=1)
    >>> net = ForecastNet(ConvLSTM(4, 8), head)
    >>> net(torch.zeros(5, 10, 4, 6, 8)).unflatten(1, (3, 1, 12, 15)).shape
    torch.Size([5, 3, 1, 12, 15])
    """

    @check_arguments(size=Integers(1), grid=Axes((2,)), channels=Integers(1))
    def __init__(self, head: Head, size: int, grid: tuple[int, int], channels: int) -> None:
        super().__init__()
        self.head = head
        self.size = size
        self.grid = grid
        self.channels = channels
        self.reverse_channels, self.reads_target = head.reverse_channels, head.reads_target

    def set_units(self, mean: Tensor, scale: Tensor) -> None:
        """Say to the head what an output of 0 is in the units of the targets, and what 1 more is.

        Parameters
        ----------
        mean, scale : torch.Tensor
            [horizon * C * H * W], of maps as they come out; outputs are ``(target - mean) /
            scale``.
        """
        # folded as the head's outputs are, each as a batch of one
        self.head.set_units(*(self._fold(units[None])[0] for units in (mean, scale)))

    def forward(self, output: Tensor, state: Any, parts: dict[str, Tensor]) -> Tensor:
        """Return the horizon of every window.

        Parameters
        ----------
        output : torch.Tensor
            The backbone's output.
        state : object
            The backbone's state.
        parts : dict of str to torch.Tensor
            Named parts of the windows; ``target`` holds maps as they come out.

        Returns
        -------
        torch.Tensor
            [B, horizon * C * H * W], step-major.
        """
        if self.reads_target and "target" in parts:
            parts = {**parts, "target": self._fold(parts["target"])}
        forecast: Tensor = self.head(output, state, parts)
        h, w = (-(-cells // self.size) for cells in self.grid)  # rounded up
        # flat to [B, horizon, C * size^2, h, w]
        blocks = forecast.reshape(len(forecast), -1, self.channels * self.size**2, h, w)
        return unfold_space(blocks, self.size, self.grid).flatten(1)

    def _fold(self, maps: Tensor) -> Tensor:
        """Return maps [B, horizon * C * H * W] in blocks, as the head writes them."""
        steps = maps.reshape(len(maps), -1, self.channels, *self.grid)  # [B, horizon, C, H, W]
        return fold_space(steps, self.size).flatten(1)
