"""Which series is which: what a forecaster learned of each must not be given to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.series._categories import MAX_COLUMNS
from stforecast.windows._covariates import features_by_name, labelled_features
from stforecast.windows.sources._comparable import only_number
from stforecast.windows.sources._tables import as_frame
from stforecast.windows.sources._time_series import TimeSeries

_NAMES = "series"  # what stands for the names of the series


def check_identity(forecaster: Any, series: TimeSeries, static: Any = None) -> None:
    """Raise if forecasts depend on which series it is, and place alone would tell.

    Names tell the series of a table apart. Those of a list are the ones of `fit` if they hold the
    rows last seen, at the same place. Features passed beside them stand for those of `fit`.
    """
    before = forecaster.series_
    if not _is_series_specific(forecaster, static) or _form(before) == _form(series) != "list":
        return
    if _form(before) != _form(series) or not _is_same_list(before, series):
        raise ShapeError(
            "What was learned of each series (its level, calibration or static features) belongs "
            f"to the {len(before.ids)} series of fit, and place alone does not tell that these are "
            "the same. Fit and forecast a table indexed by series and time, as pd.concat makes it "
            "of a dict, or pass new rows to update and forecast without X."
        )


def name_static(static: Any, series: TimeSeries) -> Any:
    """Return static features under the names of the series of a table, so that these find them.

    "series" stands for the names themselves.
    """
    if isinstance(static, str):
        return _check_identity_name(static, series)
    static = _as_table(labelled_features(static, series), series)
    if series.panel is None or series.is_list or not hasattr(static, "__len__"):
        return static
    names = pd.Index(list(series.ids), tupleize_cols=False)
    if len(static) != len(names):
        return static
    if isinstance(static, pd.DataFrame):
        return static.set_axis(names) if only_number(static.index, names) else static
    return pd.DataFrame(np.asarray(static), index=names)


def features_of(static: Any, series: TimeSeries) -> Any:
    """Return those of the features that belong to the series of a panel by name."""
    if not isinstance(static, pd.DataFrame):
        return static
    return static[static.index.isin(pd.Index(list(series.ids), tupleize_cols=False))]


def match_static(fitted: Any, static: Any) -> Any:
    """Return features of other series with the columns given to fit, in that order, or raise."""
    if is_identity(fitted) != is_identity(static):
        raise ShapeError(_other_features(fitted, static))
    if not (isinstance(fitted, pd.DataFrame) and isinstance(static, pd.DataFrame)):
        return static
    if set(fitted.columns) != set(static.columns):
        raise ShapeError(
            f"static must have the columns given to fit, {list(fitted.columns)}, got "
            f"{list(static.columns)}. Pass those and no others."
        )
    return static[list(fitted.columns)]


def _other_features(fitted: Any, static: Any) -> str:
    if is_identity(fitted):
        return (
            "static must be as in fit, which learned the names of the series from static='series', "
            f"got {type(static).__name__}. Leave static out, or fit with features of each series."
        )
    return (
        "static must be as in fit, which learned features of each series, got 'series'. Pass "
        "features, or fit with static='series'."
    )


def is_identity(static: Any) -> bool:
    """Whether static features are the names of the series."""
    return isinstance(static, str) and static == _NAMES


def static_table(static: Any, series: TimeSeries) -> Any:
    """Return static features, the names of the series as a column of categories."""
    if not is_identity(static):
        return static
    names = pd.Index(list(series.ids), tupleize_cols=False)
    return pd.DataFrame({_NAMES: pd.Categorical(names.map(str))}, index=names)


def check_identity_width(encoder: Any, static: Any, series: TimeSeries) -> None:
    """Raise if the default encoder would make more columns of names than may be."""
    if is_identity(static) and encoder is None and len(series.ids) > MAX_COLUMNS:
        raise ShapeError(
            f"static='series' makes a column of numbers for each series, at most {MAX_COLUMNS}, "
            f"got {len(series.ids)} series. Leave static out, or pass features that several series "
            "share, as a table of one row for each series."
        )


def _check_identity_name(static: str, series: TimeSeries) -> str:
    if not is_identity(static):
        raise ShapeError(
            "static must be 'series', for the names of the series of a panel, or features of each "
            f"series, got {static!r:.40}. Pass a table of one row for each series."
        )
    if series.panel is None:
        raise ShapeError(
            "static must be 'series', for the names of the series of a panel, or features of each "
            "series, got 'series' for one series, which needs no name. Leave static out."
        )
    return static


def _as_table(static: Any, series: TimeSeries) -> Any:
    """Return features as a table where they are a mapping, or one column of a panel."""
    if isinstance(static, pd.Series) and series.panel is not None:
        return as_frame(static)
    return features_by_name(static) if isinstance(static, Mapping) else static


def _is_series_specific(forecaster: Any, static: Any) -> bool:
    """Whether what was learned differs from series to series."""
    params = forecaster.estimator.get_params(deep=True)
    by_series = any(
        name.rpartition("__")[2] == "level" and isinstance(value, str) and value == "series"
        for name, value in params.items()
    )
    calibrated = forecaster.calibration_ is not None
    return by_series or calibrated or (forecaster.static_ is not None and static is None)


def _form(series: TimeSeries) -> str:
    if series.panel is None:
        return "one"
    return "list" if series.is_list else "table"


def _is_same_list(before: TimeSeries, series: TimeSeries) -> bool:
    """Whether each series of a list follows, or holds the rows last seen of, that in its place."""
    if len(before.ids) != len(series.ids):
        return False
    if series.follows(before):
        return True
    spans = zip(before.spans, series.spans, strict=True)
    return all(_has_rows(before, old, series, new) for old, new in spans)


def _has_rows(before: TimeSeries, old: slice, series: TimeSeries, new: slice) -> bool:
    """Whether rows of a series hold the last ones seen."""
    history, values = before.values[old], np.asarray(series.values[new])
    if not len(history):
        return True
    if before.times is not None and series.times is not None:
        rows = series.times[new].get_indexer(before.convert_times(before.times[old]))
        shared = rows >= 0
        return bool(shared.any()) and _are_equal(values[rows[shared]], history[shared])
    # without times the history may stand anywhere; most often it is the end, so look there first
    starts = np.arange(len(values) - len(history) + 1)
    return any(_are_equal(values[start : start + len(history)], history) for start in starts[::-1])


def _are_equal(values: Any, others: Any) -> bool:
    return np.array_equal(values, others, equal_nan=True)
