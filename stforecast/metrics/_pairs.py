"""Truth and forecast as arrays of one shape, and sums over those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stforecast._constraints import Integers, Sequences
from stforecast._validation import as_floats
from stforecast.exceptions import ParameterError, ShapeError

Floats = NDArray[np.float64]
Axis = int | Sequence[int] | None
_AXIS = Integers() | Sequences(Integers(), "integers", least=0) | None


def as_pair(y_true: Any, y_pred: Any) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return truth, forecast, and where neither is NaN."""
    truth, forecast = match_shapes({"y_true": y_true, "y_pred": y_pred})
    return truth, forecast, ~(np.isnan(truth) | np.isnan(forecast))


def match_shapes(arguments: dict[str, Any]) -> list[Floats]:
    """Return named arrays in double precision, or raise if their shapes differ."""
    arrays = [as_floats(name, values) for name, values in arguments.items()]
    if len({array.shape for array in arrays}) > 1:
        names, shapes = list(arguments), [str(array.shape) for array in arrays]
        raise ShapeError(
            f"{_join_words(names)} must have one shape, got {_join_words(shapes)}. "
            "Reshape them alike, as X.unflatten does."
        )
    return arrays


def _join_words(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def as_axes(axis: Axis, ndim: int) -> Any:
    """Return axes of arrays with `ndim` of them as numpy takes them."""
    _AXIS.check("axis", axis)
    if axis is None:
        return None
    axes = tuple(axis) if isinstance(axis, Sequence) else (axis,)
    # a set, so that one axis under two numbers, 0 and -ndim, falls short of `axes` as well
    places = {number % ndim for number in axes if -ndim <= number < ndim}
    if len(places) < len(axes):
        raise ParameterError(
            f"axis must number axes of arrays with {ndim} of them, each once and the first of them "
            f"0, got {axis!r}. Leave it out for all of them."
        )
    return axes


def safe_ratio(part: Any, whole: Any) -> Any:
    """Return a share, NaN where the whole is 0; a number where it is one."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    # `where` leaves the NaN of `out` in place, without a warning about a division by zero
    ratio = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0)
    return float(ratio) if ratio.ndim == 0 else ratio
