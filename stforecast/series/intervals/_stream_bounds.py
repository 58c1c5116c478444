"""Bounds of many origins of a stream, each from the errors that were known there."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from copy import deepcopy
from typing import Any

import numpy as np

from stforecast._validation import check_number
from stforecast.exceptions import IrregularIndexError
from stforecast.series.intervals._calibration import Calibration, place_bounds, scale_errors
from stforecast.series.intervals._error_scales import Sides
from stforecast.series.intervals._errors import SeriesErrors
from stforecast.series.intervals._scores import check_coverage, series_rows, time_labels
from stforecast.windows import Windows


def stream_bounds(
    calibration: Calibration,
    estimator: Any,
    X: Windows,
    y: Any,
    forecasts: np.ndarray,
    origins: np.ndarray,
    coverage: float,
) -> Sides:
    """Return bounds of the windows asked for among those of a stream, in order of time.

    The calibration is left as it is.
    """
    check_number("coverage", coverage, 0.0, 1.0)
    sides = calibration.sides(estimator, X, forecasts)
    scores, widths = scale_errors(y, forecasts, sides), np.full_like(forecasts, np.nan)
    for key, rows in series_rows(X).items():
        own = rows[np.isin(rows, origins)]
        if len(own):
            errors, fresh = _errors_before(calibration, key, X, rows, own)
            known = np.searchsorted(X.times[fresh], X.times[own] - X.reach, side="right")
            widths[own] = _widths(errors, scores[fresh], known, coverage, calibration.absent)
    _check_widths(widths[origins], X, origins)
    return place_bounds(forecasts[origins], widths[origins], (sides[0][origins], sides[1][origins]))


def _errors_before(
    calibration: Calibration, key: Hashable, X: Windows, rows: np.ndarray, own: np.ndarray
) -> tuple[SeriesErrors, np.ndarray]:
    """Return the errors known before a stream, and the windows whose errors come with it."""
    errors = calibration.find_errors(key)
    if X.index is None:  # nothing says which rows were seen: those from the first asked are new
        return deepcopy(errors), rows[rows >= own[0]]
    first, end = calibration.spans[key]
    origins, ends = time_labels(X, X.ends[rows] - 1), time_labels(X, X.ends[rows] - 1 + X.reach)
    try:
        overlap = time_labels(X, X.ends[own[:1]] - 1)[0] < end
    except TypeError:
        raise IrregularIndexError(
            f"The rows must be labelled as in fit, where the last was {end}, but start at "
            f"{origins[0]}. Convert their labels."
        ) from None
    if overlap:  # what came later than an origin must not calibrate it: begin as `fit` did
        empty = SeriesErrors(errors.calibration, errors.scores.shape[1], X.reach, calibration.share)
        return empty, rows[origins >= first]
    return deepcopy(errors), rows[ends > end]


def _widths(
    errors: SeriesErrors, scores: np.ndarray, known: np.ndarray, coverage: float, absent: np.ndarray
) -> np.ndarray:
    """Return the half-widths at origins where the first `known` scores had come."""
    widths, count = [], 0
    for end in known:
        errors.add(scores[count:end])
        count = max(count, end)
        widths.append(errors.half_widths(coverage))
    if np.isfinite(errors.latest).any():
        check_coverage(errors.latest, coverage, absent)
    return np.array(widths)


def _check_widths(widths: np.ndarray, X: Windows, origins: np.ndarray) -> None:
    """Raise if no origin has bounds, and warn if some have none."""
    unknown = np.isnan(widths).all(axis=1)
    if unknown.all():
        raise ValueError(
            f"Intervals as of an origin need errors of held-back origins before it, and none of "
            f"the {len(origins)} origins has any. Pass later rows, or hold back more in fit."
        )
    if unknown.any():
        first = time_labels(X, X.ends[origins[~unknown]] - 1).min()
        warnings.warn(
            f"No error of a held-back origin was known yet at {int(unknown.sum())} of "
            f"{len(origins)} origins: their bounds are NaN. Pass start={first!r} to leave them "
            "out.",
            UserWarning,
            stacklevel=5,
        )
