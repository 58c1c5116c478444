"""Plain arrays, in memory or on disk, as series."""

from __future__ import annotations

from typing import Any

import numpy as np

from stforecast._validation import check_numbers, fill_mask
from stforecast.exceptions import ShapeError
from stforecast.windows._batches import Array, Rows
from stforecast.windows.sources._labels import ArrayLabels
from stforecast.windows.sources._stored_rows import as_rows
from stforecast.windows.sources._time_series import TimeSeries, row_bounds


def read_array(series: Any) -> TimeSeries:
    """Return an array (N,), (N, C), (N, H, W) or (N, C, H, W) as a series."""
    values = as_rows(series)
    if not values.shape and values.dtype.kind == "O":
        raise TypeError(
            "A series must be a table, an array or a list of these, got "
            f"{type(series).__name__}. Collect a lazy frame first; make a panel of a dict with "
            "pd.concat."
        )
    axes = getattr(series, "ndim", len(values.shape))
    values = plain_numbers(values)
    if not 1 <= len(values.shape) <= 4:
        raise ShapeError(
            f"A series must have shape (N,), (N, C), (N, H, W) or (N, C, H, W), got "
            f"{values.shape}. Put time first and merge or drop the other axes."
        )
    labels = ArrayLabels(channel_axis=axes not in (1, 3))
    return TimeSeries(values, row_bounds([values]), labels=labels)


def plain_numbers(values: Rows) -> Rows:
    """Return rows with a channel axis, those in memory as numbers that every library reads."""
    check_numbers("A series", values)
    return _native_values(values) if isinstance(values, np.ndarray) else values


def _native_values(values: Array) -> Array:
    values = fill_mask(values)
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    if not values.dtype.isnative and not isinstance(values, np.memmap):
        values = values.astype(values.dtype.newbyteorder("="))
    if not isinstance(values, np.memmap):
        values = np.asarray(values, order="C")
    return values[:, None] if values.ndim in (1, 3) else values
