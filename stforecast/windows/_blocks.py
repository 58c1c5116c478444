"""Read windows and their rows in blocks, so that what is made of them on the way stays small."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from stforecast.windows._batches import READ_BYTES, Array, rows_per_read
from stforecast.windows._geometry import rows_in_view
from stforecast.windows._steps import Step
from stforecast.windows._windows import Windows

# Rows in memory are worked on in blocks of so many bytes.
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
    kept = np.flatnonzero(rows_in_view(X.ends, X.lookback, len(X.base)))
    size = rows_per_read(X.base)
    for run in filter(len, np.split(kept, np.flatnonzero(np.diff(kept) > 1) + 1)):
        for start in range(int(run[0]), int(run[-1]) + 1, size):
            yield np.asarray(X.base[start : min(start + size, int(run[-1]) + 1)])


def map_frames(X: Windows, step: Step) -> Windows:
    """Return windows with every frame changed by a step that treats frames one by one.

    A series in memory is changed once, each row in view one time; one on disk as it is read.
    """
    if X.steps or not X.in_memory:
        return X.with_step(step)
    view = X.compact()
    changed = [step(block[None])[0] for block in _row_blocks(np.asarray(view.base))]
    made = view.with_rows(np.concatenate(changed))
    return made if made.target is None else made.without_channels()


def _row_blocks(rows: Array) -> list[Array]:
    """Return rows in memory as blocks, at least one."""
    size = max(1, BLOCK_BYTES // max(1, math.prod(rows.shape[1:]) * rows.itemsize))
    return [rows[start : start + size] for start in range(0, max(1, len(rows)), size)]
