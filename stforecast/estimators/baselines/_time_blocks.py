"""Blocks of samples contiguous in time, to ask what a model does where it did not learn."""

from __future__ import annotations

import numpy as np

from stforecast._training.holdout import series_numbers
from stforecast.windows._windows import Windows


def time_blocks(X: Windows, count: int) -> list[np.ndarray]:
    """Return the samples of blocks of consecutive origin times, as equal as can be.

    Across the series of a panel a time is one time. Fewer blocks, or none, come back where a block
    would hold fewer times than the targets reach: then most of what surrounds it would see it.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.estimators.baselines._time_blocks import time_blocks
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.arange(12.0), lookback=3)
    >>> time_blocks(X, 2)
    [array([0, 1, 2, 3]), array([4, 5, 6, 7, 8])]
    """
    times, distinct = X.times, np.unique(X.times)
    count = min(count, len(distinct) // max(2, X.reach))
    if count < 2:
        return []
    edges = distinct[np.linspace(0, len(distinct), count + 1).astype(int)[:-1]]
    which = np.searchsorted(edges, times, side="right") - 1
    return [np.flatnonzero(which == block) for block in range(count)]


def purge_block(X: Windows, block: np.ndarray) -> np.ndarray:
    """Return the samples whose targets share no row with those of a block, nor its windows' ends.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.estimators.baselines._time_blocks import purge_block
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.arange(13.0), lookback=3, horizon=3)
    >>> purge_block(X, np.arange(3, 5))
    array([0, 7])
    """
    times = X.times
    first, last = times[block].min(), times[block].max()
    return np.flatnonzero((times <= first - X.reach) | (times >= last + X.reach))


def purge_blocks(X: Windows, count: int) -> list[np.ndarray]:
    """Return blocks as `time_blocks` does, without origins whose targets reach into the next.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.estimators.baselines._time_blocks import purge_blocks
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.arange(14.0), lookback=3, horizon=3)
    >>> purge_blocks(X, 2)
    [array([0, 1]), array([4, 5, 6, 7, 8])]
    """
    blocks, times = time_blocks(X, count), X.times
    firsts = [times[block].min() for block in blocks[1:]]
    parted = [
        block[times[block] <= first - X.reach] for block, first in zip(blocks, firsts, strict=False)
    ]
    return [*parted, *blocks[len(firsts) :]]


def series_blocks(X: Windows, count: int) -> list[np.ndarray]:
    """Return the samples of blocks of whole series; none where the series are fewer.

    Films are many series of few rows: no block of their time is as long as their targets reach.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.estimators.baselines._time_blocks import series_blocks
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows([np.arange(5.0)] * 5, lookback=3)
    >>> series_blocks(X, 2)
    [array([0, 1, 2, 3, 4, 5]), array([6, 7, 8, 9])]
    """
    series = series_numbers(X)
    total = series.max(initial=-1) + 1
    if total < max(2, count):
        return []
    which = series * count // total
    return [np.flatnonzero(which == block) for block in range(count)]
