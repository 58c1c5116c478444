"""How the labels of new rows become those of another kind: as calls that run as they stand."""

from __future__ import annotations

import zoneinfo
from typing import Any

import pandas as pd

from stforecast.windows.sources._calendars import is_cftime
from stforecast.windows.sources._grids import find_time, is_xarray
from stforecast.windows.sources._polars import is_polars, time_column
from stforecast.windows.sources._time_series import TimeSeries


def conversion(before: TimeSeries, fresh: TimeSeries, given: Any) -> str:
    """Return how new rows come to have labels of the kind that the series has.

    `given` is the object that they were made of, which the calls name ``rows``.
    """
    old, new = before.times, fresh.times
    if new is None and is_xarray(given):
        return f"Add their times: rows.assign_coords({find_time(given.sizes)}=times)."
    if is_xarray(given) and (is_cftime(old) or is_cftime(new)):
        return f"Convert them: {_convert_calendar(old, new, given)}."
    if isinstance(old, pd.DatetimeIndex) and isinstance(new, pd.DatetimeIndex):
        return _set_zone(old.tz, new.tz, given)
    call = None
    if isinstance(old, pd.PeriodIndex) and isinstance(new, pd.DatetimeIndex | pd.PeriodIndex):
        unit = old.freqstr
        call = f"to_period({unit!r})" if isinstance(new, pd.DatetimeIndex) else f"asfreq({unit!r})"
    elif isinstance(old, pd.DatetimeIndex) and isinstance(new, pd.PeriodIndex):
        call = "to_timestamp()"
    calls = None if call is None else _on_index(given, call)
    return "Convert their labels." if calls is None else f"Convert them: {calls}."


def _convert_calendar(old: Any, new: Any, given: Any) -> str:
    calendars = [getattr(index, "calendar", "standard") for index in (old, new)]
    # days of a year of 360 are placed in one of 365 by date, or by their share of the year
    align = ", align_on='date'" if "360_day" in calendars else ""
    return (
        f"rows.convert_calendar({calendars[0]!r}, dim={find_time(given.sizes)!r}, "
        f"use_cftime={is_cftime(old)}{align})"
    )


def _set_zone(old: Any, new: Any, given: Any) -> str:
    """Return how times with or without a zone become those of the series."""
    if is_polars(given):
        column = f"pl.col({str(time_column(given))!r}).dt"
        zone = None if old is None else str(old)
        calls = f"rows.with_columns({column}.replace_time_zone({zone!r}))"
    else:
        calls = _on_index(given, f"tz_localize({_zone_name(old)})") or "set the zone of the index"
    if old is None:
        return f"If the series has times in {new} too, drop the zone: {calls}."
    return f"If they are times in {old}, say so: {calls}."


def _zone_name(zone: Any) -> str:
    """Return a zone as an argument of pandas, which does not read the text of every zone."""
    if zone is None:
        return "None"
    is_name = str(zone) in zoneinfo.available_timezones()
    return repr(str(zone)) if is_name else "model.series_.times.tz"


def _on_index(given: Any, call: str) -> str | None:
    """Return a call of the index of rows; None for what has no index of pandas."""
    member = given[0] if isinstance(given, list | tuple) and len(given) else given
    if not isinstance(member, pd.DataFrame | pd.Series):
        return None
    if isinstance(given, list | tuple):
        return f"[one.set_axis(one.index.{call}) for one in rows]"
    if isinstance(member.index, pd.MultiIndex):
        levels = f"rows.index.set_levels(rows.index.levels[-1].{call}, level=-1)"
        return f"rows.set_axis({levels})"
    is_method = not call.startswith("asfreq")  # of a table it inserts rows
    return f"rows.{call}" if is_method else f"rows.set_axis(rows.index.{call})"
