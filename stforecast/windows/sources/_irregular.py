"""Where an irregular index leaves the steps that it was meant to have, and how it is repaired."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.windows.sources._calendars import calendar_range, is_cftime
from stforecast.windows.sources._repairs import Calls
from stforecast.windows.sources._texts import dayfirst_hint, number_order

_MONTH = 365.25 / 12  # days
# First and last days on which rows of one in so many months may lie, and the step of their means.
_CALENDAR: dict[int, tuple[tuple[str, ...], str]] = {
    1: (("MS", "ME", "BMS", "BME"), "MS"),
    2: (("2MS", "2ME"), "2MS"),
    3: (("QS", "QE"), "QS"),
    4: (("4MS", "4ME"), "4MS"),
    6: (("6MS", "6ME"), "6MS"),
    12: (("YS", "YE"), "YS"),
}


def describe_break(index: Any, calls: Calls) -> tuple[int, str]:
    """Return the row behind which an irregular index leaves its steps, and how to repair it.

    Parameters
    ----------
    index : pandas.Index
        In order, without a label twice.
    calls : Calls
        Repair rows of its kind.

    Returns
    -------
    row : int
        The first row whose next label is not the one after it; where no label is missing, the
        first that stands off the steps.
    remedy : str
        A sentence with a call.
    """
    if is_cftime(index):
        return _describe_calendar(index, calls)
    if isinstance(index, pd.DatetimeIndex):
        row, remedy = _describe_moments(index, calls)
        return row, remedy + dayfirst_hint(index)
    steps = np.diff(index.asi8 if hasattr(index, "asi8") else np.asarray(index, dtype=np.int64))
    row = _first_unusual(steps)
    if isinstance(index, pd.TimedeltaIndex):
        freq = _written_step(pd.Timedelta(int(np.median(steps)), index.unit))
        return row, insertion_remedy(calls.insert(freq, index))
    order = number_order(index)
    if order is not None:
        return row, f"These numbers look like dates. Read them as times: {calls.as_times(order)}."
    return row, insertion_remedy(calls.insert_numbers(int(np.gcd.reduce(steps)), index))


def insertion_remedy(call: str) -> str:
    """Return the sentence with the call that inserts missing rows."""
    return f"Insert the missing rows, {call}, and fill them, or pass missing='mask'."


def _describe_moments(index: Any, calls: Calls) -> tuple[int, str]:
    # days and months are those of the calendar, whatever the clocks of a zone do
    wall = index.tz_localize(None)
    steps = np.diff(wall.asi8)
    usual = int(np.median(steps))
    day = pd.Timedelta(days=1) // pd.Timedelta(1, wall.unit)
    if usual == day and not (steps % day).any() and (wall.dayofweek < 5).all():
        row = _last_before_gap(wall, pd.date_range(wall[0], wall[-1], freq="B"))
        return row, (
            f"If these are trading days, the gap is a holiday: {calls.hold(index)} keeps the "
            "value before it."
        )
    months = _months_between(usual / day)
    for freq in _calendar_steps(wall[0], months):
        grid = pd.date_range(wall[0], wall[-1], freq=freq)
        if wall.isin(grid).all():
            return _last_before_gap(wall, grid), insertion_remedy(calls.insert(freq, index))
    row = _first_unusual(steps if usual % day == 0 else np.diff(index.asi8))
    freq = _written_step(pd.Timedelta(usual, wall.unit))
    if ((wall.asi8 - wall.asi8[0]) % usual == 0).all():
        return row, insertion_remedy(calls.insert(freq, index))
    numbers = 12 * np.asarray(wall.year) + np.asarray(wall.month)
    if months and (np.diff(numbers // months) > 0).all():
        return _move_rows(numbers, months, row, calls.average(_CALENDAR[months][1], index))
    call = calls.average(freq, index)
    return row, f"Average the rows of equal steps, {call}, and fill gaps, or pass missing='mask'."


def _describe_calendar(index: Any, calls: Calls) -> tuple[int, str]:
    """Describe the break of an index of another calendar than the usual one."""
    steps = np.diff(index.asi8)  # in microseconds
    days = float(np.median(steps)) / 86.4e9
    row, months = _first_unusual(steps), _months_between(days)
    count = "" if months == 1 else months
    for freq in (f"{count}MS", f"{count}ME") if months else ():
        grid = calendar_range(index[0], index[-1], freq)
        if index.isin(grid).all():
            return _last_before_gap(index, grid), insertion_remedy(calls.insert(freq, index))
    if months:
        numbers = 12 * np.asarray(index.year) + np.asarray(index.month)
        return _move_rows(numbers, months, row, calls.average(f"{count}MS", index))
    freq = f"{round(days)}D" if days >= 1 else f"{max(1, round(days * 86400))}s"
    return row, insertion_remedy(calls.insert(freq, index))


def _move_rows(numbers: Any, months: int, row: int, call: str) -> tuple[int, str]:
    """Describe the break of rows on other days than the first or last of a month."""
    gaps = np.diff(numbers) > months
    return int(np.argmax(gaps)) if gaps.any() else row, (
        f"Move each row to the start of its step, {call}, and fill gaps, or pass missing='mask'."
    )


def _first_unusual(steps: Any) -> int:
    return int(np.argmax(steps != int(np.median(steps))))


def _last_before_gap(index: Any, grid: Any) -> int:
    """Return the first row of an index whose next label is not the next one of its grid."""
    return int(np.argmax(np.diff(grid.get_indexer(index)) != 1))


def _written_step(length: pd.Timedelta) -> str:
    """Return a length of time as a frequency; days are those of the calendar, not 24 hours."""
    days, remainder = divmod(length, pd.Timedelta(days=1))
    if not remainder:
        return "D" if days == 1 else f"{days}D"
    step: str = pd.tseries.frequencies.to_offset(length).freqstr
    return step


def _months_between(days: float) -> int:
    """Return the months that some days are about, 0 where rows of such steps go by days."""
    months = round(days / _MONTH)
    return months if months in _CALENDAR and abs(days - months * _MONTH) < 3 + months / 4 else 0


def _calendar_steps(first: Any, months: int) -> list[str]:
    """Return the frequencies of first and last days of months that begin at a time."""
    if not months:
        return []
    names = _CALENDAR[months][0]
    if months not in (3, 12):
        return list(names)
    ends = [f"{first + pd.DateOffset(months=number):%b}".upper() for number in range(3)]
    return [f"{name}-{end}" for name in names for end in ends]
