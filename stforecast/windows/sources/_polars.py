"""Tables of polars as tables of pandas."""

from __future__ import annotations

from typing import Any

import pandas as pd


def is_polars(series: Any) -> bool:
    """Whether an object is a polars table or column, without importing polars."""
    return type(series).__module__.partition(".")[0] == "polars" and hasattr(series, "to_numpy")


def from_polars(series: Any) -> pd.DataFrame | pd.Series:
    """Return a polars frame as a pandas one; its only column of times becomes the index."""
    if not hasattr(series, "columns"):
        return pd.Series(series.to_numpy(), name=series.name or None)
    frame = pd.DataFrame({name: series[name].to_numpy() for name in series.columns})
    times = frame.select_dtypes(["datetime", "timedelta"]).columns
    return frame.set_index(times[0]) if len(times) == 1 else frame
