"""How much each window of a series counts in training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.series._groups import series_of_windows
from stforecast.windows import Windows
from stforecast.windows._covariates import number_series
from stforecast.windows._parts import WEIGHT
from stforecast.windows.sources._time_series import TimeSeries


def weigh_windows(weights: Any, series: TimeSeries, X: Windows) -> Windows:
    """Return windows that carry the weight of their series, or of the row of their origin."""
    if weights is None:
        return X
    if isinstance(weights, Mapping):
        weights = pd.Series(dict(weights), dtype=float)
    if not isinstance(weights, pd.Series):
        raise TypeError(
            "weights must be a mapping from the names of series to numbers, or a Series by series, "
            f"by time or by both, got {type(weights).__name__}. Give it the index of the table: "
            "pd.Series(weights, table.index)."
        )
    if not weights.index.is_unique:
        repeated = weights.index[weights.index.duplicated()][0]
        raise ShapeError(
            f"weights must hold one number for each label, but {repeated} stands more than once. "
            "Keep the first of each: weights[~weights.index.duplicated()]."
        )
    found = weights.to_numpy(dtype=np.float64)[_places(weights.index, series, X)]
    return X.with_parts({WEIGHT: found})


def _places(index: pd.Index, series: TimeSeries, X: Windows) -> np.ndarray:
    """Return where the weight of each window stands."""
    needed, given = _labels(index, series, X)
    places = given.get_indexer(needed)
    if (places < 0).any():
        raise ShapeError(
            "weights must hold a number for each series, or for the row of each forecast origin, "
            f"but lacks {needed[int(np.argmin(places))]}. Add it; 0 leaves a window out."
        )
    return np.asarray(places)


def _labels(index: pd.Index, series: TimeSeries, X: Windows) -> tuple[pd.Index, pd.Index]:
    """Return what weights are looked up by, series or time or both, and their labels."""
    if series.panel is None:
        return pd.Index(X.origins), index
    numbers, times = series_of_windows(series, X), X.origins.get_level_values(-1)
    if not set(series.ids).isdisjoint(index):
        ids, names = (pd.Index(list(one), tupleize_cols=False) for one in (series.ids, index))
        return ids[numbers], names
    if index.nlevels == 1:
        return times, index
    return pd.MultiIndex.from_arrays([numbers, times]), number_series(index, series.ids, "weights")
