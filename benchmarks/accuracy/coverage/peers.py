"""The same forecasts with intervals by other libraries."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from benchmarks.accuracy.coverage.scores import PROBABILITIES, Judged
from benchmarks.accuracy.coverage.streams import Stream
from stforecast import SeriesForecaster, make_windows


class Given(RegressorMixin, BaseEstimator):
    """A regressor whose predictions are handed to it."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn nothing."""
        self.n_features_in_ = 1
        self.fitted_ = True
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the one column."""
        return np.asarray(X)[:, 0]


def mapie_adaptive(stream: Stream, model: str, trained: SeriesForecaster, rate: float) -> Judged:
    """Return MAPIE's adaptive intervals, a regressor of its own for each step of the horizon."""
    from mapie.regression import TimeSeriesRegressor

    warnings.filterwarnings("ignore", "\n *This function behavior has been changed")
    X, y = make_windows(
        stream.series, lookback=trained.lookback, horizon=stream.horizon, known=stream.known
    )
    forecasts = np.asarray(trained.estimator_.predict(X))
    targets = np.asarray(y)
    origin = stream.first - trained.lookback  # the window that ends right before the rows judged
    known = slice(origin - stream.horizon + 1 - stream.held, origin - stream.horizon + 1)
    starts = range(origin, len(X), stream.horizon)
    shares = [
        round(abs(1 - 2 * probability), 6) for probability in PROBABILITIES if probability != 0.5
    ]
    shares = sorted(set(shares))
    quantiles = {
        probability: np.empty((len(starts), stream.horizon)) for probability in PROBABILITIES
    }
    for step in range(stream.horizon):
        column, truth = forecasts[:, step : step + 1], targets[:, step]
        peer = TimeSeriesRegressor(Given().fit(column), method="aci", cv="prefit")
        peer.fit(column[known], truth[known])
        for i, start in enumerate(starts):
            middle, bounds = peer.predict(
                column[start : start + 1], confidence_level=shares, allow_infinite_bounds=True
            )
            for j, share in enumerate(shares):
                low, high = bounds[0, :, j]
                quantiles[round((1 - share) / 2, 6)][i, step] = low
                quantiles[round((1 + share) / 2, 6)][i, step] = high
            quantiles[0.5][i, step] = middle[0]
            fresh = slice(start - stream.horizon + 1, start + 1)
            peer.adapt_conformal_inference(column[fresh], truth[fresh], rate, shares)
            peer.update(column[fresh], truth[fresh])
    judged = targets[starts.start :: stream.horizon]
    return Judged(stream.name, model, f"MAPIE, adaptive {rate}", quantiles, judged, stream.block)
