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
from stforecast.windows.sources._comparable import are_integers, only_number
from stforecast.windows.sources._time_series import TimeSeries


def weigh_windows(weights: Any, series: TimeSeries, X: Windows) -> Windows:
    """Return windows that carry the weight of their series, or of the row of their origin."""
    if weights is None:
        return X
    if isinstance(weights, Mapping):
        weights = pd.Series(dict(weights), dtype=float)
    elif isinstance(weights, pd.Series):
        weights = _name_series(weights, series, X)
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
    values = weights.to_numpy(dtype=np.float64)[_places(weights.index, series, X)]
    return X.with_parts({WEIGHT: values})


def _name_series(weights: pd.Series, series: TimeSeries, X: Windows) -> pd.Series:
    """Return weights under the names of the series where they are numbered in that order."""
    if series.panel is None or are_integers(X.origins.get_level_values(-1)):  # or they are times
        return weights
    names = pd.Index(list(series.ids), tupleize_cols=False)
    in_order = len(weights) == len(names) and only_number(weights.index, names)
    return weights.set_axis(names) if in_order else weights


def _places(index: pd.Index, series: TimeSeries, X: Windows) -> np.ndarray:
    """Return where the weight of each window stands."""
    needed, labels = _labels(index, series, X)
    places = labels.get_indexer(needed)
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
    ids, names = (pd.Index(list(labels), tupleize_cols=False) for labels in (series.ids, index))
    if not set(ids).isdisjoint(names) and not _name_times(index, ids, times):
        return ids[numbers], names
    if index.nlevels == 1:
        return times, index
    return pd.MultiIndex.from_arrays([numbers, times]), number_series(index, series.ids, "weights")


def _name_times(index: pd.Index, ids: pd.Index, times: pd.Index) -> bool:
    """Whether labels among which there are names of series are times; raise if they may be both."""
    if index.nlevels > 1 or (index.get_indexer(times) < 0).any():
        return False
    if set(ids) <= set(index):
        raise ShapeError(
            f"weights must be labelled by series or by time, but labels such as {ids[0]} are both. "
            "Index them by series and time: pd.Series(numbers, table.index)."
        )
    return True
