"""Blocks of samples contiguous in time, to ask what a model does where it did not learn."""

from __future__ import annotations

import numpy as np
import pandas as pd

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


def choice_blocks(X: Windows, count: int) -> list[np.ndarray]:
    """Return the blocks on which baselines are compared: blocks of time, else of whole series.

    What is compared is measured on the same samples. Samples whose targets reach into the next
    block are left out: a stencil learns one block from the sums of the others.
    """
    return purge_blocks(X, count) or series_blocks(X, count)


def series_blocks(X: Windows, count: int) -> list[np.ndarray]:
    """Return the samples of blocks of whole series; none where the series are fewer.

    Films are many series of few rows: no block of their time is as long as their targets reach.
    There are none either where the series share a clock.

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
    if total < max(2, count) or share_clock(X):
        return []
    which = series * count // total
    return [np.flatnonzero(which == block) for block in range(count)]


def share_clock(X: Windows) -> bool:
    """Return whether series have dates, and some of them the same: one tells of the other then.

    The sun shines on all shops of a town: what one sells on a day says what another sells. Rows
    that are numbered, as frames of films are, do not say when they were.

    Examples
    --------
    >>> import pandas as pd
    >>> from stforecast.estimators.baselines._time_blocks import share_clock
    >>> from stforecast.windows import make_windows
    >>> weeks = [pd.date_range(day, periods=7) for day in ("2020-01-01", "2020-02-01")]
    >>> first, later = (pd.Series(range(7), week) for week in weeks)
    >>> [share_clock(make_windows(pair, lookback=3)[0]) for pair in ([first, later], [first] * 2)]
    [False, True]
    """
    index = X.index
    if not isinstance(index, pd.MultiIndex) or not len(X):
        return False
    if not isinstance(index.levels[-1], pd.DatetimeIndex | pd.PeriodIndex):
        return False
    series = series_numbers(X)
    number = series.max() + 1
    first, last = np.full(number, np.iinfo(np.int64).max), np.full(number, np.iinfo(np.int64).min)
    np.minimum.at(first, series, X.times)
    np.maximum.at(last, series, X.times + X.reach)
    order = np.argsort(first)
    return bool(np.any(first[order][1:] < np.maximum.accumulate(last[order])[:-1]))
