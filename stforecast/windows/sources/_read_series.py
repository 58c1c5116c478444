"""Read a series of any supported kind into one form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.windows.sources._arrays import read_array
from stforecast.windows.sources._calls import calls_for
from stforecast.windows.sources._foreign_tables import as_pandas
from stforecast.windows.sources._grids import is_xarray, read_grid
from stforecast.windows.sources._lists import is_series_list, read_list
from stforecast.windows.sources._repairs import Calls
from stforecast.windows.sources._tables import read_long_table, read_table
from stforecast.windows.sources._time_series import TimeSeries


def read_series(series: Any, step: Any = None, calls: Calls | None = None) -> TimeSeries:
    """Return a series, stack of maps or panel in the one form.

    `step` is the one that rows before it had: it is inferred anew only where the rows do not
    follow it. `calls` repair what this series was made of, or is a member of; itself by default.
    """
    if isinstance(series, TimeSeries):
        return series
    calls = calls_for(series) if calls is None else calls
    if isinstance(series, list | tuple):
        if is_series_list(series):
            return read_list(series, step, read_series, calls)
        return read_array(np.asarray(series))
    series = as_pandas(series)
    if isinstance(series, pd.DataFrame | pd.Series):
        long = isinstance(series.index, pd.MultiIndex)
        return read_long_table(series, step) if long else read_table(series, step, calls)
    return read_grid(series, step, calls) if is_xarray(series) else read_array(series)
