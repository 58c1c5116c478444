"""The hour, day or month that rows of windows belong to."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError
from stforecast.windows._calendar import CYCLES
from stforecast.windows._windows import Windows
from stforecast.windows.sources._calendars import is_cftime, later_times
from stforecast.windows.sources._index import labels_after, pace, plain_index, read_index

DAY = pd.Timedelta(1, "D")
YEAR = pd.Timedelta(365, "D")


@dataclass(frozen=True)
class CalendarGroups:
    """Turns of the calendar, and the step of the rows that are placed in them.

    Parameters
    ----------
    names : tuple of str
        Turns of the calendar; a group is a place in each of them. One group without any.
    step : offset, int, str or None
        From one row to the next; a frequency of xarray for times of cftime.
    """

    names: tuple[str, ...]
    step: Any

    @property
    def counts(self) -> tuple[int, ...]:
        """Places in each turn."""
        return tuple(len(CYCLES[name].cells) for name in self.names)

    def find_groups(self, X: Windows, steps: Sequence[int]) -> np.ndarray:
        """Return the group of the rows that lie `steps` after each origin, (n, steps)."""
        groups = np.zeros((len(X), len(steps)), dtype=np.int64)
        if not self.names:
            return groups
        origins = _times(X)[X.ends - 1]
        for i, step in enumerate(steps):
            groups[:, i] = self._places(_later_labels(origins, step, self.step))
        return groups

    def row_groups(self, X: Windows) -> np.ndarray:
        """Return the group of each row of the series, (N,)."""
        return self._places(_times(X)) if self.names else np.zeros(len(X.base), dtype=np.int64)

    def _places(self, labels: Any) -> np.ndarray:
        stamps = _stamps(labels)
        places = [
            np.asarray(CYCLES[name].cell(stamps)) - CYCLES[name].cells.start for name in self.names
        ]
        return np.asarray(np.ravel_multi_index(places, self.counts))

    def spread(self, sums: np.ndarray, width: int) -> np.ndarray:
        """Add to each group's sums those of `width` places before and after in the first turn."""
        if not self.names or not width:
            return sums
        # a turn is a circle, December beside January; no place may count twice on a short one
        turns = sums.reshape(*self.counts, -1)
        shifts = range(-min(width, (self.counts[0] - 1) // 2), min(width, self.counts[0] // 2) + 1)
        total = sum(np.roll(turns, shift, axis=0) for shift in shifts)
        return np.asarray(total).reshape(prod(self.counts), -1)


def calendar_groups(by: tuple[str, ...] | None, X: Windows) -> CalendarGroups:
    """Return the groups of windows.

    None takes the hours where rows are less than a day apart, and the months where the training
    windows span a year, or are a day or more apart; one group where rows have no times.
    """
    if not has_calendar(X):
        if by:
            raise IrregularIndexError(
                f"Means by {' and '.join(by)} need the time of each row, but these windows have "
                "none. Make them with make_windows of a series with a DatetimeIndex or, for maps, "
                "of an xarray DataArray with times; or leave by out for the mean of all rows."
            )
        return CalendarGroups((), None)
    step = _step(X)
    return CalendarGroups(_default_cycles(X, step) if by is None else by, step)


def has_calendar(X: Windows) -> bool:
    """Return whether the rows have times of a calendar, not numbers or lengths of time."""
    if X.index is None:
        return False
    times = _times(X)
    return isinstance(times, pd.DatetimeIndex | pd.PeriodIndex) or is_cftime(times)


def _default_cycles(X: Windows, step: Any) -> tuple[str, ...]:
    times = _stamps(_times(X)[X.ends - 1])
    apart = pace(_times(X), step)
    hourly = apart is not None and apart < DAY
    long = len(times) > 0 and times.max() - times.min() >= YEAR
    return (*(("month",) if long or not hourly else ()), *(("hour",) if hourly else ()))


def _step(X: Windows) -> Any:
    """Return the step from row to row, which the longest run of adjoining rows shows."""
    rows = _longest_run(X)
    step = read_index(rows)[1] if len(rows) else None
    if step is None:
        raise IrregularIndexError(
            "Means by the calendar need the step from one row to the next, which three adjoining "
            f"rows show, but the windows hold no more than {len(rows)}. Make them with lookback=3 "
            "or more."
        )
    return step


def _longest_run(X: Windows) -> Any:
    """Return the times of the longest run of rows of one series that follow on each other.

    Rows that no window shows are left out of a pickle, and the series of a panel lie end to end.
    """
    times = _times(X)
    breaks = np.diff(X.timeline.times(np.arange(len(times)))) != 1
    if isinstance(X.index, pd.MultiIndex):
        breaks |= np.diff(X.index.codes[0]) != 0
    edges = np.concatenate([[0], np.flatnonzero(breaks) + 1, [len(times)]])
    longest = int(np.argmax(np.diff(edges)))
    return times[edges[longest] : edges[longest + 1]]


def _times(X: Windows) -> Any:
    times = X.index.get_level_values(-1) if isinstance(X.index, pd.MultiIndex) else X.index
    return plain_index(times)


def _stamps(times: Any) -> Any:
    """Return moments on their own clock, those of cftime as they are."""
    if is_cftime(times):
        return times
    moments = times.to_timestamp() if isinstance(times, pd.PeriodIndex) else times
    return pd.DatetimeIndex(moments).tz_localize(None)


def _later_labels(origins: Any, count: int, step: Any) -> Any:
    if not count:
        return origins
    if is_cftime(origins):
        return later_times(origins, count, step)
    if isinstance(origins, pd.PeriodIndex):
        return origins + count * (step or 1)
    if getattr(origins, "tz", None) is not None:
        return labels_after(origins, count, step)[count - 1 :: count]
    with warnings.catch_warnings():
        # days of business and the like are added one by one, which is all that it says
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
        return origins + count * step
