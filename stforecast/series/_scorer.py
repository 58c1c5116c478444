"""scikit-learn's metrics on a series, for searches over the table itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names


class _FixedForecasts(RegressorMixin, BaseEstimator):
    """A regressor whose predictions are handed to it."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X


def forecast_scorer(name: str) -> Callable[..., float]:
    """Return a scorer of `SeriesForecaster` by the name of a scikit-learn metric.

    Use it as ``scoring=`` in a search over a table: every test part is forecast from each of its
    origins, the first ones from the rows of training before it, and scored over all steps. Where
    values of the truth are missing, those present are scored as one list.

    Parameters
    ----------
    name : str
        Any of scikit-learn's scorer names for regression, e.g. "neg_root_mean_squared_error".

    Returns
    -------
    callable
        ``scorer(forecaster, X, y=None) -> float``, greater is better.

    Raises
    ------
    TypeError
        If it is not a name; when called, if what is scored is not a `SeriesForecaster`.
    ValueError
        If scikit-learn has no scorer of that name.

    Notes
    -----
    A search cuts whatever has as many rows as the table. Pass it known covariates as a function
    of the index (`calendar_features`), or as a table that reaches further.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    >>> from stforecast import SeriesForecaster, forecast_scorer
    >>> days = pd.date_range("2010-11-01", periods=60)
    >>> load = pd.DataFrame({"kWh": [float(d.dayofweek) for d in days]}, index=days)
    >>> search = GridSearchCV(
    ...     SeriesForecaster(Ridge(1e-6), lookback=7),
    ...     {"lookback": [2, 7]},
    ...     cv=TimeSeriesSplit(3),
    ...     scoring=forecast_scorer("neg_mean_absolute_error"),
    ... )
    >>> search.fit(load).best_params_
    {'lookback': 7}
    """
    if not isinstance(name, str):
        raise TypeError(
            f"forecast_scorer takes the name of a scikit-learn scorer, got {name!r:.60}. Pass "
            "'neg_mean_absolute_error', say."
        )
    if name not in get_scorer_names():
        raise ValueError(
            f"name must be that of a scikit-learn scorer, got {name!r:.60}. Pass "
            "'neg_mean_absolute_error', say; sklearn.metrics.get_scorer_names() lists them."
        )
    return _ForecastScorer(name, get_scorer(name))


class _ForecastScorer:
    """Scores forecasts against truth with a scikit-learn scorer; picklable for ``n_jobs``."""

    def __init__(self, name: str, scorer: Any) -> None:
        self.name = name
        self.scorer = scorer

    def __call__(self, forecaster: Any, X: Any, y: Any = None) -> float:
        if not hasattr(forecaster, "paired_forecasts"):
            raise TypeError(
                f"{self!r} scores a SeriesForecaster on a table, got {forecaster!r:.60}. Score "
                f"estimators on windows with scoring={self.name!r}."
            )
        predictions, truth = present_pairs(*forecaster.paired_forecasts(X))
        return float(self.scorer(_FixedForecasts(), predictions, truth))

    def __repr__(self) -> str:
        return f"forecast_scorer({self.name!r})"


def present_pairs(predictions: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return forecasts and truth as they are, or in one list of what is there."""
    there = np.isfinite(truth) & np.isfinite(predictions)
    return (predictions, truth) if there.all() else (predictions[there], truth[there])
