"""Forecasts in the kind of object that the series came in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import SeriesTooShortError
from stforecast.series._panel import label_panel
from stforecast.windows._target import Target
from stforecast.windows._windows import Windows
from stforecast.windows.sources._source import Source


def check_all_forecast(X: Windows, source: Source, series: Any) -> None:
    """Raise if a series of a list is too short for a window: its forecast would be missed."""
    lengths = source.lengths
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
    if source.panel is None:
        return _like(_labelled(values[0], source, 0, target), series, target.labels)
    last = source.series_of(X.ends)
    if isinstance(series, list):
        return [
            _like(_labelled(one, source, i, target), series[i], target.labels)
            for one, i in zip(values, last, strict=True)
        ]
    return _like(label_panel(values, last, source, target, series), series, target.labels)


def _labelled(values: np.ndarray, source: Source, i: int, target: Target) -> Any:
    """Return the forecast of one series, with the times that follow it if it has any."""
    if target.labels is None:
        return values
    times = None if source.times is None else source.times_after(np.array([i]), len(values))
    return target.labels.attach_frames(values, times)


def _like(values: Any, series: Any, labels: Any) -> Any:
    if isinstance(series, pd.Series):
        return values.iloc[:, 0].rename(series.name)
    has_no_channel_axis = isinstance(series, np.ndarray) and series.ndim in (1, 3)
    return values[:, 0] if labels is None and has_no_channel_axis else values
