"""Checks of the series that come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from stforecast.exceptions import ShapeError
from stforecast.windows._index import next_labels, regular_index


def check_series(forecaster: Any, series: Any, *, reset: bool) -> Any:
    """Return the series; record or check its columns, and the values of a plain array."""
    if isinstance(series, pd.DataFrame):
        validate_data(forecaster, series, reset=reset, skip_check_array=True)
    elif _is_plain(series):
        series = validate_data(
            forecaster, series, reset=reset, allow_nd=True, ensure_min_samples=2
        )
    else:
        _check_channels(forecaster, series, reset)
    return series


def check_no_table(method: str, y: Any) -> None:
    """Raise if covariates were passed where scikit-learn's conventions have y."""
    if callable(y) or np.ndim(y) > 1:
        raise TypeError(
            f"The second argument of {method} is y, which is not used, but got a "
            f"{type(y).__name__}. Pass covariates as known=."
        )


def resolve_known(known: Any, series: Any, ahead: int) -> Any:
    """Return known covariates; a callable is asked for the index of the series and `ahead` rows."""
    if not callable(known):
        return known
    if not isinstance(series, pd.DataFrame | pd.Series):
        raise TypeError(
            f"known may be a function of the index for tables only, got {type(series).__name__}. "
            "Pass the covariates as an array."
        )
    times = series.index
    if isinstance(times, pd.MultiIndex):
        times = pd.Index(times.get_level_values(-1).unique().sort_values())
    times = regular_index(times)
    return known(times.append(next_labels(times, ahead)) if ahead else times)


def _is_plain(series: Any) -> bool:
    if isinstance(series, list):
        return not (len(series) and hasattr(series[0], "shape") and len(series[0].shape) > 0)
    return isinstance(series, np.ndarray) or not hasattr(series, "shape") or _is_sparse(series)


def _is_sparse(series: Any) -> bool:
    return type(series).__module__.startswith("scipy.sparse")


def _check_channels(forecaster: Any, series: Any, reset: bool) -> None:
    first = series[0] if isinstance(series, list) else series
    count = 1 if len(first.shape) in (1, 3) else int(first.shape[1])
    if reset:
        forecaster.n_features_in_ = count
    elif count != forecaster.n_features_in_:
        raise ShapeError(
            f"The series must have {forecaster.n_features_in_} channels as in fit, got {count}."
        )
