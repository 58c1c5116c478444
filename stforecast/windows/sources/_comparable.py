"""Whether labels of different kinds stand for the same rows: dates, periods, zones."""

from __future__ import annotations

import pandas as pd


def only_number(labels: pd.Index, rows: pd.Index) -> bool:
    """Whether labels count from 0 on, where those of the rows do not: their order alone counts."""
    return not are_integers(rows) and labels.equals(pd.RangeIndex(len(labels)))


def are_same_rows(labels: pd.Index, rows: pd.Index) -> bool:
    """Whether labels stand for all rows in their order, by name or by number from 0 on."""
    if len(labels) != len(rows):
        return False
    if labels.equals(rows) or only_number(labels, rows):
        return True
    pair = comparable_labels(labels, rows)
    return pair is not None and pair[0].equals(pair[1])


def comparable_labels(labels: pd.Index, rows: pd.Index) -> tuple[pd.Index, pd.Index] | None:
    """Return labels of targets and of rows as one kind, None where they cannot be.

    Where only one of them names the series, times are compared alone; where only one of them has a
    time zone, what the clock on the wall shows.
    """
    if labels.nlevels != rows.nlevels:
        labels, rows = (index.get_level_values(-1) for index in (labels, rows))
    labels, rows = _as_times(labels), _as_times(rows)
    if isinstance(labels, pd.PeriodIndex) and isinstance(rows, pd.DatetimeIndex):
        return labels, _wall_time(rows).to_period(labels.freqstr)
    if isinstance(labels, pd.DatetimeIndex) and isinstance(rows, pd.PeriodIndex):
        return _wall_time(labels).to_period(rows.freqstr), rows
    if isinstance(labels, pd.PeriodIndex) and isinstance(rows, pd.PeriodIndex):
        return labels, rows.asfreq(labels.freqstr)
    if isinstance(labels, pd.DatetimeIndex) and isinstance(rows, pd.DatetimeIndex):
        if labels.tz is None or rows.tz is None:
            return _wall_time(labels), _wall_time(rows)
        return labels, rows
    is_alike = type(labels) is type(rows) is not pd.Index or (
        are_integers(labels) and are_integers(rows)
    )
    return (labels, rows) if is_alike else None


def are_integers(index: pd.Index) -> bool:
    """Return whether labels are integers."""
    return bool(pd.api.types.is_integer_dtype(index.dtype))


def _as_times(index: pd.Index) -> pd.Index:
    """Return an index of dates or times that pandas keeps as objects as an index of times."""
    objects = index.nlevels == 1 and index.inferred_type in ("date", "datetime")
    return pd.DatetimeIndex(index) if objects else index


def _wall_time(times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return times if times.tz is None else times.tz_localize(None)
