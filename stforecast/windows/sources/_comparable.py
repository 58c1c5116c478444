"""Whether labels of different kinds stand for the same rows: dates, periods, zones."""

from __future__ import annotations

import pandas as pd


def only_number(given: pd.Index, rows: pd.Index) -> bool:
    """Whether labels count from 0 on, where those of the rows do not: their order alone counts."""
    return not are_integers(rows) and given.equals(pd.RangeIndex(len(given)))


def are_same_rows(given: pd.Index, rows: pd.Index) -> bool:
    """Whether labels stand for all rows in their order, by name or by number from 0 on."""
    if len(given) != len(rows):
        return False
    if given.equals(rows) or only_number(given, rows):
        return True
    labels = comparable_labels(given, rows)
    return labels is not None and labels[0].equals(labels[1])


def comparable_labels(given: pd.Index, rows: pd.Index) -> tuple[pd.Index, pd.Index] | None:
    """Return labels of targets and of rows as one kind, None where they cannot be.

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
    same = type(given) is type(rows) is not pd.Index or (are_integers(given) and are_integers(rows))
    return (given, rows) if same else None


def are_integers(index: pd.Index) -> bool:
    """Return whether labels are integers."""
    return bool(pd.api.types.is_integer_dtype(index.dtype))


def _as_times(index: pd.Index) -> pd.Index:
    """Return an index of dates or times that pandas keeps as objects as an index of times."""
    objects = index.nlevels == 1 and index.inferred_type in ("date", "datetime")
    return pd.DatetimeIndex(index) if objects else index


def _wall_time(times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return times if times.tz is None else times.tz_localize(None)
