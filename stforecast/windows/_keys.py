"""What may stand in the brackets behind windows."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from stforecast.exceptions import ShapeError

if TYPE_CHECKING:
    from stforecast.windows._geometry import Integers


def as_key(key: Any) -> Any:
    """Return what picks several windows: a slice, or a 1-D array of integers or booleans."""
    if isinstance(key, slice):
        return key
    rows = np.asarray(key, dtype=None if len(key) else np.int64)
    if rows.ndim != 1 or rows.dtype.kind not in "iub":
        raise IndexError(
            f"Windows are picked by a 1-D array of integers or booleans, got one of shape "
            f"{rows.shape} of {rows.dtype}. Index np.asarray(X) for anything else."
        )
    return rows


def as_position(key: Any) -> int:
    """Return what picks one window as an int."""
    if isinstance(key, bool | np.bool_) or not hasattr(key, "__index__"):
        raise IndexError(
            "A window is picked by an integer, several by a slice, index array or mask, got "
            f"{key!r}."
        )
    return operator.index(key)


def as_slice(rows: Integers) -> Any:
    """Return evenly spaced rows as a slice, under which an index keeps its frequency."""
    steps = np.diff(rows)
    is_even = len(steps) > 0 and steps[0] > 0 and bool((steps == steps[0]).all())
    return slice(int(rows[0]), int(rows[-1]) + 1, int(steps[0])) if is_even else rows


def as_ends(ends: Any, lookback: int, n_rows: int) -> Integers:
    """Return the ends of windows as a 1-D integer array of row numbers."""
    values = np.asarray(ends, dtype=None if len(ends) else np.int64)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise ShapeError(
            f"ends must be a 1-D array of row numbers, got shape {values.shape} of {values.dtype}."
        )
    if len(values) and (values.min() < lookback or values.max() > n_rows):
        raise ShapeError(
            f"Every window must end between lookback = {lookback} and the series' {n_rows} rows, "
            f"but ends span {values.min()} to {values.max()}."
        )
    return values.astype(np.int64, copy=False)


def along_axes(X: Any, sample_key: Any, *frame_keys: Any) -> Any:
    """Return what a key for several axes picks: windows where it asks for all of each."""
    if sample_key is Ellipsis or (is_array(sample_key) and any(map(is_array, frame_keys))):
        return np.asarray(X)[(sample_key, *frame_keys)]
    samples = X[sample_key]
    if isinstance(samples, np.ndarray):
        return samples[frame_keys]
    if all(is_full_slice(part) for part in frame_keys):
        return samples
    return np.asarray(samples)[(slice(None), *frame_keys)]


def is_array(key: Any) -> bool:
    """Whether a key indexes an axis by several values."""
    return not isinstance(key, slice) and np.ndim(key) > 0


def is_full_slice(key: Any) -> bool:
    """Whether a key leaves an axis as it is."""
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))
