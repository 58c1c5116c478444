"""Truth and forecast as arrays of one shape, and sums over those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stforecast._constraints import Integers, Sequences
from stforecast._validation import as_floats
from stforecast.exceptions import ShapeError

Floats = NDArray[np.float64]
Axis = int | Sequence[int] | None
_AXIS = Integers() | Sequences(Integers(), "integers", least=0) | None


def as_pair(y_true: Any, y_pred: Any) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return truth, forecast, and where neither is NaN."""
    truth, forecast = as_floats("y_true", y_true), as_floats("y_pred", y_pred)
    if truth.shape != forecast.shape:
        raise ShapeError(
            f"y_true and y_pred must have one shape, got {truth.shape} and {forecast.shape}."
        )
    return truth, forecast, ~(np.isnan(truth) | np.isnan(forecast))


def as_axes(axis: Axis) -> Any:
    """Return axes as numpy takes them."""
    _AXIS.check("axis", axis)
    return tuple(axis) if isinstance(axis, Sequence) else axis


def over(part: Any, whole: Any) -> Any:
    """Return a share, NaN where the whole is 0; a number where it is one."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    found = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0)
    return float(found) if found.ndim == 0 else found
