"""What scores the rows of a series: z-scores of residuals, and the detector on forecasters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.anomaly.series import Series
from stforecast.estimators import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    ForecastAnomalyDetector,
    RelativeForecaster,
    Training,
)
from stforecast.windows import Flatten, FoldTime, make_windows

HORIZON = 12


def from_profile(series: Series) -> np.ndarray:
    """Return how far each row is from the mean of its place in the season."""
    return _z(series.values - _profile(series.values, series), series)


def from_last_season(series: Series) -> np.ndarray:
    """Return how far each row is from that a season before."""
    x, s = series.values, series.season
    return _z(np.concatenate([np.zeros(s), x[s:] - x[:-s]]), series)


def from_trend_and_profile(series: Series) -> np.ndarray:
    """Return how far each row is from the mean of the season before it plus the profile."""
    x = pd.Series(series.values)
    trend = x.rolling(series.season, min_periods=1).mean().shift(1, fill_value=x.iloc[0])
    detrended = (x - trend).to_numpy()
    return _z(detrended - _profile(detrended, series), series)


def _profile(values: np.ndarray, series: Series) -> np.ndarray:
    place = np.arange(len(values)) % series.season
    known = values[: series.start], place[: series.start]
    means = np.array([known[0][known[1] == one].mean() for one in range(series.season)])
    return means[place]


def _z(residual: np.ndarray, series: Series) -> np.ndarray:
    known = residual[: series.start]
    return np.abs(residual - known.mean()) / known.std()


def detector(forecaster: Any) -> Callable[[Series], np.ndarray]:
    """Return what scores a series by the anomaly detector around a forecaster."""

    def scores(series: Series) -> np.ndarray:
        X, _ = make_windows(series.values, lookback=series.lookback + HORIZON, horizon=0)
        found = ForecastAnomalyDetector(
            RelativeForecaster(forecaster(series), level="mean"), horizon=HORIZON
        ).fit(X[X.ends <= series.start])
        strange = np.zeros(len(series.values))
        strange[X.ends - 1] = -found.score_samples(X)
        return strange

    return scores


def _training(seed: int) -> dict[str, Any]:
    return {
        "baseline": None, "lr": 0.004, "max_epochs": 30, "random_state": seed, "device": "cpu",
        "training": Training(validation_fraction=0.15, patience=6),
    }  # fmt: skip


def _ridge(_: Series) -> Any:
    return make_pipeline(Flatten(), StandardScaler(), Ridge(10.0))


def _cnn_lstm(seed: int) -> Callable[[Series], Any]:
    return lambda series: make_pipeline(
        FoldTime(width=series.width), CNNLSTMForecaster((16,), (1, 5), 32, **_training(seed))
    )


def _convlstm(seed: int) -> Callable[[Series], Any]:
    return lambda series: make_pipeline(
        FoldTime(width=series.width), ConvLSTMForecaster(16, (1, 5), **_training(seed))
    )


Z_SCORES = {
    "z: seasonal profile": from_profile,
    "z: last season": from_last_season,
    "z: trend and profile": from_trend_and_profile,
}
RIDGE = "detector, ridge"
NETWORKS = {"detector, CNN-LSTM": _cnn_lstm, "detector, ConvLSTM": _convlstm}


def methods(seeds: int) -> dict[str, list[Callable[[Series], np.ndarray]]]:
    """Return all that is compared, what depends on a seed once for each."""
    fixed = {**Z_SCORES, RIDGE: detector(_ridge)}
    return {name: [one] for name, one in fixed.items()} | {
        name: [detector(make(seed)) for seed in range(seeds)] for name, make in NETWORKS.items()
    }


def area(series: Series, scores: np.ndarray) -> float:
    """Return the area under the ROC curve in the test part."""
    return roc_auc_score(series.anomalous[series.start :], scores[series.start :])
