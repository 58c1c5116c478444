"""Which calls repair a series: those of the library that it comes from."""

from __future__ import annotations

from typing import Any

import pandas as pd

from stforecast.windows.sources._foreign_tables import arrow_time_column, is_arrow_table
from stforecast.windows.sources._grids import find_time, is_xarray
from stforecast.windows.sources._polars import is_polars, time_column
from stforecast.windows.sources._repairs import (
    Calls,
    GridCalls,
    ListCalls,
    PanelCalls,
    PolarsCalls,
    TableCalls,
)
from stforecast.windows.sources._tables import mean_call


def calls_for(series: Any, name: str = "series") -> Calls:
    """Return the calls that repair a series as it was given, under a name."""
    if isinstance(series, list | tuple):
        return ListCalls(calls_for(series[0] if series else None, "one"))
    if is_polars(series):
        return PolarsCalls(str(time_column(series)), name)
    if is_arrow_table(series):
        return TableCalls(f"{name}.to_pandas(){_arrow_index(series)}")
    if is_xarray(series):
        return GridCalls(find_time(series.sizes), name)
    if isinstance(getattr(series, "index", None), pd.MultiIndex):
        return PanelCalls(series.index.nlevels, mean_call(series))
    return TableCalls(name, mean_call(series))


def _arrow_index(table: Any) -> str:
    """Return the calls that make the times of a table of Arrow its index, where they are not."""
    time = arrow_time_column(table)
    if time is None:
        return ""
    dates = str(table.schema.field(time).type).startswith("date")
    as_times = f".astype({{{time!r}: 'datetime64[s]'}})" if dates else ""
    return f"{as_times}.set_index({time!r})"
