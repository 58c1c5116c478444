"""What is compared: estimators as they come, two ridges, and forecasts that need no windows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.first_hour.series import Task
from stforecast.estimators import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    LSTMForecaster,
    ParallelCNNLSTMForecaster,
    RelativeForecaster,
)
from stforecast.windows import Flatten, Windows, make_windows

NETWORKS = {
    "ConvLSTM": ConvLSTMForecaster,
    "CNN-LSTM": CNNLSTMForecaster,
    "LSTM": LSTMForecaster,
    "parallel": ParallelCNNLSTMForecaster,
}
ALONE = ", alone"
Forecasts = tuple[np.ndarray, dict[str, float]]


def methods() -> dict[str, Callable[[Task, np.ndarray, Any], Forecasts]]:
    """Return what forecasts each origin of the test part, by name."""
    ridge = make_pipeline(Flatten(), StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
    found: dict[str, Any] = {
        "seasonal naive": seasonal_naive,
        "Theta": partial(refitted, _theta),
        "ETS": partial(refitted, _ets),
        "ridge": partial(fitted, lambda: ridge),
        "ridge, relative": partial(fitted, lambda: RelativeForecaster(ridge)),
    }
    for name, kind in NETWORKS.items():
        found[name + ALONE] = partial(fitted, partial(kind, baseline=None, random_state=0))
        found[name] = partial(fitted, partial(kind, baseline="auto", random_state=0))
    return found


def origins(task: Task, rows: int) -> tuple[int, np.ndarray]:
    """Return how many windows are trained on, and which ones are forecast.

    All targets of the first lie before the test rows, all of the others within.
    """
    windows = rows - task.lookback - task.horizon + 1
    train = windows - task.test
    step = max(1, task.horizon // 4)
    return train, np.arange(train + task.horizon - 1, windows, step)


def fitted(make: Callable[[], Any], task: Task, X: Windows, y: Any) -> Forecasts:
    """Train once on the windows before the test part, and forecast each origin in it."""
    train, test = origins(task, len(X) + task.lookback + task.horizon - 1)
    model = make().fit(X[:train], y[:train])
    share, gain = (getattr(model, name, np.nan) for name in ("network_share_", "network_gain_"))
    notes = {"share": float(share), "gain": float(gain)}
    baseline = getattr(model, "baseline_", None)
    if baseline is not None:  # what the network gained later, in the loss that it was trained with
        later = [np.square(one.predict(X[test]) - y[test]).mean() for one in (model, baseline)]
        notes["later"] = float(1 - later[0] / later[1])
    return model.predict(X[test]), notes


def seasonal_naive(task: Task, X: Windows, _: Any) -> Forecasts:
    """Repeat the last season."""
    _, test = origins(task, len(X) + task.lookback + task.horizon - 1)
    season = np.asarray(X[test])[:, -task.season :, 0]
    return np.tile(season, (1, -(-task.horizon // task.season)))[:, : task.horizon], {}


def refitted(make: Callable[[Task, pd.Series], Any], task: Task, X: Windows, _: Any) -> Forecasts:
    """Fit anew to all rows up to each origin, and forecast."""
    _, test = origins(task, len(X) + task.lookback + task.horizon - 1)
    series = pd.Series(np.asarray(X.base)[:, 0])
    steps = np.arange(1, task.horizon + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optimisers that stop at a bound
        rows = (series[: X.ends[i]] for i in test)
        found = [make(task, seen).fit(seen, fh=steps).predict() for seen in rows]
    return np.array(found), {}


def mase(task: Task, series: np.ndarray, forecasts: np.ndarray, y: np.ndarray) -> float:
    """Return the mean absolute error in units of that of the seasonal naive one in training."""
    train, test = origins(task, len(series))
    rows = series[: train + task.lookback + task.horizon - 1]
    scale = np.abs(rows[task.season :] - rows[: -task.season]).mean()
    return float(np.abs(forecasts.reshape(len(test), -1) - y[test]).mean() / scale)


def windows(task: Task, series: np.ndarray) -> tuple[Windows, Any]:
    """Return all windows of a series."""
    return make_windows(series, lookback=task.lookback, horizon=task.horizon)


def _theta(task: Task, rows: pd.Series) -> Any:
    from sktime.forecasting.theta import ThetaForecaster

    model = "multiplicative" if rows.min() > 0 else "additive"
    return ThetaForecaster(sp=task.season, deseasonalize=task.season > 1, deseasonalize_model=model)


def _ets(task: Task, _: pd.Series) -> Any:
    from sktime.forecasting.exp_smoothing import ExponentialSmoothing

    season = {"seasonal": "add", "sp": task.season} if task.season > 1 else {}
    return ExponentialSmoothing(trend="add", damped_trend=True, **season)
