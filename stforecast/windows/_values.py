"""Checks that a series and its targets hold numbers, which name the first row that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from stforecast._validation import check_finite
from stforecast.exceptions import MissingValuesError
from stforecast.windows._batches import Array, Rows, in_memory
from stforecast.windows.sources._grids import GridLabels
from stforecast.windows.sources._labels import ColumnLabels, Labels
from stforecast.windows.sources._polars import is_polars
from stforecast.windows.sources._time_series import TimeSeries

_FILL = "Fill them first, or pass missing='mask', which takes NaN."


def check_series(series: Any, source: TimeSeries, masked: bool) -> None:
    """Raise unless the values of a series, which was read into `source`, are numbers."""
    if not len(source.lengths):
        raise ValueError("A panel must hold at least one series, got an empty table.")
    if not in_memory(source.values):
        return
    values = np.asarray(source.values)
    try:
        _check_finite("series", values, source, source.labels, masked)
    except MissingValuesError as error:
        if not np.isinf(values).any():
            raise
        rest = "" if masked else ", and fill it, or pass missing='mask'"
        raise MissingValuesError(
            f"{str(error).removesuffix(_FILL)}Put NaN in place of infinity, "
            f"{_infinity_call(series, source)}{rest}."
        ) from None


def check_target(outputs: Rows, source: TimeSeries, labels: Labels | None, masked: bool) -> None:
    """Raise unless targets that are picked from a series, or stand beside it, are numbers."""
    check_any("target", outputs)
    if in_memory(outputs) and not masked:
        _check_finite("target", np.asarray(outputs), source, labels, masked)


def _check_finite(
    name: str, values: Array, source: TimeSeries, labels: Labels | None, masked: bool
) -> None:
    label = _label_finder(source, labels)
    check_finite(name, values, _FILL, allow_nan=masked, label=label)


def check_any(name: str, rows: Rows) -> None:
    """Raise if all values are NaN: an estimator has nothing to learn from."""
    if not in_memory(rows) or rows.dtype.kind != "f" or not len(rows):
        return
    values = np.asarray(rows)
    # the first row tells of most series that they hold values
    if np.isnan(values[0]).all() and np.isnan(values).all():
        raise MissingValuesError(
            f"{name} must hold numbers, but it holds no value: all {values.size} are NaN. Pass "
            "columns and rows that hold values, and look at how they were read: "
            "pd.to_numeric(errors='coerce') makes NaN of every text that it cannot read."
        )


def _infinity_call(series: Any, source: TimeSeries) -> str:
    """Return the call that puts NaN in place of infinity in a series of a kind."""
    name = "one" if source.is_list else "series"
    if is_polars(series[0] if source.is_list and isinstance(series, list | tuple) else series):
        infinities = "[float('inf'), -float('inf')]"
        call = f"{name}.with_columns(pl.selectors.float().replace({infinities}, None))"
    elif isinstance(source.labels, GridLabels):
        call = f"{name}.where(np.isfinite({name}))"
    elif isinstance(source.labels, ColumnLabels):
        call = f"{name}.replace([np.inf, -np.inf], np.nan)"
    else:
        call = f"np.where(np.isinf({name}), np.nan, {name})"
    return f"[{call} for one in series]" if source.is_list else call


def _label_finder(source: TimeSeries, labels: Labels | None) -> Callable[[tuple[int, ...]], str]:
    """Return what tells the labels of a value's row and column."""

    def label(place: tuple[int, ...]) -> str:
        index, names = source.timeline.index, () if labels is None else labels.names
        row = "" if index is None else f" ({_label_text(index[place[0]])})"
        if not names or len(place) < 2:
            return row
        return f"{row} of column {names[place[1]]!r}"

    return label


def _label_text(label: Any) -> str:
    """Return a label as text, the name of a series with its time."""
    return f"{label[0]!r}, {label[1]}" if isinstance(label, tuple) else str(label)
