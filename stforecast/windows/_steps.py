"""Changes of layout applied to batches of windows as they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stforecast.windows._gather import Array


class KeepsDtype:
    """A step that moves values and leaves their type."""

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return dtype


@dataclass(frozen=True)
class Last(KeepsDtype):
    """Keep the last `count` frames."""

    count: int

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, _, *frame = shape
        return (n, self.count, *frame)

    def __call__(self, batch: Array) -> Array:
        return batch[:, batch.shape[1] - self.count :]


@dataclass(frozen=True)
class Flat(KeepsDtype):
    """Flatten every window into one row."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0], int(np.prod(shape[1:])))

    def __call__(self, batch: Array) -> Array:
        return batch.reshape(self.shape(batch.shape))


@dataclass(frozen=True)
class Fold(KeepsDtype):
    """Make height x width consecutive frames the cells of one."""

    height: int
    width: int

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, C = shape[:3]
        return (n, T // (self.height * self.width), C, self.height, self.width)

    def __call__(self, batch: Array) -> Array:
        n, T, C, H, W = self.shape(batch.shape)
        cells = batch.reshape(n, T, H * W, C)
        return np.ascontiguousarray(cells.transpose(0, 1, 3, 2)).reshape(n, T, C, H, W)


@dataclass(frozen=True)
class Unfold(KeepsDtype):
    """Make the cells of every frame consecutive frames again, the inverse of `Fold`."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, C, H, W = shape
        return (n, T * H * W, C)

    def __call__(self, batch: Array) -> Array:
        n, T, C, H, W = batch.shape
        cells = batch.reshape(n, T, C, H * W).transpose(0, 1, 3, 2)
        return np.ascontiguousarray(cells).reshape(n, T * H * W, C)


@dataclass(frozen=True)
class Cells(KeepsDtype):
    """Place columns on a grid: cell (i, j) of the map shows column ``columns[i][j]``."""

    columns: tuple[tuple[int, ...], ...]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:2], 1, len(self.columns), len(self.columns[0]))

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        empty = any(column < 0 for row in self.columns for column in row)
        return np.result_type(dtype, np.float32) if empty else dtype

    def __call__(self, batch: Array) -> Array:
        n, T = batch.shape[:2]
        columns = np.asarray(self.columns)
        frames = _flat_frames(batch).astype(self.dtype(batch.dtype), copy=False)
        grid = np.where(columns < 0, 0, frames[..., columns])
        return grid.reshape(n, T, 1, *columns.shape).astype(frames.dtype, copy=False)


@dataclass(frozen=True)
class ChannelsToFront(KeepsDtype):
    """Move channels from the last axis, (n, T, H, W, C), before the cells."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, *grid, C = shape
        return (n, T, C, *grid)

    def __call__(self, batch: Array) -> Array:
        return np.ascontiguousarray(np.moveaxis(batch, -1, 2))


@dataclass(frozen=True)
class ChannelsToBack(KeepsDtype):
    """Move channels after the cells, the inverse of `ChannelsToFront`."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, C, *grid = shape
        return (n, T, *grid, C)

    def __call__(self, batch: Array) -> Array:
        return np.ascontiguousarray(np.moveaxis(batch, 2, -1))


@dataclass(frozen=True)
class Reshape(KeepsDtype):
    """Give every window a shape of as many values."""

    window: tuple[int, ...]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0], *self.window)

    def __call__(self, batch: Array) -> Array:
        return batch.reshape(len(batch), *self.window)


@dataclass(frozen=True)
class FromLags(KeepsDtype):
    """Give rows of lags their time axis."""

    lookback: int
    channels: int

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0], self.lookback, self.channels)

    def __call__(self, batch: Array) -> Array:
        return batch.reshape(self.shape(batch.shape))


@dataclass(frozen=True)
class Pick(KeepsDtype):
    """Keep some values of every flattened frame, in the order given."""

    positions: tuple[int, ...]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:2], len(self.positions))

    def __call__(self, batch: Array) -> Array:
        return _flat_frames(batch)[..., list(self.positions)]


def _flat_frames(batch: Array) -> Array:
    """Return a batch with every frame in one axis; -1 would not do for an empty batch."""
    return batch.reshape(*batch.shape[:2], int(np.prod(batch.shape[2:])))
