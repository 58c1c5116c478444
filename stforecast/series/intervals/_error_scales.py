"""What errors are measured in: their own unit, or a size expected of each window."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import _safe_indexing

from stforecast.estimators._inner_estimator import call_pipeline
from stforecast.exceptions import MissingValuesError
from stforecast.series._regressor import fit_regressor, last_step
from stforecast.windows import Windows

Sides = tuple[np.ndarray, np.ndarray]


class Unit(BaseEstimator):
    """Errors as they are."""

    def fit(self, estimator: Any, X: Windows, y: Any) -> Self:
        return self

    def sides(self, estimator: Any, X: Windows, forecasts: np.ndarray) -> Sides:
        """Return the sizes of errors to expect below and above forecasts (n, outputs)."""
        return np.ones_like(forecasts), np.ones_like(forecasts)


class SpreadScale(BaseEstimator):
    """The spread that the estimator itself gives: outer quantiles, or a standard deviation."""

    def fit(self, estimator: Any, X: Windows, y: Any) -> Self:
        last = last_step(estimator)
        if not (hasattr(last, "predict_quantiles") or hasattr(last, "predict_std")):
            raise TypeError(
                'scale="estimator" needs an estimator with predict_quantiles or predict_std, which '
                f"{last!r:.60} has not. Give it a QuantileDecoder, wrap it in SeedEnsemble or "
                "MonteCarloDropout, or set scale to a regressor."
            )
        return self

    def sides(self, estimator: Any, X: Windows, forecasts: np.ndarray) -> Sides:
        if hasattr(last_step(estimator), "predict_quantiles"):
            quantiles = call_pipeline(estimator, "predict_quantiles", X)
            outer = quantiles.reshape(*forecasts.shape, -1)
            return forecasts - outer[..., 0], outer[..., -1] - forecasts
        spread = call_pipeline(estimator, "predict_std", X).reshape(forecasts.shape)
        return spread, spread


class RegressorScale(BaseEstimator):
    """What a regressor, trained on the absolute training errors, says of a window."""

    def __init__(self, regressor: Any) -> None:
        self.regressor = regressor

    def fit(self, estimator: Any, X: Windows, y: Any) -> Self:
        truth = np.asarray(y).reshape(len(X), -1)
        sizes = np.abs(truth - np.asarray(estimator.predict(X)).reshape(truth.shape))
        sizes[:, np.isnan(sizes).all(axis=0)] = 0  # land: no regressor learns from NaN alone
        whole = np.flatnonzero(np.isfinite(sizes).all(axis=1))
        if not len(whole):
            raise MissingValuesError(
                f"The regressor {self.regressor!r:.60} learns the size of errors from horizons "
                "without missing values, and every training window has some. Set scale to None or "
                "'estimator'."
            )
        sizes = _safe_indexing(sizes, whole)
        self.regressor_ = fit_regressor(clone(self.regressor), X[whole], sizes)
        return self

    def sides(self, estimator: Any, X: Windows, forecasts: np.ndarray) -> Sides:
        size = np.asarray(self.regressor_.predict(X)).reshape(forecasts.shape)
        return size, size
