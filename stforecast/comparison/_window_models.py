"""Regressors on windows and `SeriesForecaster`, fitted once for each fold."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, prod
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from stforecast._validation import as_predictions
from stforecast.comparison._differences import Floats
from stforecast.comparison._folds import Fold
from stforecast.comparison._outcome import Outcome
from stforecast.comparison._samples import Samples
from stforecast.estimators._inner_estimator import call_pipeline, last_step
from stforecast.exceptions import SeriesTooShortError, ShapeError
from stforecast.series import SeriesForecaster
from stforecast.series._regressor import fit_regressor


@dataclass(frozen=True)
class RegressorModel:
    """A regressor that reads windows, or their rows as a table."""

    regressor: Any

    def forecast(self, samples: Samples, fold: Fold, coverage: float | None) -> Outcome:
        """Fit a copy to the training windows and forecast the test windows.

        Quantiles that the model learned are bounds, where they are those of the coverage.
        """
        X, y = samples.X, samples.y
        targets = y if len(y.shape) > 1 else np.asarray(y)[:, None]
        model = fit_regressor(
            clone(self.regressor), X[fold.train], _safe_indexing(targets, fold.train)
        )
        outputs = prod(targets.shape[1:])
        forecasts = as_predictions(
            model.predict(X[fold.test]), len(fold.test), outputs, masked=X.masked
        )
        share, gain = _network_part(model)
        bounds = None if coverage is None else _quantile_bounds(model, X[fold.test], coverage)
        return Outcome(forecasts, bounds=bounds, share=share, gain=gain)


@dataclass(frozen=True)
class SeriesModel:
    """A `SeriesForecaster`, which cuts windows of its own from the rows of the series."""

    forecaster: SeriesForecaster

    def forecast(self, samples: Samples, fold: Fold, coverage: float | None) -> Outcome:
        """Fit a copy to the training rows and forecast from the test origins."""
        table, rows = samples.table, fold.training_rows(samples)
        if isinstance(table, pd.DataFrame):
            past, table = table.iloc[rows[samples.is_row[rows]]], table[samples.is_row]
        else:
            past = table[rows]
        model = clone(self.forecaster).fit(past)
        start = _first_origin(samples, fold)
        forecasts = self._select_origins(model.backtest(table, start=start), samples, fold)
        share, gain = _network_part(model.estimator_)
        if coverage is None or not model.calibration:
            return Outcome(forecasts, share=share, gain=gain)
        sides = model.backtest(table, start=start, coverage=coverage)
        lower, upper = (self._select_origins(side, samples, fold) for side in sides)
        return Outcome(forecasts, bounds=(lower, upper), share=share, gain=gain)

    def _select_origins(self, forecasts: Any, samples: Samples, fold: Fold) -> Floats:
        """Return those of the forecasts that are made at the test origins."""
        if isinstance(forecasts, pd.DataFrame):
            rows = forecasts.index.get_indexer(samples.labels[samples.X.ends[fold.test] - 1])
            values, alike = forecasts.to_numpy(), _has_same_columns(samples.y, forecasts)
        else:
            start = samples.X.ends[fold.test].min()
            rows, values = samples.X.ends[fold.test] - start, forecasts.reshape(len(forecasts), -1)
            alike = samples.steps[0] == 1 and values.shape[1] == np.prod(samples.y.shape[1:])
        if not alike:
            steps = samples.steps
            raise ShapeError(
                "A SeriesForecaster must forecast the rows that are compared, steps "
                f"{steps[0]} to {steps[-1]} of the same target. Give it that horizon and target."
            )
        if rows.min() < 0 or rows.max() >= len(values):
            raise SeriesTooShortError(
                "A SeriesForecaster must forecast from every origin that is compared, but its "
                f"lookback of {self.forecaster.lookback} rows leaves some out. Shorten it."
            )
        return np.asarray(values[rows], dtype=np.float64)


def _quantile_bounds(model: Any, X: Any, coverage: float) -> tuple[Floats, Floats] | None:
    """Return the outer quantiles of a fitted model, None where these are not among its own."""
    last = last_step(model)
    if not hasattr(last, "predict_quantiles"):
        return None
    tail = (1 - coverage) / 2
    places = [np.flatnonzero(np.isclose(last.quantiles_, level)) for level in (tail, 1 - tail)]
    if not all(map(len, places)):
        return None
    quantiles = call_pipeline(model, "predict_quantiles", X)
    # of a single output the axis of outputs is left out
    quantiles = quantiles.reshape(len(X), -1, quantiles.shape[-1])
    lower, upper = (quantiles[:, :, place[0]] for place in places)
    return lower, upper


def _network_part(model: Any) -> tuple[float, float]:
    """Return share and gain of a network on a baseline, or of a pipeline's last step; else NaN."""
    step = last_step(model)
    if getattr(step, "blend_", None) is None:
        return nan, nan
    return step.network_share_, step.network_gain_


def _first_origin(samples: Samples, fold: Fold) -> Any:
    """Return the label, or row number, of the first test origin."""
    place = fold.test[np.argmin(samples.times[fold.test])]
    row = int(samples.X.ends[place] - 1)
    if not isinstance(samples.table, pd.DataFrame):
        return row
    label = samples.labels[row]
    return label[-1] if isinstance(label, tuple) else label


def _has_same_columns(y: Any, forecasts: pd.DataFrame) -> bool:
    return isinstance(y, pd.DataFrame) and list(y.columns) == list(forecasts.columns)
