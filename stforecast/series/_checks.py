"""Checks of the series that come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from stforecast._validation import fill_mask
from stforecast.exceptions import IrregularIndexError, SeriesTooShortError, ShapeError
from stforecast.series._categories import (
    categories_of,
    encode,
    forecast_columns,
    learn_categories,
)
from stforecast.series._variables import check_variables
from stforecast.windows import Windows
from stforecast.windows._target_rows import target_channels
from stforecast.windows.sources._axes import align
from stforecast.windows.sources._calls import calls_for
from stforecast.windows.sources._foreign_tables import as_pandas
from stforecast.windows.sources._grids import count_channels, is_xarray
from stforecast.windows.sources._read_series import read_series
from stforecast.windows.sources._repairs import Calls
from stforecast.windows.sources._tables import check_names, check_one_series
from stforecast.windows.sources._time_series import TimeSeries

# Parameters that decide what a forecast is of; a fitted forecaster must not change them.
LAYOUT = ("lookback", "horizon", "target", "missing", "short")


def check_series(forecaster: Any, series: Any, *, reset: bool) -> TimeSeries:
    """Return a series in the one form; record or check its columns, axes and values.

    Its columns of categories become numbers. After `fit` its step is that of the rows of `fit`, if
    it follows that, and its axes stand in their order.
    """
    if isinstance(series, TimeSeries):
        return series
    calls = calls_for(series)  # those of the kind that came in
    series = as_pandas(series)
    check_is_series(series)
    series = fill_mask(series)
    if isinstance(series, tuple | list):
        series = [as_pandas(member) for member in series]
    if not reset:
        check_names_target(forecaster, series)
    if isinstance(series, pd.DataFrame):
        check_names(series)
        validate_data(forecaster, series, reset=reset, skip_check_array=True)
        _check_columns(forecaster, series, reset)
    elif _is_plain(series):
        series = _check_array(forecaster, series, reset)
    elif isinstance(series, list) and isinstance(series[0], pd.DataFrame):
        validate_data(forecaster, series[0], reset=reset, skip_check_array=True)
        _check_columns(forecaster, series[0], reset)
    else:
        _check_channels(forecaster, series, reset)
    series = _encode_columns(forecaster, series, reset, calls)
    if reset:
        return read_series(series, calls=calls)
    rows = align(read_series(series, forecaster.series_.step, calls), forecaster.series_)
    check_variables(forecaster.series_, rows)
    return rows


def check_pace(before: TimeSeries, series: TimeSeries) -> None:
    """Raise if the rows of a series lie much further apart in time than those of fit, or closer."""
    then, now = before.pace, series.pace
    if then is not None and now is not None and not 2 / 3 < now / then < 3 / 2:
        raise IrregularIndexError(
            f"Rows must lie as far apart as in fit, {then}, but these lie {now} apart. Resample "
            "them, or fit on rows like these."
        )


def check_names_target(forecaster: Any, series: Any) -> None:
    """Raise if arrays come where the target is known by the name of a column in fit."""
    history = getattr(forecaster, "series_", None)
    first = series[0] if isinstance(series, list | tuple) and len(series) else series
    if history is None or history.labels.kind == "ndarray" or not isinstance(first, np.ndarray):
        return
    target = forecaster.target
    names = [name for name in history.labels.names if name in np.atleast_1d(target).tolist()]
    if target is not None and names:
        raise TypeError(
            f"fit had a {history.labels.kind} with columns {list(history.labels.names)!r:.80}, of "
            f"which target names {names[0]!r}, but got a {type(first).__name__}, which names none. "
            f"Pass a {history.labels.kind} with those columns."
        )


def check_kind(before: TimeSeries, series: TimeSeries) -> None:
    """Raise if new rows come as another kind of object than those of fit."""
    if series.kind != before.kind:
        raise TypeError(
            f"New rows must come as the series did, as {before.kind}, got {series.kind}. "
            "Convert them first."
        )


def check_series_lengths(X: Windows, series: TimeSeries) -> None:
    """Raise if a series of a list is too short for a window: its forecast would be missed."""
    lengths = series.lengths
    if series.is_list and len(X) < len(lengths):
        raise SeriesTooShortError(
            f"Every series of a list needs lookback = {X.lookback} rows to be continued, but "
            f"series {int(np.argmax(lengths < X.lookback))} has {int(lengths.min())}. Leave it out "
            "or pass the series as a table indexed by series and time."
        )


def check_rolls_out(forecaster: Any, series: TimeSeries, rows: int) -> None:
    """Raise unless all channels are forecast, in their order, so that forecasts make a window."""
    channels = target_channels(series, forecast_columns(forecaster))
    if channels is None or channels.tolist() != list(range(series.frame[0])):
        raise ValueError(
            f"horizon must be at most {forecaster.horizon}, the one of the forecaster, where not "
            f"every column is forecast, since windows beyond it would lack the others, got {rows}. "
            f"Fit with that horizon, or {_every_column(forecaster)}."
        )


def _every_column(forecaster: Any) -> str:
    """Return how every column comes to be forecast."""
    changes = []
    if categories_of(forecaster, "series") is not None:
        changes.append("without columns of text or categories")
    if forecaster.target is not None:
        changes.append("with target=None")
    return " and ".join(changes)


def check_layout(forecaster: Any) -> None:
    """Raise unless a forecaster is fitted, with the layout of windows it has now."""
    check_is_fitted(forecaster, "estimator_")
    for name, fitted in forecaster.layout_.items():
        present = getattr(forecaster, name)
        if present != fitted:
            raise ValueError(
                f"The forecaster was fitted with {name}={fitted!r}, but has {name}={present!r} "
                "now. Fit it again or set it back."
            )


def check_no_table(method: str, y: Any) -> None:
    """Raise if covariates were passed where scikit-learn's conventions have y."""
    if callable(y) or isinstance(y, pd.Series) or np.ndim(y) > 1:
        raise TypeError(
            f"The second argument of {method} is y, which is not used, but got a "
            f"{type(y).__name__}. Pass covariates as known=, and name the column to forecast in "
            "target."
        )


def check_is_series(series: Any) -> None:
    is_collection = isinstance(series, list | tuple) or is_xarray(series)
    if not is_collection and np.ndim(series) == 0 and getattr(series, "shape", ()) == ():
        raise TypeError(
            "X must be a series (a table, an array, an xarray object or a list of these), got "
            f"{type(series).__name__} {series!r:.40}. How many rows to forecast is the "
            "forecaster's horizon; coverage= and quantiles= are passed by name."
        )


def _is_plain(series: Any) -> bool:
    """Whether a series is an array in memory, or something that must become one."""
    if isinstance(series, list):
        return not (len(series) and hasattr(series[0], "shape") and len(series[0].shape) > 0)
    if isinstance(series, np.memmap) or is_xarray(series):
        return False
    return isinstance(series, np.ndarray) or not hasattr(series, "shape") or _is_sparse(series)


def _ndim(series: Any) -> int:
    try:
        return np.ndim(series)
    except ValueError:  # rows of unequal length
        raise ShapeError(
            "A series given as a list must have rows of one length. For a panel of unequal series "
            "pass a list of arrays or tables."
        ) from None


def _encode_columns(forecaster: Any, series: Any, reset: bool, calls: Calls) -> Any:
    """Return a table, or a list of them, with its categories as numbers, which `fit` learns."""
    is_table = isinstance(series, pd.DataFrame)
    if not is_table and not (isinstance(series, list) and isinstance(series[0], pd.DataFrame)):
        return series
    if reset:
        if is_table:
            check_one_series(series, calls)
        learn_categories(forecaster, "series", series)
    return encode(categories_of(forecaster, "series"), series)


def _check_columns(forecaster: Any, table: pd.DataFrame, reset: bool) -> None:
    """Raise if columns differ from those of fit, also where their names are not strings."""
    history = None if reset else getattr(forecaster, "series_", None)
    if history is None or history.labels.kind != "DataFrame":
        return
    categories = categories_of(forecaster, "series")
    names = list(history.labels.names if categories is None else categories.table)
    if list(table.columns) != names:
        raise ShapeError(
            f"The series must have the columns {names} as in fit, in this order, got "
            f"{list(table.columns)}. Select them with series[{names}]."
        )


def _is_sparse(series: Any) -> bool:
    return type(series).__module__.startswith("scipy.sparse")


def _check_array(forecaster: Any, series: Any, reset: bool) -> Any:
    rules = {
        "allow_nd": True,
        "ensure_min_samples": 2 if reset else 1,
        "ensure_all_finite": "allow-nan" if forecaster.missing == "mask" else True,
    }
    if _ndim(series) < 3 or _is_sparse(series):
        return validate_data(forecaster, series, reset=reset, **rules)
    series = check_array(series, **rules)
    _check_channels(forecaster, series, reset)
    return series


def _check_channels(forecaster: Any, series: Any, reset: bool) -> None:
    first = series[0] if isinstance(series, list) else series
    count, names = _channels(first)
    if reset:
        vars(forecaster).pop("feature_names_in_", None)
        forecaster.n_features_in_ = count
        if names is not None:
            forecaster.feature_names_in_ = names
        return
    if count != forecaster.n_features_in_:
        raise ShapeError(
            f"The series must have {forecaster.n_features_in_} channels as in fit, got {count}."
        )
    known = getattr(forecaster, "feature_names_in_", None)
    if names is not None and known is not None and list(names) != list(known):
        raise ShapeError(
            f"The series must have the variables {list(known)} as in fit, in this order, got "
            f"{list(names)}. Select them with series[{list(known)}]."
        )


def _channels(series: Any) -> tuple[int, np.ndarray | None]:
    """Return how many channels a series has, and their names where it has any."""
    if is_xarray(series):
        names = list(series.data_vars) if hasattr(series, "data_vars") else None
        return count_channels(series), None if names is None else np.array(names, dtype=object)
    return (1 if len(series.shape) in (1, 3) else int(series.shape[1])), None
