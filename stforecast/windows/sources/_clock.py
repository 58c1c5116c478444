"""One clock for the rows of several series, whatever the kind of their index."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stforecast.exceptions import IrregularIndexError
from stforecast.windows._geometry import Integers
from stforecast.windows.sources._calendars import is_cftime
from stforecast.windows.sources._index import (
    check_present,
    check_times,
    integers,
    is_fixed,
    plain_index,
    read_index,
)
from stforecast.windows.sources._irregular import insertion_remedy
from stforecast.windows.sources._repairs import Calls, PanelCalls

_DAY = np.timedelta64(1, "D")
_Member = tuple[Any, Any]
_PANEL = PanelCalls()


def panel_clock(
    times: pd.Index, bounds: Integers, ids: pd.Index, step: Any = None, calls: Calls = _PANEL
) -> tuple[Integers, Any]:
    """Return the time of every row of a panel in steps from the earliest, and the step.

    Series i, called ``ids[i]``, holds rows ``bounds[i]:bounds[i + 1]``. The step is `step` where
    all follow it, else that of the longest, to which all are held at once; None where that is too
    short to tell.
    """
    times = plain_index(times)
    if is_cftime(times):
        calendar = getattr(times, "calendar", "")
        raise IrregularIndexError(
            f"A panel needs times of the usual calendar, got those of {calendar!r}. Number "
            f"the rows instead: {calls.number()}."
        )
    check_times(times, calls)
    check_present(times, calls)
    series = np.flatnonzero(np.diff(bounds))
    if not len(series):
        return np.empty(0, dtype=np.int64), step
    # all rows at once by one step, since reading thousands of indexes one by one is slow
    clock = _count_steps(step, times, bounds)
    if clock is None:
        longest = _longest_series(times, bounds, series)
        step = _member(times, bounds, ids, longest, calls)[1]
        clock = _count_steps(step, times, bounds)
    if clock is not None:
        return clock, _convert_weeks(step)
    # name the series at fault; where none is, those at odds are too short to show a step
    _check_members(step, times, bounds, ids, calls)
    clock = _clock_of_step(times, step)
    _check_consecutive(clock, times, bounds, ids, step, calls)
    return clock, step


def _count_steps(step: Any, times: Any, bounds: Integers) -> Integers | None:
    """Return the time of rows in steps, None if some series leaves a step out or stands off it."""
    moments = isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex)
    if step is None or moments != isinstance(step, pd.offsets.BaseOffset):
        return None
    if _is_calendar(step) and not isinstance(times, pd.DatetimeIndex):
        return None
    clock: Integers
    clock, remainders = _place(times, step)
    return None if _leaps(clock, remainders, step, bounds).any() else clock


def _leaps(
    clock: Integers, remainders: NDArray[Any], step: Any, bounds: Integers
) -> NDArray[np.bool_]:
    """Mark the rows behind which a series leaves a step out, and those that stand off the grid."""
    leaps = np.zeros(len(clock), dtype=bool)
    # a row between two steps keeps the distance of one, but is another remainder off the grid
    leaps[:-1] = ((np.diff(clock) != 1) | (remainders[1:] != remainders[:-1])) & ~_are_last(bounds)
    return leaps | _are_off(clock, remainders) if _is_calendar(step) else leaps


def _check_members(step: Any, times: Any, bounds: Integers, ids: pd.Index, calls: Calls) -> None:
    """Raise if a series is irregular, or of another step than the longest.

    Those that follow its step are not read: there may be thousands of them.
    """
    for i in _series_to_read(step, times, bounds):
        member_step = _member(times, bounds, ids, i, calls)[1]
        if member_step not in (None, step):
            _raise_unlike([f"steps of {step}", f"steps of {member_step}"])


def _series_to_read(step: Any, times: Any, bounds: Integers) -> list[int]:
    """Return the series that do not follow a step; without one those that do not run forward."""
    if step is None:
        rows = (np.diff(integers(times)) <= 0) & ~_are_last(bounds)
    else:
        rows = _leaps(*_place(times, step), step, bounds)
    numbers = np.searchsorted(bounds, np.flatnonzero(rows), side="right") - 1
    series: list[int] = np.unique(numbers).tolist()
    return series


def common_clock(members: list[_Member]) -> Integers:
    """Return the time of every row of several regular series, in steps from the earliest row.

    Each comes as its index and its step, None where it is too short to tell.
    """
    indexes = [index for index, _ in members]
    check_kinds(indexes)
    steps = {step for _, step in members if step is not None}
    if len(steps) > 1:
        _raise_unlike([f"steps of {step}" for step in steps])
    return _clock_of_step(indexes[0].append(indexes[1:]), steps.pop() if steps else None)


def _clock_of_step(times: Any, step: Any) -> Integers:
    """Return the time of rows in steps; their rank among all times where no step is known."""
    if step is None:
        return np.asarray(times.unique().sort_values().get_indexer(times), dtype=np.int64)
    clock: Integers = _place(times, step)[0]
    return clock


def check_kinds(indexes: list[pd.Index]) -> None:
    """Raise if the labels of several series cannot be compared."""
    kinds = {index_kind(index) for index in indexes}
    if len(kinds) > 1:
        _raise_unlike(list(kinds))


def _longest_series(times: pd.Index, bounds: Integers, series: Integers) -> int:
    """Return the series of the longest time: business days look like days but for a weekend.

    Where some series have the three rows that it takes to tell a frequency, it is one of those.
    """
    moments = integers(times)
    spans = moments[bounds[series + 1] - 1] - moments[bounds[series]]
    is_long = np.diff(bounds)[series] > 2
    return int(series[np.lexsort((-series, spans, is_long))[-1]])


def _are_last(bounds: Integers) -> NDArray[np.bool_]:
    """Mark the rows that end a series, but for the last row of all."""
    marks = np.zeros(max(0, bounds[-1] - 1), dtype=bool)
    marks[bounds[(bounds > 0) & (bounds < bounds[-1])] - 1] = True
    return marks


def _check_consecutive(
    clock: Integers, times: pd.Index, bounds: Integers, ids: pd.Index, step: Any, calls: Calls
) -> None:
    """Raise if a series too short to show its own frequency leaves out a time of the others."""
    leaps = (np.diff(clock) != 1) & ~_are_last(bounds)
    if step is not None and leaps.any():
        row = int(np.argmax(leaps))
        name = ids[int(np.searchsorted(bounds, row, side="right")) - 1]
        raise IrregularIndexError(
            f"In series {name!r} {times[row + 1]} does not come one step, {step}, after "
            f"{times[row]}. {insertion_remedy(_insert(step, times, calls))}"
        )


def _insert(step: Any, times: pd.Index, calls: Calls) -> str:
    if isinstance(step, pd.offsets.BaseOffset):
        return calls.insert(step.freqstr, times)
    return calls.insert_numbers(step, times)


def _member(times: pd.Index, bounds: Integers, ids: pd.Index, i: int, calls: Calls) -> _Member:
    try:
        return read_index(times[bounds[i] : bounds[i + 1]], calls=calls)
    except IrregularIndexError as error:
        raise IrregularIndexError(f"Series {ids[i]!r}: {error}") from None


def _place(times: Any, step: Any) -> tuple[Integers, NDArray[Any]]:
    """Return the time of rows in whole steps from the earliest, and what is left of each."""
    if not isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex):
        return np.divmod(integers(times) - integers(times).min(), step)
    length = _length(step)
    if length is None:
        stamps: Any = times
        # months and business days have no length to divide by: their dates are looked up
        grid = pd.date_range(stamps.min(), stamps.max(), freq=step)
        if not len(grid):
            return np.full(len(times), -1), np.full(len(times), _DAY)
        clock = np.asarray(grid.searchsorted(times, side="right") - 1, dtype=np.int64)
        return clock, _moments(times, "wall") - _moments(grid, "wall")[clock]
    # days are days of the calendar, of 23 to 25 hours where clocks change
    durations = _moments(times, "wall" if length % _DAY == np.timedelta64(0) else "UTC")
    durations = durations - durations.min()
    return (durations // length).astype(np.int64), durations % length


def _length(step: Any) -> Any:
    """Return the time that a step takes, None where that depends on the calendar."""
    if isinstance(step, pd.offsets.Week):
        return 7 * step.n * _DAY
    if isinstance(step, pd.offsets.Day):
        return step.n * _DAY
    return pd.Timedelta(step).to_timedelta64() if is_fixed(step) else None


def _moments(times: Any, clock: str) -> NDArray[Any]:
    """Return times as a clock of the world or one on the wall shows them."""
    if isinstance(times, pd.DatetimeIndex) and times.tz is not None:
        times = (times.tz_convert("UTC") if clock == "UTC" else times).tz_localize(None)
    return np.asarray(times.to_numpy())


def _is_calendar(step: Any) -> bool:
    """Whether the length of a step depends on the calendar, as that of months does."""
    return isinstance(step, pd.offsets.BaseOffset) and _length(step) is None


def _convert_weeks(step: Any) -> Any:
    """Return weeks as days: counted from a row, they do not move to a weekday of their own."""
    return pd.offsets.Day(7 * step.n) if isinstance(step, pd.offsets.Week) else step


def _are_off(clock: Integers, remainders: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the rows that stand on other days than those of the grid."""
    off: NDArray[np.bool_] = (clock < 0) | (remainders >= _DAY)
    return off


def index_kind(index: pd.Index) -> str:
    """Return what labels must have in common to be compared: type, time zone, unit of periods."""
    if isinstance(index, pd.PeriodIndex):
        return f"periods of {index.freqstr}"
    if isinstance(index, pd.DatetimeIndex):
        return f"times in {index.tz}" if index.tz else "times of no zone"
    if is_cftime(index):
        return f"times of the calendar {index.calendar}"  # type: ignore[attr-defined]
    return "time differences" if isinstance(index, pd.TimedeltaIndex) else "integers"


def _raise_unlike(kinds: list[str]) -> None:
    raise IrregularIndexError(
        "All series of a panel must share one kind of index, time zone and frequency, but they "
        f"have {' and '.join(sorted(kinds))}. Convert or resample them first."
    )
