"""Series that stay on disk: anything that reads rows when sliced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stforecast.windows._gather import Array, Rows


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
class Channels:
    """Some channels of a series on disk, read with their rows."""

    rows: Rows
    channels: Array

    @property
    def shape(self) -> tuple[int, ...]:
        n, _, *grid = self.rows.shape
        return (n, len(self.channels), *grid)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.rows.dtype

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: slice) -> Array:
        return self.rows[key][:, self.channels]


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
