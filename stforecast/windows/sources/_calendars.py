"""Times of calendars other than the usual one, as climate models have: xarray's CFTimeIndex."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def is_cftime(index: Any) -> bool:
    """Whether an index holds times of cftime, without importing xarray."""
    return type(index).__name__ == "CFTimeIndex"


def as_cftime(index: Any) -> Any:
    """Return an index of times of cftime as one of xarray."""
    import xarray

    make: Any = xarray.CFTimeIndex
    return make(index, name=index.name)


def calendar_step(index: Any) -> str | None:
    """Return the frequency that gives the index again, None where none does."""
    import xarray

    infer: Any = xarray.infer_freq
    step = infer(index) if len(index) > 2 else None
    return step if step is not None and has_calendar_step(index, step) else None


def has_calendar_step(index: Any, step: str) -> bool:
    """Whether each time lies one step of a frequency after the one before it."""
    return not len(index) or bool((_times_from(index[0], len(index), step) == index).all())


def calendar_labels_after(last: Any, count: int, step: str, name: Any) -> Any:
    """Return the `count` times that follow a time."""
    return _times_from(last, count + 1, step)[1:].rename(name)


def calendar_range(first: Any, last: Any, step: str) -> Any:
    """Return the times of a frequency from one time to another."""
    import xarray

    return xarray.date_range(first, last, freq=step, calendar=first.calendar, use_cftime=True)


def later_times(times: Any, count: int, step: str) -> Any:
    """Return the time `count` steps after each."""
    return times.shift(count, step)


def usual_step(first: Any, step: str) -> pd.Timedelta:
    """Return the median length of the steps that follow a time."""
    lengths = np.diff(np.asarray(_times_from(first, 9, step))).astype("m8[us]")
    return pd.Timedelta(np.median(lengths))


def days_in_year(index: Any) -> NDArray[np.float64]:
    """Return the days of the year that each time is in."""
    members = dict(zip(index.year, index, strict=True))  # a time of each year
    decembers = {year: time.replace(month=12, day=1) for year, time in members.items()}
    days = {year: time.dayofyr - 1 + time.daysinmonth for year, time in decembers.items()}
    return np.array([days[year] for year in index.year], dtype=np.float64)


def _times_from(first: Any, count: int, step: str) -> Any:
    import xarray

    return xarray.date_range(
        first, periods=count, freq=step, calendar=first.calendar, use_cftime=True
    )
