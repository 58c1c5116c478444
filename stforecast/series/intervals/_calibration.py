"""Bounds around forecasts, from scores of forecasts whose truth is known."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol, Self

import numpy as np
from sklearn.base import BaseEstimator

from stforecast._validation import check_number
from stforecast.series.intervals._scales import Sides
from stforecast.series.intervals._scores import (
    Scores,
    by_series,
    check_coverage,
    half_widths,
    series_keys,
    slide,
)
from stforecast.windows import Windows

LEAST_SCALE = 0.1  # of its mean, so that no window's scale vanishes and its score explodes


class Scale(Protocol):
    """Sizes of errors to expect."""

    def fit(self, estimator: Any, X: Windows, y: Any) -> Self: ...
    def sides(self, estimator: Any, X: Windows, forecasts: np.ndarray) -> Sides: ...


class Levels(Protocol):
    """The share of scores that bounds have to hold for a coverage."""

    def observe(self, before: Scores, fresh: Scores, reach: int) -> None: ...
    def at(self, key: Hashable, coverage: float) -> Any: ...


class Calibration(BaseEstimator):
    """Fitted conformal bounds: the latest scores of each series, and how they are used.

    Attributes
    ----------
    scores : dict of ndarray of shape (n, horizon * outputs)
        Truth minus forecast, in units of the scale, of each series, in order of time.
    """

    def __init__(self, scale: Scale, levels: Levels) -> None:
        self.scale = scale
        self.levels = levels
        self.scores: Scores = {}

    def fit(self, estimator: Any, X: Windows, y: Any) -> Self:
        """Learn the scale from the windows that the estimator was trained on."""
        self.scale.fit(estimator, X, y)
        return self

    def observe(self, estimator: Any, X: Windows, y: Any, forecasts: np.ndarray) -> None:
        """Take in forecasts of windows that were not trained on, in place of the oldest."""
        down, up = self.scale.sides(estimator, X, forecasts)
        if not self.scores:
            self.least = [LEAST_SCALE * side.mean(axis=0) for side in (down, up)]
        down, up = self._floored(down, up)
        errors = np.asarray(y).reshape(forecasts.shape) - forecasts
        fresh = by_series(X, errors / np.where(errors < 0, down, up))
        self.levels.observe(self.scores, fresh, X.reach)
        self.scores = slide(self.scores, fresh) if self.scores else fresh

    def sides(self, estimator: Any, X: Windows, forecasts: np.ndarray) -> Sides:
        """Return the scale of errors below and above forecasts (windows, horizon * outputs)."""
        return self._floored(*self.scale.sides(estimator, X, forecasts))

    def bounds(self, X: Windows, forecasts: np.ndarray, sides: Sides, coverage: float) -> Sides:
        """Return lower and upper bounds of forecasts, given the scale of their errors."""
        check_number("coverage", coverage, 0.0, 1.0)
        keys = series_keys(X)
        found = {key: self._half_widths(key, coverage) for key in set(keys)}
        widths = np.array([found[key] for key in keys]).reshape(forecasts.shape)
        return forecasts - widths * sides[0], forecasts + widths * sides[1]

    def _floored(self, down: np.ndarray, up: np.ndarray) -> Sides:
        return np.maximum(down, self.least[0]), np.maximum(up, self.least[1])

    def _half_widths(self, key: Hashable, coverage: float) -> np.ndarray:
        if key not in self.scores:
            raise ValueError(
                f"Intervals need calibration errors of series {key!r}, and there are none. Hold "
                "back more origins in fit, or leave that series out."
            )
        check_coverage(self.scores[key], coverage)
        return half_widths(self.scores[key], self.levels.at(key, coverage))
