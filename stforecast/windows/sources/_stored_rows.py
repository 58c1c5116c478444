"""Series that stay on disk: anything that reads rows when sliced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stforecast.windows._batches import Array, Rows, in_memory


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

    @property
    def shape(self) -> tuple[int, ...]:
        return (sum(len(rows) for rows in self.members), *self.members[0].shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.result_type(*(rows.dtype for rows in self.members))

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: slice) -> Array:
        start, stop, _ = key.indices(len(self))
        blocks, first = [np.empty((0, *self.shape[1:]), self.dtype)], 0
        for rows in self.members:
            if start < first + len(rows) and first < stop:
                blocks.append(np.asarray(rows[max(0, start - first) : stop - first]))
            first += len(rows)
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
    stacked = members[0] if len(members) == 1 else StackedChannels(tuple(members))
    return stacked[slice(None)] if all(map(in_memory, members)) else stacked


def stack_rows(members: list[Rows]) -> Rows:
    """Return several series as one: an array if all are in memory, else read as they are needed."""
    arrays = [rows for rows in members if in_memory(rows)]
    return np.concatenate(arrays) if len(arrays) == len(members) else StackedRows(tuple(members))


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
