"""Tables of polars as tables of pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def is_polars(series: Any) -> bool:
    """Whether an object is a polars table or column, without importing polars."""
    return type(series).__module__.partition(".")[0] == "polars" and hasattr(series, "to_numpy")


def from_polars(series: Any) -> pd.DataFrame | pd.Series:
    """Return a polars frame as a pandas one; its only column of times becomes the index."""
    if not hasattr(series, "columns"):
        return pd.Series(_values(series), name=series.name or None)
    frame = pd.DataFrame({name: _values(series[name]) for name in series.columns})
    time = time_column(series)
    return frame if time is None else frame.set_index(time)


def time_column(frame: Any) -> str | None:
    """Return the name of the only column of times, None where there is not just one."""
    kinds = {name: str(frame[name].dtype).partition("(")[0] for name in _columns(frame)}
    times = [name for name, kind in kinds.items() if kind in ("Date", "Datetime", "Duration")]
    return times[0] if len(times) == 1 else None


def _columns(frame: Any) -> list[str]:
    return list(getattr(frame, "columns", ()))


def _values(column: Any) -> Any:
    """Return a column as an array or index of pandas, missing values as NaN or NaT."""
    kind = str(column.dtype).partition("(")[0]
    if kind == "Datetime":
        times = pd.DatetimeIndex(column.to_numpy())
        # polars keeps moments in UTC beside the name of their zone
        zone = column.dtype.time_zone
        return times if zone is None else times.tz_localize("UTC").tz_convert(zone)
    if kind == "Date":
        return pd.DatetimeIndex(column.to_numpy().astype("datetime64[s]"))
    if kind in ("Boolean", "Decimal", "Null") and (kind != "Boolean" or column.null_count()):
        # to_numpy would make objects of these
        return np.array([np.nan if value is None else float(value) for value in column])
    return column.to_numpy()
