"""Which series is which: what a forecaster learned of each must not be given to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows._covariates import labelled_features
from stforecast.windows.sources._comparable import only_number
from stforecast.windows.sources._tables import as_frame
from stforecast.windows.sources._time_series import TimeSeries

_NAMES = "series"  # what stands for the names of the series


def check_identity(forecaster: Any, series: TimeSeries, static: Any = None) -> None:
    """Raise if forecasts depend on which series it is, and place alone would tell.

    Names tell the series of a table apart. Those of a list are the ones of `fit` if they hold the
    rows last seen, at the same place. Features given beside them stand for those of `fit`.
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
    if isinstance(static, dict) or len(static) != len(names):
        return static
    if isinstance(static, pd.DataFrame):
        return static.set_axis(names) if only_number(static.index, names) else static
    return pd.DataFrame(np.asarray(static), index=names)


def is_identity(static: Any) -> bool:
    """Whether static features are the names of the series."""
    return isinstance(static, str) and static == _NAMES


def identity_table(series: TimeSeries) -> pd.DataFrame:
    """Return the names of the series as a column of categories."""
    names = pd.Index(list(series.ids), tupleize_cols=False)
    return pd.DataFrame({_NAMES: pd.Categorical(names.map(str))}, index=names)


def _check_identity_name(static: str, series: TimeSeries) -> str:
    if not is_identity(static) or series.panel is None:
        raise ShapeError(
            "static must be 'series', for the names of the series of a panel, or features of each "
            f"series, got {static!r:.40}{' and one series' * is_identity(static)}. Pass a table "
            "of one row for each series."
        )
    return static


def _as_table(static: Any, series: TimeSeries) -> Any:
    """Return features as a table where they hold texts, or are one column of a panel."""
    if isinstance(static, pd.Series) and series.panel is not None:
        return as_frame(static)
    if not isinstance(static, Mapping):
        return static
    table = pd.DataFrame(static).T.infer_objects()
    texts = any(not pd.api.types.is_numeric_dtype(dtype) for dtype in table.dtypes)
    return table if texts else static


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
    seen, values = before.values[old], np.asarray(series.values[new])
    if not len(seen):
        return True
    if before.times is not None and series.times is not None:
        rows = series.times[new].get_indexer(before.convert_times(before.times[old]))
        found = rows >= 0
        return bool(found.any()) and _are_equal(values[rows[found]], seen[found])
    starts = np.arange(len(values) - len(seen) + 1)
    return any(_are_equal(values[start : start + len(seen)], seen) for start in starts[::-1])


def _are_equal(values: Any, seen: Any) -> bool:
    return np.array_equal(values, seen, equal_nan=True)
