"""What is compared: estimators as they come, two ridges, and forecasts that need no windows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.first_hour.series import Task
from stforecast.comparison import compare
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
METRICS = ["mase", "neg_mean_squared_error"]
Make = Callable[[Task, Windows], Any]


def methods() -> dict[str, Make]:
    """Return what is judged at each origin of the test part, by name."""
    ridge = make_pipeline(Flatten(), StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
    found: dict[str, Make] = {
        "seasonal naive": lambda _, __: "seasonal naive",
        "Theta": _theta,
        "ETS": _ets,
        "ridge": lambda _, __: ridge,
        "ridge, relative": lambda _, __: RelativeForecaster(ridge),
    }
    for name, kind in NETWORKS.items():
        found[name + ALONE] = partial(_network, kind, None)
        found[name] = partial(_network, kind, "auto")
    return found


def score(task: Task, X: Windows, y: Any, method: str) -> dict[str, float]:
    """Return the MASE of a method, and of a network on a ridge what it added to that.

    Networks and regressors learn once, from windows whose targets lie before the test rows; a
    forecaster of sktime is fitted anew at each origin.
    """
    models = {"model": methods()[method](task, X)}
    if method in NETWORKS:
        models["ridge"] = "ridge"  # what the default baseline is on tables
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optimisers that stop at a bound
        found = compare(models, (X, y), [origins(task, len(X))], METRICS, season=task.season)
    errors, notes = found.errors.mean(), {}
    if method in NETWORKS:
        before = found.models.loc["model"]
        notes = {"share": before["share"], "gain": before["gain"]}
        squares = errors["mean_squared_error"]  # the loss that networks are trained with
        notes["later"] = 1 - squares["model"] / squares["ridge"]
    return {"mase": errors["mase", "model"], **notes}


def origins(task: Task, windows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows to learn from, and those that are forecast.

    All targets of the former lie before the test rows, all of the others within.
    """
    train = windows - task.test
    step = max(1, task.horizon // 4)
    return np.arange(train), np.arange(train + task.horizon - 1, windows, step)


def windows(task: Task, series: np.ndarray) -> tuple[Windows, Any]:
    """Return all windows of a series."""
    return make_windows(series, lookback=task.lookback, horizon=task.horizon)


def _network(kind: type, baseline: str | None, _: Task, __: Windows) -> Any:
    return kind(baseline=baseline, random_state=0)


def _theta(task: Task, X: Windows) -> Any:
    from sktime.forecasting.theta import ThetaForecaster

    model = "multiplicative" if np.asarray(X.base).min() > 0 else "additive"
    return ThetaForecaster(sp=task.season, deseasonalize=task.season > 1, deseasonalize_model=model)


def _ets(task: Task, _: Windows) -> Any:
    from sktime.forecasting.exp_smoothing import ExponentialSmoothing

    season = {"seasonal": "add", "sp": task.season} if task.season > 1 else {}
    return ExponentialSmoothing(trend="add", damped_trend=True, **season)
