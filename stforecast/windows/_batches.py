"""Read windows and their rows out of a series, whole batches or blocks at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from stforecast.windows._geometry import Integers, rows_in_view, runs

if TYPE_CHECKING:  # windows are read by what stands here
    from stforecast.windows._steps import Step
    from stforecast.windows._windows import Windows

Array: TypeAlias = NDArray[Any]

# Rows that lie together on disk are read together, up to this many bytes at a time.
READ_BYTES = 64 * 2**20
# A gap of at most this many bytes between rows asked for is read with them: another read costs
# more. The gaps between series of a panel are that short.
GAP_BYTES = 2**18

# What numpy takes for one value.
MAX_BYTES = 2**31


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
    if not base.flags.c_contiguous or not 0 < lookback * row < MAX_BYTES:
        return strided_windows(base, lookback)[starts]
    # Every window as one value of raw bytes, which numpy copies in one call. Strides are made from
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


# Rows in memory are worked on in blocks of this many bytes.
BLOCK_BYTES = 8 * 2**20


def iter_batches(X: Windows, size: int | None = None) -> Iterator[Array]:
    """Yield the windows as arrays, in order, `size` at a time (by default what a block holds)."""
    window = int(np.prod(X.shape[1:])) * X.dtype.itemsize
    size = size or max(1, (BLOCK_BYTES if X.in_memory else READ_BYTES) // max(1, window))
    for start in range(0, len(X), size):
        yield X.batch(slice(start, start + size))


def iter_rows(X: Windows) -> Iterator[Array]:
    """Yield the rows of the series in view as arrays, each row once, a block at a time."""
    if X.in_memory:
        yield from _row_blocks(np.asarray(X.compact().base))
        return
    yield from read_rows(X.base, np.flatnonzero(rows_in_view(X.ends, X.lookback, len(X.base))))


def read_rows(base: Rows, places: Integers) -> Iterator[Array]:
    """Yield some rows of a stored series in order, those that lie together in one block."""
    longest_gap = GAP_BYTES // max(1, base.dtype.itemsize * frame_size(base))
    size = rows_per_read(base)
    for run in np.split(places, np.flatnonzero(np.diff(places) > 1 + longest_gap) + 1):
        blocks = (run - run[:1]) // size
        for part in filter(len, np.split(run, np.flatnonzero(np.diff(blocks)) + 1)):
            first, stop = int(part[0]), int(part[-1]) + 1
            rows = np.asarray(base[first:stop])
            yield rows if len(part) == stop - first else rows[part - first]


def map_frames(X: Windows, step: Step) -> Windows:
    """Return windows with every frame changed by a step that treats frames one by one.

    A series in memory is changed once, each row in view one time; one on disk as it is read.
    """
    if X.steps or not X.in_memory:
        return X.with_step(step)
    view = X.compact()
    first, *others = _row_blocks(np.asarray(view.base))
    changed: Array = step(first[None])[0]
    if others:
        changed = _change_blocks(changed, others, step)
    windows = view.with_rows(changed)
    return windows if windows.target is None else windows.without_channels()


def _change_blocks(first: Array, others: list[Array], step: Step) -> Array:
    """Return the first block, changed already, and the others changed behind it, as one array.

    Each is put in its place at once: rows that are changed never stand twice.
    """
    count = len(first) + sum(map(len, others))
    changed = np.empty((count, *first.shape[1:]), first.dtype)
    changed[: len(first)] = first
    start = len(first)
    for block in others:
        changed[start : start + len(block)] = step(block[None])[0]
        start += len(block)
    return changed


def _row_blocks(rows: Array) -> list[Array]:
    """Return rows in memory as blocks, at least one."""
    size = max(1, BLOCK_BYTES // max(1, math.prod(rows.shape[1:]) * rows.itemsize))
    return [rows[start : start + size] for start in range(0, max(1, len(rows)), size)]
