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
from stforecast.windows.sources._index import labels_after, pace, read_index

DAY = pd.Timedelta(1, "D")
YEAR = pd.Timedelta(365, "D")


@dataclass(frozen=True)
class CalendarGroups:
    """Turns of the calendar, and the step of the rows that are placed in them.

    Parameters
    ----------
    names : tuple of str
        Turns of the calendar; a group is a place in each of them. One group without any.
    step : offset, int or None
        From one row to the next.
    """

    names: tuple[str, ...]
    step: Any

    @property
    def counts(self) -> tuple[int, ...]:
        """Places in each turn."""
        return tuple(len(CYCLES[name].cells) for name in self.names)

    def of(self, X: Windows, steps: Sequence[int]) -> np.ndarray:
        """Return the group of the rows that lie `steps` after each origin, (n, steps)."""
        groups = np.zeros((len(X), len(steps)), dtype=np.int64)
        if not self.names:
            return groups
        origins = _times(X)[X.ends - 1]
        for i, step in enumerate(steps):
            stamps = _stamps(_ahead(origins, step, self.step))
            places = [
                np.asarray(CYCLES[name].cell(stamps)) - CYCLES[name].cells.start
                for name in self.names
            ]
            groups[:, i] = np.ravel_multi_index(places, self.counts)
        return groups

    def spread(self, sums: np.ndarray, width: int) -> np.ndarray:
        """Add to each group's sums those of `width` places before and after in the first turn."""
        if not self.names or not width:
            return sums
        turns = sums.reshape(*self.counts, -1)
        shifts = range(-min(width, (self.counts[0] - 1) // 2), min(width, self.counts[0] // 2) + 1)
        total = sum(np.roll(turns, shift, axis=0) for shift in shifts)
        return np.asarray(total).reshape(prod(self.counts), -1)


def calendar_groups(name: str, by: tuple[str, ...] | None, X: Windows) -> CalendarGroups:
    """Return the groups of windows for the estimator of that name.

    None takes the hours where rows are less than a day apart, and the months where the training
    windows span a year, or are a day or more apart; one group where rows have no times.
    """
    dated = X.index is not None and isinstance(
        X.index.levels[-1] if isinstance(X.index, pd.MultiIndex) else X.index,
        pd.DatetimeIndex | pd.PeriodIndex,
    )
    if not dated:
        if by:
            raise IrregularIndexError(
                f"{name} by {' and '.join(by)} needs the time of each row, but these windows have "
                "none. Make them with make_windows of a series with a DatetimeIndex or, for maps, "
                "of an xarray DataArray with times; or leave by out for the mean of all rows."
            )
        return CalendarGroups((), None)
    step = _step(name, X)
    return CalendarGroups(_usual(X, step) if by is None else by, step)


def _usual(X: Windows, step: Any) -> tuple[str, ...]:
    times = _stamps(_times(X)[X.ends - 1])
    apart = pace(_times(X), step)
    hourly = apart is not None and apart < DAY
    long = len(times) > 0 and times.max() - times.min() >= YEAR
    return (*(("month",) if long or not hourly else ()), *(("hour",) if hourly else ()))


def _step(name: str, X: Windows) -> Any:
    """Return the step from row to row, which all rows show, or those of one window."""
    times = _times(X)
    rows = [slice(X.ends[0] - X.rows_made, X.ends[0])] if len(X) else []
    if not isinstance(X.index, pd.MultiIndex):
        rows = [slice(None), *rows]
    for kept in rows:
        try:
            step = read_index(times[kept])[1]
        except IrregularIndexError:  # rows that no window shows are left out of a pickle
            continue
        if step is not None:
            return step
    raise IrregularIndexError(
        f"{name} needs the step from one row to the next, but the index does not show it. Set its "
        "freq, e.g. series.index.freq = 'D', or make longer windows."
    )


def _times(X: Windows) -> Any:
    return X.index.get_level_values(-1) if isinstance(X.index, pd.MultiIndex) else X.index


def _stamps(times: Any) -> pd.DatetimeIndex:
    """Return moments on their own clock."""
    moments = times.to_timestamp() if isinstance(times, pd.PeriodIndex) else times
    return pd.DatetimeIndex(moments).tz_localize(None)


def _ahead(origins: Any, count: int, step: Any) -> Any:
    if not count:
        return origins
    if isinstance(origins, pd.PeriodIndex):
        return origins + count * (step or 1)
    if getattr(origins, "tz", None) is not None:
        return labels_after(origins, count, step)[count - 1 :: count]
    with warnings.catch_warnings():
        # days of business and the like are added one by one, which is all that it says
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
        return origins + count * step
