"""Series that stay on disk: anything that reads rows when sliced."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from stforecast.windows._batches import Array, Rows, in_memory, read_rows
from stforecast.windows._geometry import Integers


@dataclass(frozen=True, eq=False)
class StoredRows:
    """A dask, zarr, HDF5 or xarray array (N, ...) read in slices of rows.

    Parameters
    ----------
    array : array-like
        The stored array; only slices of its first axis are read.
    frame : tuple of int
        Shape that one row is given, e.g. (1, H, W) for maps (H, W).
    """

    array: Any
    frame: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return (int(self.array.shape[0]), *self.frame)

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = np.dtype(self.array.dtype)
        return dtype

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: slice) -> Array:
        rows = np.asarray(self.array[key])
        return rows.reshape(len(rows), *self.frame)


@dataclass(frozen=True, eq=False)
class FrameSelection:
    """Some positions along an axis of the frames of a series on disk, read with their rows.

    Parameters
    ----------
    rows : array-like of shape (N, *frame)
        The series.
    positions : int array
        Which positions, in which order.
    axis : int, default=0
        Of a frame; 0 is the channels.
    """

    rows: Rows
    positions: Array
    axis: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        shape = list(self.rows.shape)
        shape[self.axis + 1] = len(self.positions)
        return tuple(shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.rows.dtype

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: slice) -> Array:
        return self.rows[key].take(self.positions, axis=self.axis + 1)


@dataclass(frozen=True, eq=False)
class StackedRows:
    """Several series, at least one of them on disk, one below the other."""

    members: tuple[Rows, ...]

    @cached_property
    def bounds(self) -> Integers:
        """Where each series begins, and where the last ends."""
        return np.cumsum([0, *map(len, self.members)], dtype=np.int64)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self.members[0].shape[1:])

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        return np.result_type(*{rows.dtype for rows in self.members})

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return int(self.bounds[-1])

    def __getitem__(self, key: slice) -> Array:
        start, stop, _ = key.indices(len(self))
        first = int(np.searchsorted(self.bounds, start, side="right")) - 1
        last = int(np.searchsorted(self.bounds, stop, side="left"))
        blocks = [np.empty((0, *self.shape[1:]), self.dtype)]
        for rows, begin in zip(self.members[first:last], self.bounds[first:last], strict=True):
            blocks.append(np.asarray(rows[max(0, start - begin) : stop - begin]))
        return np.concatenate(blocks)


@dataclass(frozen=True, eq=False)
class StackedChannels:
    """Several series of the same rows, at least one of them on disk, their channels together."""

    members: tuple[Rows, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        n, _, *grid = self.members[0].shape
        return (n, sum(rows.shape[1] for rows in self.members), *grid)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.result_type(*(rows.dtype for rows in self.members))

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.members[0])

    def __getitem__(self, key: slice) -> Array:
        return np.concatenate([np.asarray(rows[key]) for rows in self.members], axis=1)


def stack_channels(members: list[Rows]) -> Rows:
    """Return the channels of several series as one: an array if all are in memory."""
    channels = members[0] if len(members) == 1 else StackedChannels(tuple(members))
    return channels[slice(None)] if all(map(in_memory, members)) else channels


def stack_rows(members: list[Rows]) -> Rows:
    """Return several series as one: an array if all are in memory, else read as they are needed."""
    arrays = [rows for rows in members if in_memory(rows)]
    return np.concatenate(arrays) if len(arrays) == len(members) else StackedRows(tuple(members))


def take_rows(rows: Rows, places: Integers) -> Array:
    """Return a copy of some rows, in their order."""
    if isinstance(rows, np.ndarray):
        return np.asarray(rows[places])
    return np.concatenate([np.empty((0, *rows.shape[1:]), rows.dtype), *read_rows(rows, places)])


def pick_positions(rows: Rows, positions: Integers, axis: int) -> Rows:
    """Return some positions along an axis of the frames: a copy in memory, else lazy."""
    if in_memory(rows):
        return rows.take(positions, axis=axis + 1)
    # a slice of a memory map stays one; an index array would read it whole
    steps = np.unique(np.diff(positions))
    if isinstance(rows, np.ndarray) and len(steps) < 2 and (steps > 0).all():
        step = int(steps[0]) if len(steps) else 1
        key = slice(int(positions[0]), int(positions[-1]) + 1, step)
        view: Array = rows[(*[slice(None)] * (axis + 1), key)]
        return view
    return FrameSelection(rows, positions, axis)


def as_rows(series: Any) -> Rows:
    """Return an array in memory (memory maps too) as it is, a stored one as `StoredRows`."""
    if isinstance(series, np.ndarray):
        return series
    if not _is_stored(series):
        return np.asarray(series)
    shape = tuple(int(n) for n in series.shape[1:])
    return StoredRows(series, (1, *shape) if len(shape) in (0, 2) else shape)


def _is_stored(series: Any) -> bool:
    package = type(series).__module__.partition(".")[0]
    return package in {"dask", "zarr", "h5py"} and hasattr(series, "shape")
