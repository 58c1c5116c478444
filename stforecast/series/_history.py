"""The end of a series: keep it, add to it, tell whether rows follow it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError
from stforecast.windows._index import next_labels, regular_index
from stforecast.windows._xarray import is_xarray, time_dimension

# Fewer rows than this do not show the frequency of their index.
_FEWEST_ROWS = 3


def tail(series: Any, rows: int) -> Any:
    """Return a copy of the last rows of a series, of each series of a panel."""
    rows = max(rows, _FEWEST_ROWS)
    if isinstance(series, list):
        return [tail(one, rows) for one in series]
    if isinstance(series, pd.DataFrame | pd.Series):
        if isinstance(series.index, pd.MultiIndex):
            levels = list(range(series.index.nlevels - 1))
            return series.groupby(level=levels, sort=False).tail(rows)
        return _indexed(series).iloc[-rows:].copy()
    if is_xarray(series):
        return series.isel({time_dimension(series): slice(-rows, None)}).load()
    return np.array(series[-min(rows, len(series)) :])


def append(history: Any, series: Any) -> Any:
    """Return a series with further rows; raise if they do not follow it."""
    if isinstance(history, list):
        return [append(old, new) for old, new in zip(history, series, strict=True)]
    if isinstance(history, pd.DataFrame | pd.Series):
        if not isinstance(history.index, pd.MultiIndex):
            _check_follows(history, series)
            return _joined([history, series])
        return _append_panel(history, series)
    if is_xarray(history):
        import xarray

        return xarray.concat([history, series], dim=time_dimension(history))
    return np.concatenate([history, np.asarray(series)])


def follows(history: Any, series: Any) -> bool:
    """Whether the labels of a table continue those of the history."""
    if not (isinstance(history, pd.DataFrame | pd.Series) and isinstance(series, type(history))):
        return False
    if isinstance(history.index, pd.MultiIndex) or not len(series):
        return False
    return series.index[0] == next_labels(history.index, 1)[0]


def _append_panel(history: Any, series: Any) -> Any:
    keys = history.index.droplevel(-1).unique()
    blocks = [append(history.loc[key], series.loc[key]) for key in keys]
    joined = pd.concat(blocks, keys=list(keys))
    joined.index.names = history.index.names
    return joined


def _check_follows(history: Any, series: Any) -> None:
    expected = next_labels(history.index, 1)[0]
    if not len(series) or series.index[0] != expected:
        found = series.index[0] if len(series) else "no row"
        raise IrregularIndexError(
            f"New rows must follow the series, so start at {expected}, but start at {found}. Pass "
            "all rows since the last one seen, and only those."
        )


def _indexed(series: Any) -> Any:
    index = regular_index(series.index)
    return series if index is series.index else series.set_axis(index)


def _joined(pieces: list[Any]) -> Any:
    joined = pd.concat(pieces)
    return joined.set_axis(regular_index(joined.index))
