"""Split-conformal intervals: errors on origins held back from training, and their quantiles."""

from __future__ import annotations

import numbers
from collections.abc import Hashable
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stforecast._validation import check_number
from stforecast.exceptions import SeriesTooShortError
from stforecast.windows import Windows

Errors = dict[Hashable, np.ndarray]


class Interval(NamedTuple):
    """Bounds between which the rows to come lie with the coverage asked for.

    Parameters
    ----------
    lower, upper : same kind as the series
        Each laid out and labelled as a forecast.
    """

    lower: Any
    upper: Any


def hold_back(X: Windows, calibration: float) -> tuple[Any, np.ndarray]:
    """Return the windows to train on and the latest ones, whose targets training must not see."""
    times = np.unique(X.times)
    count = _count(calibration, len(times))
    if not count:
        return slice(None), np.arange(0)
    first = times[-count]
    train = np.flatnonzero(X.times <= first - X.reach)
    if not len(train):
        raise SeriesTooShortError(
            f"calibration={calibration!r} holds back {count} of {len(times)} origins, which leaves "
            "none whose horizon ends before them to train on. Hold back fewer or pass more data."
        )
    return train, np.flatnonzero(X.times >= first)


def errors_by_series(X: Windows, truth: Any, forecasts: np.ndarray) -> Errors:
    """Return truth minus forecast, (origins, horizon * outputs), of each series of a panel."""
    errors = np.asarray(truth).reshape(len(X), -1) - forecasts
    keys = series_keys(X)
    rows = pd.Series(np.arange(len(X))).groupby(pd.Index(keys, tupleize_cols=False), sort=False)
    return {key: errors[group.to_numpy()] for key, group in rows}


def series_keys(X: Windows) -> list[Hashable]:
    """Return the series of a panel that each window belongs to; 0 where there is but one."""
    panel = isinstance(X.index, pd.MultiIndex)
    return list(X.origins.get_level_values(0)) if panel else [0] * len(X)


def slide(errors: Errors, fresh: Errors) -> Errors:
    """Return as many errors of each series as before, the latest ones."""
    return {
        key: np.concatenate([old, fresh[key]])[-len(old) :] if key in fresh else old
        for key, old in errors.items()
    }


def half_widths(errors: np.ndarray, coverage: float) -> np.ndarray:
    """Return for each column the distance that so large a share of errors to come stays within.

    Of n errors and one more, exchangeable with them, the k-th smallest with
    ``k = ceil((n + 1) coverage)`` bounds the latter with probability ``k / (n + 1)``.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.series._conformal import half_widths
    >>> half_widths(np.array([[1.0], [-3.0], [2.0], [0.5]]), coverage=0.6)
    array([2.])
    """
    check_number("coverage", coverage, 0.0, 1.0)
    sizes = np.sort(np.abs(errors), axis=0)  # NaN, where the truth was missing, comes last
    counts = np.isfinite(sizes).sum(axis=0)
    ranks = np.ceil(np.round((counts + 1) * coverage, 9)).astype(int)
    if (ranks > counts).any():
        fewest = ceil(round(coverage / (1 - coverage), 9)) if coverage < 1 else "infinitely many"
        raise ValueError(
            f"An interval of coverage {coverage} needs {fewest} calibration errors, but there are "
            f"{int(counts.min())}. Set calibration higher or coverage lower."
        )
    sizes = np.concatenate([np.zeros((1, *sizes.shape[1:])), sizes])  # rank 0 is no distance at all
    return np.take_along_axis(sizes, ranks[None], axis=0)[0]


def _count(calibration: Any, origins: int) -> int:
    """Return how many origins a number or share of them is."""
    whole = isinstance(calibration, numbers.Integral) and not isinstance(calibration, bool)
    if whole and calibration >= 0:
        return min(int(calibration), origins)
    if isinstance(calibration, numbers.Real) and not whole and 0 < calibration < 1:
        return floor(calibration * origins)
    raise ValueError(
        "calibration must be a number of origins (an integer from 0) or a share of them (between 0 "
        f"and 1), got {calibration!r}."
    )
