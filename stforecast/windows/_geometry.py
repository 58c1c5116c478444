"""Where windows begin and end, by rows and in time: integer arithmetic, no data.

A window is known by its end, the row after its last one; its origin is ``end - 1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stforecast.exceptions import SeriesTooShortError
from stforecast.windows._keys import as_slice

Integers: TypeAlias = NDArray[np.int64]


def panel_ends(
    bounds: Integers, *, lookback: int, horizon: int = 1, gap: int = 0, stride: int = 1
) -> Integers:
    """Return the end of every window of a series, or of several, one below the other.

    Series i holds rows ``bounds[i]:bounds[i + 1]``; its first window is as early as `lookback`
    allows.
    """
    spare = np.diff(bounds) - (lookback + gap + horizon)
    counts = np.where(spare < 0, 0, spare // stride + 1)
    # the place of each window within its series: 0, 1, 2, 0, 1, ...
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    ends: Integers = np.repeat(bounds[:-1], counts) + lookback + stride * number
    return ends


def check_long_enough(bounds: Integers, *, lookback: int, horizon: int, gap: int) -> None:
    """Raise if no series holds even one window."""
    rows, longest = lookback + gap + horizon, int(np.diff(bounds).max(initial=0))
    if longest < rows:
        subject = "the series has" if len(bounds) == 2 else "the longest series has"
        raise SeriesTooShortError(
            f"A window needs lookback + gap + horizon = {lookback} + {gap} + {horizon} = {rows} "
            f"rows, but {subject} {longest}. Shorten the lookback or pass more data."
        )


def rows_in_view(ends: Integers, lookback: int, n_rows: int) -> NDArray[np.bool_]:
    """Mark the rows that at least one of the windows holds."""
    # as brackets: a row is in view while more windows have started than stopped
    starts = np.bincount(ends - lookback, minlength=n_rows + 1)
    stops = np.bincount(ends, minlength=n_rows + 1)
    return np.cumsum(starts - stops)[:n_rows] > 0


def ends_among(ends: Integers, mask: NDArray[np.bool_]) -> Integers:
    """Return the ends after the rows outside of a mask are taken out of the series."""
    return np.cumsum(mask, dtype=np.int64)[ends - 1]


def runs(ends: Integers, lookback: int, longest: int) -> list[Integers]:
    """Group windows (positions in `ends`) into runs of adjoining rows, to be read in one piece.

    A run spans at most `longest` rows, or one window if that is longer.
    """
    order = np.argsort(ends, kind="stable")
    groups: list[Integers] = []
    start = 0
    for i in range(1, len(order) + 1):
        if i < len(order):
            adjoins = ends[order[i]] - lookback <= ends[order[i - 1]]
            fits = ends[order[i]] - (ends[order[start]] - lookback) <= longest
            if adjoins and fits:
                continue
        groups.append(order[start:i])
        start = i
    return groups


@dataclass(frozen=True, eq=False)
class Timeline:
    """Labels of the rows of a series or panel, and their time in steps.

    Parameters
    ----------
    index : pandas.Index of length N, optional
        Labels, (series, time) pairs for a panel; row numbers by default.
    clock : int array of shape (N,), optional
        Time of each row in steps, comparable across the series of a panel; row numbers by default.
    has_names : bool, default=True
        Whether the series of a panel have names; those of a list have places alone.
    """

    index: pd.Index | None = None
    clock: Integers | None = None
    has_names: bool = True

    def labels(self, rows: Integers) -> pd.Index | Integers:
        """Return the labels of rows; of evenly spaced ones with their frequency."""
        return rows if self.index is None else self.index[as_slice(rows)]

    def times(self, rows: Integers) -> Integers:
        """Return the time of rows in steps."""
        return rows if self.clock is None else self.clock[rows]

    def keep(self, mask: NDArray[np.bool_]) -> Timeline:
        """Return the timeline of some of the rows, whose times stay as they were."""
        index = None if self.index is None else self.index[mask]
        # without a clock the row numbers are the times, and the rows that go would shift them
        clock = np.flatnonzero(mask) if self.clock is None else self.clock[mask]
        return Timeline(index, clock, self.has_names)
