"""Time indexes: are they regular, by which step, and what comes next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError
from stforecast.windows.sources._calendars import (
    as_cftime,
    calendar_labels_after,
    calendar_step,
    has_calendar_step,
    is_cftime,
    usual_step,
)
from stforecast.windows.sources._irregular import describe_break
from stforecast.windows.sources._repairs import TABLE, Calls
from stforecast.windows.sources._texts import date_order, dayfirst_hint

_MOMENTS = pd.DatetimeIndex | pd.TimedeltaIndex


def read_index(index: Any, step: Any = None, calls: Calls = TABLE) -> tuple[Any, Any]:
    """Return a regular index, with its frequency where it can have one, and its step.

    The step is `step` where the rows follow it, else the one that they show themselves: an offset
    of moments, a frequency of other calendars, an integer of periods and numbers, None of rows too
    few to tell. An irregular index is refused with one of the `calls` that repair it.
    """
    index = plain_index(index)
    check_times(index, calls)
    check_present(index, calls)
    _check_order(index, calls)
    if step is not None and has_step(index, step):
        return _set_frequency(index, step), step
    if isinstance(index, _MOMENTS):
        step = _read_offset(index, calls)
        return _set_frequency(index, step), step
    if is_cftime(index):
        return index, _read_calendar_step(index, calls)
    values = integers(index)
    _check_steps(index, values, calls)
    return index, int(values[1] - values[0]) if len(values) > 1 else None


def plain_index(index: Any) -> Any:
    """Return an index of Arrow's times as one of pandas, or cftime's as one of xarray."""
    if isinstance(index, pd.MultiIndex):
        times = plain_index(index.levels[-1])
        return index if times is index.levels[-1] else index.set_levels(times, level=-1)
    if index.dtype == object and len(index) and type(index[0]).__module__.startswith("cftime"):
        return as_cftime(index)  # appended ones are objects
    if not isinstance(index.dtype, pd.ArrowDtype):
        return index
    kind = index.dtype.pyarrow_dtype
    if str(kind).startswith(("timestamp", "date")):
        return pd.DatetimeIndex(pd.to_datetime(index), name=index.name)
    if str(kind).startswith("duration"):
        return pd.TimedeltaIndex(pd.to_timedelta(index), name=index.name)
    return index


def check_times(index: Any, calls: Calls = TABLE) -> None:
    """Raise unless an index, regular or not, can be one of times."""
    if not (
        isinstance(index, _MOMENTS | pd.PeriodIndex)
        or is_cftime(index)
        or pd.api.types.is_integer_dtype(index.dtype)
    ):
        raise _times_error(index, calls)


def _times_error(index: Any, calls: Calls) -> IrregularIndexError:
    remedy = f"Number the rows instead: {calls.number()}."
    order = date_order(index)
    if order is not None:
        remedy = f"Read it as times: {calls.as_times(order)}."
    return IrregularIndexError(
        f"A series needs a DatetimeIndex, PeriodIndex, TimedeltaIndex or integer index (of a "
        f"panel as the last level), got {type(index).__name__} of {index.dtype}. {remedy}"
    )


def has_step(index: Any, step: Any) -> bool:
    """Whether every label of an index, in order, lies one step after the one before it."""
    if isinstance(step, pd.offsets.BaseOffset) != isinstance(index, _MOMENTS):
        return False
    if is_cftime(index) or isinstance(step, str):
        return is_cftime(index) and isinstance(step, str) and has_calendar_step(index, step)
    if not isinstance(index, _MOMENTS):
        return bool((np.diff(integers(index)) == step).all())
    if is_fixed(step):
        lengths = np.diff(index.asi8).view(f"m8[{index.unit}]")
        return bool((lengths == pd.Timedelta(step).to_timedelta64()).all())
    if isinstance(index, pd.TimedeltaIndex):
        return isinstance(step, pd.offsets.Day) and has_step(index, step.n * pd.offsets.Hour(24))
    if not len(index):
        return True
    # days and months are those of the calendar, whatever the clocks of a zone do
    wall = index.tz_localize(None)
    grid = pd.date_range(wall[0], periods=len(wall), freq=step).as_unit(wall.unit)
    return bool((grid.asi8 == wall.asi8).all())


def is_fixed(step: Any) -> bool:
    """Whether a step is a length of time, not one of the calendar as days and months are."""
    return isinstance(step, pd.offsets.Tick) and not isinstance(step, pd.offsets.Day)


def labels_after(last: Any, count: int, step: Any) -> Any:
    """Return the `count` labels that follow each of some labels, one group below the other."""
    if step is None and (isinstance(last, _MOMENTS) or is_cftime(last)):
        raise IrregularIndexError(
            "An index of fewer than 3 rows is too short to tell its frequency. Set it, e.g. "
            "series.index.freq = 'D', or pass more rows."
        )
    if len(last) == 1:
        return _labels_after_last(last[0], count, step, last)
    # series of a panel often end together: each end is continued once
    codes, distinct = last.factorize()
    length = _exact_length(distinct, step)
    if length is None:
        blocks = [_labels_after_last(label, count, step, last) for label in distinct]
        labels = blocks[0].append(blocks[1:])
    else:
        # by arithmetic, since a date_range for each of thousands of ends is slow
        ahead = length * np.arange(1, count + 1)
        labels = _from_integers((integers(distinct)[:, None] + ahead).ravel(), last)
    return labels.take((codes[:, None] * count + np.arange(count)).ravel())


def _exact_length(index: Any, step: Any) -> int | None:
    """Return a step in the numbers behind an index, None where the calendar says how long it is."""
    if is_cftime(index):
        return None
    if not isinstance(index, _MOMENTS):
        return int(step or 1)
    # with a time zone a day has 23 to 25 hours
    is_day = isinstance(step, pd.offsets.Day) and getattr(index, "tz", None) is None
    if not (is_fixed(step) or is_day):
        return None
    length = pd.Timedelta(days=step.n) if is_day else pd.Timedelta(step)
    whole, remainder = divmod(length, pd.Timedelta(1, index.unit))
    return None if remainder else int(whole)


def _from_integers(numbers: np.ndarray, like: Any) -> Any:
    """Return the index of a kind from the numbers behind its labels."""
    if isinstance(like, pd.PeriodIndex):
        periods: Any = pd.PeriodIndex
        return periods.from_ordinals(numbers, freq=like.freq, name=like.name)
    if isinstance(like, pd.TimedeltaIndex):
        lengths = pd.TimedeltaIndex(numbers.view(f"m8[{like.unit}]"))
        return lengths.rename(like.name)
    if isinstance(like, pd.DatetimeIndex):
        moments = pd.DatetimeIndex(numbers.view(f"M8[{like.unit}]"), name=like.name)
        return moments if like.tz is None else moments.tz_localize("UTC").tz_convert(like.tz)
    return pd.Index(numbers, name=like.name)


def integers(index: Any) -> np.ndarray:
    """Return the numbers behind the labels of an index."""
    return np.asarray(index.asi8 if hasattr(index, "asi8") else index, dtype=np.int64)


def pace(index: Any, step: Any) -> pd.Timedelta | None:
    """Return the usual time from one row of an index to the next; None where it has no times."""
    if step is not None and is_cftime(index):
        return usual_step(index[0], step) if len(index) else None
    if step is None or not isinstance(index, _MOMENTS | pd.PeriodIndex):
        return None
    if isinstance(index, pd.PeriodIndex):
        periods: Any = pd.PeriodIndex
        times = periods.from_ordinals(step * np.arange(9), freq=index.freq).to_timestamp()
    else:
        times = pd.date_range("2001-01-01", periods=9, freq=step)
    # of several steps, so that a weekend or a short month among them does not decide
    return pd.Timedelta(np.median(np.diff(times)))


def _labels_after_last(last: Any, count: int, step: Any, like: Any) -> Any:
    if is_cftime(like):
        return calendar_labels_after(last, count, step, like.name)
    if isinstance(like, _MOMENTS):
        make: Any = pd.date_range if isinstance(like, pd.DatetimeIndex) else pd.timedelta_range
        return make(last, periods=count + 1, freq=step, name=like.name)[1:]
    step = step or 1
    if isinstance(like, pd.PeriodIndex):
        ahead = last.ordinal + np.arange(1, count + 1) * step
        periods: Any = pd.PeriodIndex
        return periods.from_ordinals(ahead, freq=like.freq, name=like.name)
    return pd.RangeIndex(last + step, last + step * (count + 1), step, name=like.name)


def check_present(index: Any, calls: Calls) -> None:
    """Raise if rows have no label."""
    if index.hasnans:
        raise IrregularIndexError(
            f"The index must label every row, but {int(index.isna().sum())} labels are missing. "
            f"Repair those labels, or drop their rows, {calls.drop_missing_labels()}."
        )


def check_unique(index: Any, calls: Calls) -> None:
    """Raise if a label stands more than once."""
    if not index.is_unique:
        label = index[index.duplicated().argmax()]
        raise IrregularIndexError(
            f"The index must name each row once, but {label} stands more than once. "
            f"Average such rows, {calls.average_duplicates()}, or keep the first of each, "
            f"{calls.keep_first()}. Where clocks went back, localize the times with "
            "tz_localize(zone, ambiguous='infer') first."
        )


def _check_order(index: Any, calls: Calls) -> None:
    steps = np.diff(integers(index))
    if (steps <= 0).any():
        row = int(np.argmax(steps <= 0))
        check_unique(index, calls)
        raise IrregularIndexError(
            f"The index must run forward in time, but {index[row + 1]} follows {index[row]} in row "
            f"{row + 1}. Sort the rows: {calls.sort()}.{dayfirst_hint(index)}"
        )


def _check_steps(index: pd.Index, values: np.ndarray, calls: Calls) -> None:
    steps = np.diff(values)
    if len(steps) and (steps != steps[0]).any():
        _raise_irregular(index, calls)


def _read_calendar_step(index: Any, calls: Calls) -> str | None:
    step = calendar_step(index)
    if step is None and len(index) > 2:
        _raise_irregular(index, calls)
    return step


def _read_offset(index: Any, calls: Calls) -> Any:
    """Return the offset from each row to the next, None where the rows are too few to tell."""
    if index.freq is not None or len(index) < 3:
        return index.freq
    name = pd.infer_freq(index)
    step = None if name is None else pd.tseries.frequencies.to_offset(name)
    # infer_freq takes eight rows a day for business hours, and leaves out months without a word
    if step is not None and has_step(index, step):
        return step
    lengths = np.diff(index.asi8)
    if (lengths != lengths[0]).any():
        _raise_irregular(index, calls)
    step = pd.tseries.frequencies.to_offset(pd.Timedelta(lengths[0], index.unit))
    # 24 hours are another step than a day of the calendar where clocks change
    return pd.offsets.Hour(24 * step.n) if isinstance(step, pd.offsets.Day) else step


def _set_frequency(index: Any, step: Any) -> Any:
    """Return an index with its frequency, under which its slices keep theirs."""
    if step is None or not isinstance(index, _MOMENTS) or index.freq == step:
        return index
    try:
        return type(index)(index, freq=step)
    except ValueError:  # days of a zone at an hour that a change of its clocks leaves out
        return index


def _raise_irregular(index: pd.Index, calls: Calls) -> None:
    row, remedy = describe_break(index, calls)
    raise IrregularIndexError(
        f"The index must have steps of one length, but after {index[row]} comes {index[row + 1]}. "
        f"{remedy}"
    )
