"""The cells around each cell of a map, as columns of one regression for all cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from stforecast.estimators.baselines._columns import Columns
from stforecast.windows._windows import Windows

# Bytes of columns that are worked on together.
PATCH_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False)
class Patches:
    """Turn windows of maps into columns, one sample a cell.

    Parameters
    ----------
    columns : Columns
        How the windows are read.
    grid : tuple of int
        Channels, rows and columns of a map.
    size : tuple of int
        Rows and columns of cells around a cell, odd.
    """

    columns: Columns
    grid: tuple[int, int, int]
    size: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Frames, channels, rows and columns of the cells around a cell."""
        return (self.columns.frames, self.grid[0], *self.size)

    @property
    def empty_outputs(self) -> np.ndarray:
        """Which outputs of a step are of cells that never had a value, (C * cells,).

        One False where it is not known which channels hold the target.
        """
        empty, channels = self.columns.empty_mask, list(self.columns.channels)
        if empty is None or not channels:
            return np.zeros(1, dtype=bool)
        return empty.reshape(self.grid[0], -1)[channels].ravel()

    @property
    def empty_neighbours(self) -> np.ndarray:
        """Which of the cells around each cell never had a value, (C, H, W, rows, columns)."""
        assert self.columns.empty_mask is not None
        return _neighbourhoods(self.columns.empty_mask.reshape(self.grid), *self.size)

    def batches(self, X: Windows) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield positions, columns (b * cells, p) and levels (b, C * cells) in blocks of windows.

        Columns are the cells around, relative to the last value of the cell itself where it is
        known, then that value, then `known` and `static`.
        """
        cells = self.grid[1] * self.grid[2]
        wide = prod(self.shape) + len(self.columns.channels) + self.columns.covariates(X)
        size = max(1, PATCH_BYTES // (8 * cells * wide))
        for start in range(0, len(X), size):
            part = X[start : start + size]
            for rows, values, level in self.columns.batches(part):
                moved = slice(start + rows.start, start + rows.stop)
                yield moved, self._cells(values, level), level

    def pick_columns(self, size: tuple[int, int], frames: int, extra: int) -> np.ndarray:
        """Return the columns of a smaller stencil, and of the `extra` ones behind the cells."""
        T, C, h, w = self.shape
        numbers = np.arange(T * C * h * w).reshape(T, C, h, w)
        top, left = (h - size[0]) // 2, (w - size[1]) // 2
        cells = numbers[T - frames :, :, top : top + size[0], left : left + size[1]]
        return np.concatenate([cells.ravel(), numbers.size + np.arange(extra)])

    def _cells(self, values: np.ndarray, level: np.ndarray) -> np.ndarray:
        b, (T, C, h, w), (_, H, W) = len(values), self.shape, self.grid
        count, channels = T * C * H * W, list(self.columns.channels)
        last = level.reshape(b, len(channels), H, W)
        maps = values[:, :count].reshape(b, T, C, H, W)
        maps[:, :, channels] += last[:, None]  # values again: all are to be relative to one cell
        # a copy: neighbours overlap in the view, and each is to be relative to another cell
        patches = np.array(_neighbourhoods(maps, h, w).transpose(0, 3, 4, 1, 2, 5, 6))
        last = last.transpose(0, 2, 3, 1)
        patches[..., channels, :, :] -= last[:, :, :, None, :, None, None]
        if self.columns.empty_mask is not None:
            self._take_centre(patches)
        covariates = np.repeat(values[:, count:], H * W, axis=0)
        return np.concatenate(
            [patches.reshape(b * H * W, -1), last.reshape(b * H * W, -1), covariates], axis=1
        )

    def _take_centre(self, patches: np.ndarray) -> None:
        """Put the value of the cell in the centre in place of neighbours that have none."""
        h, w = self.size
        centre = patches[..., h // 2, w // 2][..., None, None]
        empty = self.empty_neighbours.transpose(1, 2, 0, 3, 4)
        np.copyto(patches, centre.copy(), where=empty[None, :, :, None])


def _neighbourhoods(maps: np.ndarray, h: int, w: int) -> np.ndarray:
    """View the h x w cells around each cell of maps (..., H, W); edges repeat their last cell."""
    edges = [(0, 0)] * (maps.ndim - 2) + [(h // 2, h // 2), (w // 2, w // 2)]
    return sliding_window_view(np.pad(maps, edges, mode="edge"), (h, w), axis=(-2, -1))


def cells_first(values: np.ndarray, cells: int) -> np.ndarray:
    """Return maps (b, steps * C * cells) as one row a cell, (b * cells, steps * C)."""
    b = len(values)
    return values.reshape(b, -1, cells).transpose(0, 2, 1).reshape(b * cells, -1)


def cells_last(values: np.ndarray, cells: int) -> np.ndarray:
    """Return one row a cell as maps, the inverse of `cells_first`."""
    b = len(values) // cells
    return values.reshape(b, cells, -1).transpose(0, 2, 1).reshape(b, -1)
