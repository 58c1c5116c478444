"""Read windows out of a series, whole batches at a time."""

from __future__ import annotations

import math
from typing import Any, Protocol, TypeAlias, TypeGuard

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from stforecast.windows._geometry import Integers, runs

Array: TypeAlias = NDArray[Any]

# Rows that lie together on disk are read together, up to so many bytes at a time.
READ_BYTES = 64 * 2**20

# What numpy takes for one value.
MOST_BYTES = 2**31


class Rows(Protocol):
    """A series that can be read row by row: an array in memory or one on disk."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def nbytes(self) -> int: ...
    def __len__(self) -> int: ...
    def __getitem__(self, key: slice, /) -> Array: ...


def in_memory(base: Rows) -> TypeGuard[Array]:
    """Whether a series is an array in memory, not a memory map or one read from disk."""
    return isinstance(base, np.ndarray) and not isinstance(base, np.memmap)


def gather(base: Rows, ends: Integers, lookback: int) -> Array:
    """Return windows as a new array (n, lookback, *frame)."""
    if not isinstance(base, np.ndarray):
        return _read_windows(base, ends, lookback)
    starts, row = ends - lookback, math.prod(base.shape[1:]) * base.itemsize
    if not base.flags.c_contiguous or not 0 < lookback * row < MOST_BYTES:
        return strided_windows(base, lookback)[starts]
    # Every window as one value of raw bytes, which numpy copies at one go. Strides are made from
    # sizes: those of an axis of length one may be anything. (`as_strided` would take longer than a
    # small batch.)
    count = max(0, len(base) - lookback + 1)
    raw: Array = np.ndarray((count,), f"V{lookback * row}", base, strides=(row,))
    return raw[starts].view(base.dtype).reshape(len(ends), lookback, *base.shape[1:])


def part_batch(part: Any, key: Any) -> Array:
    """Return the entries of a part that an index array picks, as an array."""
    return part.batch(key) if hasattr(part, "batch") else np.asarray(part[key])


def strided_windows(base: Array, lookback: int) -> Array:
    """View every window of an array, one a row, without copying: (N - lookback + 1, lookback, ...).

    The last axes stay as they lie in memory, so that indexing the first axis copies whole windows.
    """
    shape = (max(0, len(base) - lookback + 1), lookback, *base.shape[1:])
    strides = (base.strides[0], *base.strides)
    return as_strided(base, shape, strides, writeable=False)


def _read_windows(base: Rows, ends: Integers, lookback: int) -> Array:
    out = np.empty((len(ends), lookback, *base.shape[1:]), base.dtype)
    for run in runs(ends, lookback, rows_per_read(base)):
        start = int(ends[run[0]]) - lookback
        block = np.asarray(base[start : int(ends[run[-1]])])
        out[run] = strided_windows(block, lookback)[ends[run] - lookback - start]
    return out


def frame_size(base: Rows) -> int:
    """Return how many values one row of a series holds."""
    return math.prod(base.shape[1:])


def rows_per_read(base: Rows) -> int:
    """Return how many rows of a series READ_BYTES hold."""
    return max(1, READ_BYTES // max(1, base.dtype.itemsize * frame_size(base)))
