"""Forecasts in the kind of object that the series came in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import SeriesTooShortError
from stforecast.windows._index import next_labels
from stforecast.windows._sources import Source
from stforecast.windows._windows import Windows


def check_all_forecast(X: Windows, source: Source, series: Any) -> None:
    """Raise if a series of a list is too short for a window: its forecast would be missed."""
    lengths = np.diff(source.bounds)
    if isinstance(series, list) and len(X) < len(lengths):
        raise SeriesTooShortError(
            f"Every series of a list needs lookback = {X.lookback} rows to be continued, but "
            f"series {int(np.argmax(lengths < X.lookback))} has {int(lengths.min())}. Leave it out "
            "or pass the series as a table indexed by series and time."
        )


def label_forecasts(values: np.ndarray, X: Windows, source: Source, series: Any) -> Any:
    """Return forecasts (n, horizon, *frame) of each series' last window, labelled by time."""
    target = X.target
    assert target is not None
    if source.ids is None:
        return _label(values[0], source.indexes[0], target.labels, series)
    last = np.searchsorted(source.bounds, X.ends, side="left") - 1
    members = [
        _label(one, source.indexes[i], target.labels, None)
        for one, i in zip(values, last, strict=True)
    ]
    if isinstance(series, list):
        return [
            _like(member, series[i], target.labels) for member, i in zip(members, last, strict=True)
        ]
    joined = pd.concat(members, keys=list(source.ids[last]))
    joined.index.names = series.index.names
    return joined.iloc[:, 0] if isinstance(series, pd.Series) else joined


def _label(values: np.ndarray, index: pd.Index | None, labels: Any, series: Any) -> Any:
    if labels is not None and index is not None:
        values = labels.attach_frames(values, next_labels(index, len(values)))
    return _like(values, series, labels)


def _like(values: Any, series: Any, labels: Any) -> Any:
    if isinstance(series, pd.Series):
        return values.iloc[:, 0].rename(series.name)
    has_no_channel_axis = isinstance(series, np.ndarray) and series.ndim in (1, 3)
    return values[:, 0] if labels is None and has_no_channel_axis else values
