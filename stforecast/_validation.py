"""Checks of parameters and values that every room shares."""

from __future__ import annotations

import numbers
from typing import Any, TypeVar

import numpy as np
from sklearn.base import is_classifier

from stforecast.exceptions import MissingValuesError, ShapeError

Part = TypeVar("Part")


def with_nan_for_mask(values: Any) -> Any:
    """Return a masked array as a plain one with NaN at its mask, anything else as it is."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if values.dtype.kind not in "fiub" or not np.ma.getmaskarray(values).any():
        return np.asarray(values)
    return np.ma.filled(values.astype(np.result_type(values.dtype, np.float32)), np.nan)


def check_numbers(name: str, values: Any) -> None:
    """Raise unless an array is of real numbers or flags, at least one of them a row."""
    if values.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} must be numeric, got an array of {values.dtype}. Convert it with astype."
        )
    if 0 in values.shape[1:]:
        raise ShapeError(
            f"{name} must hold at least one value a row, got shape {values.shape}. Pass the "
            "columns or frames that belong there."
        )


def check_integer(name: str, value: Any, minimum: int) -> int:
    """Return `value` as an int, or say which integers `name` may take."""
    if (
        isinstance(value, numbers.Integral)
        and not isinstance(value, bool)
        and int(value) >= minimum
    ):
        return int(value)
    raise ValueError(f"{name} must be an integer of at least {minimum}, got {value!r}.")


def check_sizes(name: str, value: Any, axes: int) -> tuple[int, ...]:
    """Return a positive integer for each of `axes` axes; one number stands for all of them."""
    sizes = (value,) * axes if isinstance(value, numbers.Integral) else value
    if isinstance(sizes, tuple | list) and len(sizes) == axes and all(map(_is_count, sizes)):
        return tuple(int(size) for size in sizes)
    raise ValueError(
        f"{name} must be an integer of at least 1, or {axes} of them, one for each axis, got "
        f"{value!r}."
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 1


def check_number(
    name: str, value: Any, low: float, high: float = float("inf"), *, open_low: bool = False
) -> float:
    """Return `value` as a finite float within [low, high], or (low, high] where `open_low`."""
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if is_real and low <= value <= high and np.isfinite(value) and not (open_low and value == low):
        return float(value)
    left, right = "(" if open_low else "[", "]" if np.isfinite(high) else ")"
    raise ValueError(f"{name} must be a number in {left}{low}, {high}{right}, got {value!r}.")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return `value` if it is one of `choices`, or list them."""
    if isinstance(value, str) and value in choices:
        return value
    raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}.")


def check_finite(
    name: str, values: np.ndarray, remedy: str, *, allow_nan: bool = False, first_row: int = 0
) -> None:
    """Raise if `values` hold NaN (unless allowed) or infinity; say how many and where first."""
    with np.errstate(all="ignore"):  # a sum may overflow where every value is finite
        total = np.sum(values, dtype=np.float64) if values.dtype.kind in "fc" else 0.0
    if np.isfinite(total):
        return
    bad = np.isinf(values) if allow_nan else ~np.isfinite(values)
    if not bad.any():
        return
    row = first_row + int(np.argmax(bad.reshape(len(bad), -1).any(axis=1)))
    raise MissingValuesError(
        f"{name} must hold finite numbers, but {int(bad.sum())} of its {bad.size} values are NaN "
        f"or infinity, the first in row {row}. {remedy}"
    )


def check_flag(name: str, value: Any) -> bool:
    """Return `value` as a bool, or say that `name` is one."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ValueError(f"{name} must be True or False, got {value!r}.")


def predicts(value: Any) -> bool:
    """Whether a value is an estimator that scikit-learn can clone, fit and ask for predictions."""
    needed = ("get_params", "__sklearn_tags__", "fit", "predict")
    return not isinstance(value, type) and all(hasattr(value, name) for name in needed)


def check_predicts(name: str, value: Any) -> None:
    """Raise unless a value is an estimator that scikit-learn can ask for predictions."""
    if not predicts(value):
        remedy = "Pass an object with fit and predict, derived from scikit-learn's BaseEstimator."
        if isinstance(value, type):
            remedy = f"Pass an object of that class: {value.__name__}()."
        raise _no_regressor(name, value, remedy)


def check_regressor(name: str, value: Any) -> None:
    """Raise unless a value is an estimator that predicts numbers."""
    check_predicts(name, value)
    if is_classifier(value):
        raise _no_regressor(
            name, value, "Classes are no numbers to forecast: fit it on windows by itself."
        )


def as_predictions(found: Any, count: int, outputs: int) -> np.ndarray:
    """Return what an estimator predicted as numbers (count, outputs), or say what is wrong."""
    values = np.asarray(found)
    if (
        values.dtype.kind not in "fiub"
        or values.shape[:1] != (count,)
        or (values.size != count * outputs)
    ):
        raise ShapeError(
            f"The estimator must predict {outputs} numbers for each of {count} windows, but "
            f"predicted an array of {values.dtype} of shape {values.shape}. Correct its predict."
        )
    if not np.isfinite(values).all():
        raise MissingValuesError(
            f"The estimator must predict numbers, but {int((~np.isfinite(values)).sum())} of "
            f"{values.size} are NaN or infinite. Fill missing values of the series, or correct its "
            "predict."
        )
    return values.reshape(count, outputs)


def _no_regressor(name: str, value: Any, remedy: str) -> TypeError:
    return TypeError(
        f"{name} must be a forecaster of this library, a scikit-learn regressor or a pipeline that "
        f"ends in one, got {value!r:.60}. {remedy}"
    )


def check_share(name: str, value: Any) -> float:
    """Return `value` as a float in [0, 1), or say that `name` is one."""
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if is_real and 0 <= value < 1:
        return float(value)
    raise ValueError(f"{name} must be a number in [0, 1), got {value!r}.")


def check_part(name: str, value: Any, kind: type[Part]) -> Part:
    """Return `value`, or a default `kind` for None, if it is of that kind."""
    if value is None:
        return kind()
    if isinstance(value, kind):
        return value
    raise TypeError(f"{name} must be a {kind.__name__} or None, got {value!r}.")
