"""Bounds around forecasts, from scores of forecasts whose truth is known."""

from __future__ import annotations

from collections.abc import Hashable
from copy import deepcopy
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing

from stforecast._validation import check_number
from stforecast.series.intervals._coverage import Share
from stforecast.series.intervals._error_scales import Sides
from stforecast.series.intervals._errors import SeriesErrors
from stforecast.series.intervals._scores import (
    Scores,
    check_coverage,
    series_keys,
    series_rows,
    time_labels,
)
from stforecast.windows import Windows

MIN_SCALE = 0.1  # of its mean, so that no window's scale vanishes and its score explodes
CHUNK = 64  # rows of targets read at once: those of maps are large


class Scale(Protocol):
    """Sizes of errors to expect."""

    def fit(self, estimator: Any, X: Windows, y: Any) -> Self: ...
    def sides(self, estimator: Any, X: Windows, forecasts: np.ndarray) -> Sides: ...


class Calibration(BaseEstimator):
    """Fitted conformal bounds: the latest scores of each series, and how they are used.

    Attributes
    ----------
    scores : dict of ndarray of shape (n, horizon * outputs)
        Truth minus forecast, in units of the scale, of each series, in order of time.
    spans : dict of Index
        Of each series the first origin held back and the last row whose error is known.
    """

    def __init__(self, scale: Scale, share: Share) -> None:
        self.scale = scale
        self.share = share
        self.errors: dict[Hashable, SeriesErrors] = {}
        self.spans: dict[Hashable, pd.Index] = {}

    @property
    def scores(self) -> Scores:
        """The latest scores of each series."""
        return {key: errors.latest for key, errors in self.errors.items()}

    def __copy__(self) -> Calibration:
        """Return a calibration that goes on by itself; what `fit` learned is shared."""
        other = Calibration(self.scale, self.share)
        vars(other).update(vars(self))
        other.errors = {key: deepcopy(errors) for key, errors in self.errors.items()}
        return other

    def fit(self, estimator: Any, X: Windows, y: Any) -> Self:
        """Learn the scale from the windows that the estimator was trained on."""
        self.scale.fit(estimator, X, y)
        self.absent = absent_targets(X, y)
        return self

    def observe(self, estimator: Any, X: Windows, y: Any, forecasts: np.ndarray) -> None:
        """Take in forecasts of windows that were not trained on, in place of the oldest."""
        sides = self.scale.sides(estimator, X, forecasts)
        if not self.errors:
            self.least = [_scale_floor(side, forecasts) for side in sides]
        scores, groups = scale_errors(y, forecasts, self._floor(*sides)), series_rows(X)
        if not self.errors:
            self.errors = {
                key: SeriesErrors(len(rows), scores.shape[1], X.reach, self.share)
                for key, rows in groups.items()
            }
        groups = {key: rows for key, rows in groups.items() if key in self.errors}
        for key, rows in groups.items():
            self.errors[key].add(scores[rows])
        self.spans |= _join_spans(self.spans, groups, X)

    def sides(self, estimator: Any, X: Windows, forecasts: np.ndarray) -> Sides:
        """Return the scale of errors below and above forecasts (windows, horizon * outputs)."""
        return self._floor(*self.scale.sides(estimator, X, forecasts))

    def bounds(self, X: Windows, forecasts: np.ndarray, sides: Sides, coverage: float) -> Sides:
        """Return lower and upper bounds of forecasts, given the scale of their errors."""
        check_number("coverage", coverage, 0.0, 1.0)
        keys = series_keys(X)
        half_widths = {key: self._half_widths(key, coverage) for key in set(keys)}
        widths = np.array([half_widths[key] for key in keys]).reshape(forecasts.shape)
        return place_bounds(forecasts, widths, sides)

    def find_errors(self, key: Hashable) -> SeriesErrors:
        """Return what is known of the errors of a series."""
        if key not in self.errors:
            raise ValueError(
                f"Intervals need calibration errors of series {key!r}, and there are none. Hold "
                "back more origins in fit, or leave that series out."
            )
        return self.errors[key]

    def _floor(self, down: np.ndarray, up: np.ndarray) -> Sides:
        return np.maximum(down, self.least[0]), np.maximum(up, self.least[1])

    def _half_widths(self, key: Hashable, coverage: float) -> np.ndarray:
        errors = self.find_errors(key)
        check_coverage(errors.latest, coverage, self.absent)
        return errors.half_widths(coverage)


def _scale_floor(side: np.ndarray, forecasts: np.ndarray) -> np.ndarray:
    """Return a floor of scales; 1, for errors as they are, where scales are but rounding.

    So are they where a network whose share is 0 gives the spread.
    """
    mean, rounding = side.mean(axis=0), 1e-9 * np.abs(forecasts).mean(axis=0)
    return np.asarray(np.where(mean <= rounding, 1.0, MIN_SCALE * mean))


def _join_spans(
    before: dict[Hashable, pd.Index], groups: dict[Hashable, np.ndarray], X: Windows
) -> dict[Hashable, pd.Index]:
    """Return of each series the first origin that was held back, and the last row seen."""
    ends = X.ends[np.array([(rows[0], rows[-1]) for rows in groups.values()], dtype=int)]
    labels = time_labels(X, np.add(ends.reshape(-1, 2), [-1, X.reach - 1]).ravel())
    found = {key: labels[2 * i : 2 * i + 2] for i, key in enumerate(groups)}
    return {
        key: before[key][:1].append(one[1:]) if key in before else one for key, one in found.items()
    }


def scale_errors(y: Any, forecasts: np.ndarray, sides: Sides) -> np.ndarray:
    """Return truth minus forecasts in units of the scale of its side."""
    errors = np.asarray(y).reshape(forecasts.shape) - forecasts
    return errors / np.where(errors < 0, *sides)


def place_bounds(forecasts: np.ndarray, widths: np.ndarray, sides: Sides) -> Sides:
    """Return bounds that lie widths, in units of the scale of their side, from forecasts."""
    return forecasts - widths * sides[0], forecasts + widths * sides[1]


def absent_targets(X: Windows, y: Any) -> np.ndarray:
    """Return which targets are never there, as those of cells on land."""
    absent = np.full(np.prod(y.shape[1:]), X.masked)
    for start in range(0, len(X), CHUNK):
        if not absent.any():
            break
        rows = np.asarray(_safe_indexing(y, slice(start, start + CHUNK)), dtype=np.float64)
        absent &= np.isnan(rows).all(axis=0)
    return absent
