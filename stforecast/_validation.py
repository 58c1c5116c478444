"""Checks of parameters and values that every room shares."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from inspect import currentframe
from typing import Any

import numpy as np

from stforecast._constraints import Integers, Numbers, Options
from stforecast.exceptions import MissingValuesError, ParameterError, ShapeError

# Packages through which a user's call comes to what warns.
PACKAGES = ("stforecast", "sklearn", "joblib")


def user_stack_level() -> int:
    """Return the stack level, for what calls this, of the line that asked for the fit.

    How far up it is depends on the estimator, on scikit-learn's release and on what the estimator
    is in.
    """
    frame, level = currentframe(), 0
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in PACKAGES:
        frame, level = frame.f_back, level + 1
    return level


def fill_mask(values: Any) -> Any:
    """Return a masked array as a plain one with NaN at its mask, anything else as it is."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    masked = int(np.ma.getmaskarray(values).sum())
    if not masked:
        return np.asarray(values)
    if values.dtype.kind not in "fiub":
        raise MissingValuesError(
            f"A masked array must be numeric, since NaN stands for what it masks, got {masked} "
            f"masked values of {values.dtype}. Fill them with values.filled(...)."
        )
    # integers and flags have no NaN: the smallest float type that holds their values takes them
    return np.ma.filled(values.astype(np.result_type(values.dtype, np.float32)), np.nan)


def check_numbers(name: str, values: Any) -> None:
    """Raise unless an array is of real numbers or flags, at least one of them a row."""
    if values.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} must be numeric, got an array of {values.dtype}. Convert it with astype."
        )
    if 0 in values.shape[1:]:
        raise ShapeError(
            f"{name} must hold at least one value per row, got shape {values.shape}. Pass the "
            "columns or frames that belong there."
        )


def as_array(name: str, values: Any) -> np.ndarray:
    """Return values as an array, or say which argument has rows of several lengths."""
    try:
        return np.asarray(values)
    except ValueError:
        raise ShapeError(
            f"{name} must have rows of one length, got {values!r:.40}. Give every row as many "
            "values."
        ) from None


def as_floats(name: str, values: Any) -> np.ndarray:
    """Return values in double precision, NaN for masked ones, or say which are not numbers."""
    with suppress(TypeError, ValueError):
        if not np.iscomplexobj(values):  # numpy would drop half of each
            masked = isinstance(values, np.ma.MaskedArray)
            numbers = np.ma.filled(values.astype(np.float64), np.nan) if masked else values
            return np.asarray(numbers, dtype=np.float64)
    raise ParameterError(
        f"{name} must hold numbers alone, got {type(values).__name__} {values!r:.40}. Convert "
        "it with astype(float)."
    )


def check_integer(name: str, value: Any, minimum: int) -> int:
    """Return `value` as an int, or say which integers `name` may take."""
    # an int within the bound is the usual case, and costs no table; True is not of type int
    if type(value) is not int or value < minimum:
        Integers(minimum).check(name, value)
    return int(value)


def check_position(name: str, value: Any, count: int, of: str) -> int:
    """Return the number of one of `count` things, from 0 on, or say how many there are."""
    position = check_integer(name, value, 0)
    if position >= count:
        raise ValueError(f"{name} must be below {count}, the number of {of}, got {position}.")
    return position


def check_number(
    name: str, value: Any, low: float, high: float = float("inf"), *, open_low: bool = False
) -> float:
    """Return `value` as a finite float within [low, high], or (low, high] where `open_low`."""
    Numbers(low, high, closed="right" if open_low else "both").check(name, value)
    return float(value)


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return `value` if it is one of `choices`, or list them."""
    if not isinstance(value, str) or value not in choices:
        Options(*choices).check(name, value)
    return str(value)


FILL_OR_MASK = "Fill them, or make the windows with missing='mask'."
TOO_LARGE = (
    "X and y must be small enough to be squared, at most 1e150. Measure them in larger units."
)


def check_squares(*arrays: np.ndarray) -> None:
    """Raise if a value of an array, missing ones aside, is too large for sums of squares."""
    # fmax passes over NaN; the square of 1e150 leaves room for a sum of 1e8 of them
    if any(np.fmax.reduce(np.abs(array), axis=None, initial=0.0) > 1e150 for array in arrays):
        raise ValueError(TOO_LARGE)


def check_finite(
    name: str,
    values: np.ndarray,
    remedy: str,
    *,
    allow_nan: bool = False,
    first_row: int = 0,
    label: Callable[[tuple[int, ...]], str] | None = None,
) -> None:
    """Raise if `values` hold NaN (unless allowed) or infinity; say how many and where first.

    `label` tells what the labels of a place are.
    """
    with np.errstate(all="ignore"):  # a sum may overflow where every value is finite
        total = np.sum(values, dtype=np.float64) if values.dtype.kind in "fc" else 0.0
    if np.isfinite(total):  # then every value is, and no mask of their size is made
        return
    bad = np.isinf(values) if allow_nan else ~np.isfinite(values)
    if not bad.any():
        return
    place = tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))
    location = f"row {first_row + place[0]}{'' if label is None else label(place)}"
    raise MissingValuesError(
        f"{name} must hold finite numbers, but {int(bad.sum())} of its {bad.size} values are NaN "
        f"or infinity, the first in {location}. {remedy}"
    )


def as_predictions(
    predictions: Any, count: int, outputs: int, *, masked: bool = False
) -> np.ndarray:
    """Return what an estimator predicted as numbers (count, outputs), or say what is wrong.

    From masked windows some may be NaN, such as those of cells on land.
    """
    values = np.asarray(fill_mask(predictions))
    # by size, not by shape: a single output may come as (count,), and maps with their axes
    if (
        values.dtype.kind not in "fiub"
        or values.shape[:1] != (count,)
        or (values.size != count * outputs)
    ):
        raise ShapeError(
            f"The estimator must predict {outputs} numbers for each of {count} windows, but "
            f"predicted an array of {values.dtype} of shape {values.shape}. Correct its predict."
        )
    bad = ~np.isfinite(values)
    if bad.any() and (not masked or bad.all() or np.isinf(values).any()):
        raise MissingValuesError(
            f"The estimator must predict numbers, but {int(bad.sum())} of "
            f"{values.size} are NaN or infinite. Fill missing values of the series, or correct its "
            "predict."
        )
    return values.reshape(count, outputs)
