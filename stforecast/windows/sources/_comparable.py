"""Whether labels of different kinds stand for the same rows: dates, periods, zones."""

from __future__ import annotations

import pandas as pd


def comparable_labels(given: pd.Index, rows: pd.Index) -> tuple[pd.Index, pd.Index]:
    """Return labels of targets and of rows as one kind; none of them where they have none.

    Where only one of them names the series, times are compared alone; where only one of them has a
    time zone, what the clock on the wall shows.
    """
    if given.nlevels != rows.nlevels:
        given, rows = (one.get_level_values(-1) for one in (given, rows))
    given, rows = _as_times(given), _as_times(rows)
    if isinstance(given, pd.PeriodIndex) and isinstance(rows, pd.DatetimeIndex):
        return given, _wall_time(rows).to_period(given.freqstr)
    if isinstance(given, pd.DatetimeIndex) and isinstance(rows, pd.PeriodIndex):
        return _wall_time(given).to_period(rows.freqstr), rows
    if isinstance(given, pd.PeriodIndex) and isinstance(rows, pd.PeriodIndex):
        return given, rows.asfreq(given.freqstr)
    if isinstance(given, pd.DatetimeIndex) and isinstance(rows, pd.DatetimeIndex):
        if given.tz is None or rows.tz is None:
            return _wall_time(given), _wall_time(rows)
        return given, rows
    moments = pd.TimedeltaIndex | pd.MultiIndex
    if isinstance(rows, moments):
        same = type(given) is type(rows)
    else:
        numbered = given.equals(pd.RangeIndex(len(given)))
        same = not numbered and all(
            pd.api.types.is_integer_dtype(one.dtype) for one in (given, rows)
        )
    return (given, rows) if same else (given[:0], rows[:0])


def _as_times(index: pd.Index) -> pd.Index:
    """Return an index of dates or times that pandas keeps as objects as an index of times."""
    objects = index.nlevels == 1 and index.inferred_type in ("date", "datetime")
    return pd.DatetimeIndex(index) if objects else index


def _wall_time(times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return times if times.tz is None else times.tz_localize(None)
