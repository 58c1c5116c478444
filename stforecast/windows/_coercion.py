"""Let transformers and estimators treat arrays and `Windows` alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from stforecast._validation import check_numbers, fill_mask
from stforecast.exceptions import ShapeError
from stforecast.windows._batches import Array
from stforecast.windows._windows import Windows
from stforecast.windows.sources._comparable import are_integers, comparable_labels
from stforecast.windows.sources._index import plain_index

_TARGETS = ["step", "target"]  # names of the columns of what `make_windows` gives


def check_windows(estimator: Any, X: Any, *, reset: bool) -> Windows | Array:
    """Return X as it is if `Windows`, else as a checked numeric array; record or check its shape.

    Sets ``n_features_in_`` (frames, or columns of a lag table) and ``window_shape_`` on reset.
    Windows of a table must also come with the columns of `fit`, in that order, if there are some.
    """
    windows: Windows | Array = X
    if not isinstance(X, Windows):
        X = fill_mask(X)
        array: Array = validate_data(estimator, X, reset=reset, allow_nd=True)
        _check_ndim(array)
        check_numbers("X", array)
        windows = array
    elif reset:
        estimator.n_features_in_ = X.shape[1]
        if hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
    if reset:
        estimator.window_shape_ = windows.shape[1:]
    elif windows.shape[1:] != estimator.window_shape_:
        raise ShapeError(
            f"X must hold windows of shape {estimator.window_shape_} as in fit, got "
            f"{windows.shape[1:]}. Window it with the same lookback and columns."
        )
    _check_names(estimator, X if isinstance(X, Windows) else None, reset)
    return windows


def _check_names(estimator: Any, X: Windows | None, reset: bool) -> None:
    """Record or compare names along the axes of windows; the only one of an axis may be any."""
    names = {} if X is None else _names(X)
    if reset:
        vars(estimator)["_names_in"] = names
        return
    fit_names = vars(estimator).get("_names_in", {})
    for axis in names.keys() & fit_names.keys():
        if names[axis] != fit_names[axis]:
            raise ShapeError(_order_remedy(axis, fit_names[axis], names[axis]))


def _names(X: Windows) -> dict[str, list[str]]:
    axes = {str(axis): names for axis, names in X.names.items()}
    if X.columns is not None:
        axes["columns"] = X.columns
    return {axis: list(map(str, names)) for axis, names in axes.items() if len(names) > 1}


def _order_remedy(axis: str, fit_names: list[str], names: list[str]) -> str:
    if axis == "columns":
        return (
            f"X must hold windows of the columns {fit_names} as in fit, in this order, got "
            f"{names}. Make them of series[{fit_names}]."
        )
    if axis in ("known", "static"):
        return (
            f"X must hold windows with the {axis} columns {fit_names} as in fit, in this order, "
            f"got {names}. Make them with {axis}={axis}[{fit_names}]."
        )
    return (
        f"X must hold windows with the labels {fit_names!r:.80} along {axis!r} as in fit, in this "
        f"order, got {names!r:.80}. Make them of maps selected by those labels with series.sel."
    )


def check_same_origins(X: Any, y: Any, name: str = "y") -> None:
    """Raise if a table or column beside windows has other labels than their origins.

    Numbers beside windows of dates say nothing: the order counts, since a splitter leaves some of
    the numbers of rows that were in order.
    """
    index = X.timeline.index if isinstance(X, Windows) else None
    has_labels = isinstance(y, pd.DataFrame | pd.Series) and len(y)
    if index is None or not has_labels or len(y) != len(X.ends):
        return
    y_index, origins = plain_index(y.index), index[X.ends - 1]
    is_target_table = isinstance(y, pd.DataFrame) and list(y.columns.names) == _TARGETS
    is_count = not is_target_table and y_index.equals(pd.RangeIndex(len(y_index)))
    if y_index.equals(origins) or is_count:
        return
    # a table of make_windows has the labels of the origins themselves, others may differ in kind
    labels = comparable_labels(y_index, origins)
    if labels is not None:
        _check_same_rows(
            name, y_index, origins, *((y_index, origins) if is_target_table else labels)
        )
    elif not are_integers(y_index):
        raise ShapeError(
            f"{name} must have the labels of the windows, the first of which is {origins[0]}, or "
            f"numbers, got {y_index[0]}. If it is in the order of the windows, number it: "
            f"{name}.reset_index(drop=True)."
        )


def _check_same_rows(
    name: str, y_index: pd.Index, origins: pd.Index, y_labels: pd.Index, X_labels: pd.Index
) -> None:
    differs = np.asarray(y_labels != X_labels)
    if differs.any():
        row = int(np.argmax(differs))
        raise ShapeError(
            f"{name} must have the rows of the windows, but in row {row} it is of {y_index[row]} "
            f"and the window of {origins[row]}. Slice, drop and shuffle both alike."
        )


def require_windows(caller: str, X: Any) -> Windows:
    """Return X if it is `Windows`, or say that nothing else will do."""
    if isinstance(X, Windows):
        return X
    raise TypeError(
        f"{caller} needs Windows, which know their rows, got {type(X).__name__} as X. Make them "
        "with make_windows."
    )


def as_windows(X: Windows | Array) -> Windows:
    """Return an array of windows as `Windows` over its frames, without copying.

    (n, T) is a lag table of one value, (n, T, C) a table, (n, T, H, W) maps of one channel.
    """
    if isinstance(X, Windows):
        if len(X.shape) == 2:
            raise ShapeError(
                f"Windows must keep their time axis here, got rows of {X.shape[1]} values. Leave "
                "Flatten out before an estimator that reads windows; else put it last among the "
                "window transformers."
            )
        return X
    n, T = X.shape[:2]
    frame = (1, *X.shape[2:]) if X.ndim in (2, 4) else X.shape[2:]
    # rows of the windows one below the other are a series of which every T-th row ends a window
    return Windows(X.reshape(n * T, *frame), T * np.arange(1, n + 1), T)


def restore_kind(windows: Windows, X: Windows | Array) -> Windows | Array:
    """Return windows as the kind of thing X was: `Windows`, or an array with or without channel."""
    if isinstance(X, Windows):
        return windows
    values = np.asarray(windows)
    has_no_channel_axis = X.ndim in (2, 4) and values.ndim == X.ndim + 1 and values.shape[2] == 1
    return values[:, :, 0] if has_no_channel_axis else values


def _check_ndim(X: Array) -> None:
    if X.ndim > 5:
        raise ShapeError(
            f"X must have shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W), got {X.shape}."
        )
