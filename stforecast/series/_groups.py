"""Which windows of a panel stay together when some are held back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows import Windows
from stforecast.windows.sources._comparable import only_number
from stforecast.windows.sources._time_series import TimeSeries

_SERIES_LEVEL = "series"


def window_groups(groups: Any, series: TimeSeries, X: Windows) -> Any:
    """Return the group of each window, from those of the series; None without groups."""
    if groups is None:
        return None
    if series.panel is None:
        raise ShapeError(
            "groups hold back whole series of a panel, but this is one series. Leave groups out, "
            "and say by Training(validation_fraction=...) which of its origins to hold back."
        )
    numbers = series_of_windows(series, X)
    if isinstance(groups, str) and groups == _SERIES_LEVEL:
        return numbers
    return _series_groups(groups, list(series.ids))[numbers]


def series_of_windows(series: TimeSeries, X: Windows) -> np.ndarray:
    """Return the number of each window's series; rows padded in front of a series do not count."""
    index = X.index
    assert isinstance(index, pd.MultiIndex)
    # names are looked up once a level, not once a row: a panel may have millions of rows
    names = pd.Index(list(index.levels[0]), tupleize_cols=False)
    ids = pd.Index(list(series.ids), tupleize_cols=False)
    return np.asarray(ids.get_indexer(names)[index.codes[0][X.ends - 1]])


def _series_groups(groups: Any, ids: list[Any]) -> np.ndarray:
    """Return the group of each series, found by its name where groups have names."""
    if isinstance(groups, Mapping | pd.Series) and not _is_numbered(groups, ids):
        by_name = groups.to_dict() if isinstance(groups, pd.Series) else groups
        missing = [name for name in ids if name not in by_name]
        if missing:
            raise ShapeError(
                f"groups must name the group of each series, but lacks {missing[0]!r}. Add it."
            )
        return np.array([by_name[name] for name in ids])
    listed = np.asarray(groups)
    if listed.shape != (len(ids),):
        raise ShapeError(
            f"groups must be 'series', or hold one entry for each of the {len(ids)} series, got "
            f"shape {listed.shape}. Pass a mapping from the name of a series to its group."
        )
    return listed


def _is_numbered(groups: Any, ids: list[Any]) -> bool:
    """Whether groups are a column numbered from 0, beside series that have names."""
    names = pd.Index(ids, tupleize_cols=False)
    return isinstance(groups, pd.Series) and only_number(groups.index, names)
