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
Score = tuple[float, dict[str, float]]  # MASE, and what a network says of itself


def methods() -> dict[str, Callable[[Task, Windows, Any], Score]]:
    """Return what is judged at each origin of the test part, by name."""
    ridge = make_pipeline(Flatten(), StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
    found: dict[str, Any] = {
        "seasonal naive": partial(compared, lambda _, __: "seasonal naive"),
        "Theta": partial(compared, _theta),
        "ETS": partial(compared, _ets),
        "ridge": partial(compared, lambda _, __: ridge),
        "ridge, relative": partial(compared, lambda _, __: RelativeForecaster(ridge)),
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


def fitted(make: Callable[[], Any], task: Task, X: Windows, y: Any) -> Score:
    """Train once on the windows before the test part, and forecast each origin in it."""
    train, test = origins(task, len(X) + task.lookback + task.horizon - 1)
    model = make().fit(X[:train], y[:train])
    share, gain = (getattr(model, name, np.nan) for name in ("network_share_", "network_gain_"))
    notes = {"share": float(share), "gain": float(gain)}
    baseline = getattr(model, "baseline_", None)
    if baseline is not None:  # what the network gained later, in the loss that it was trained with
        later = [np.square(one.predict(X[test]) - y[test]).mean() for one in (model, baseline)]
        notes["later"] = float(1 - later[0] / later[1])
    return mase(task, np.asarray(X.base)[:, 0], model.predict(X[test]), y), notes


def compared(make: Callable[[Task, Windows], Any], task: Task, X: Windows, y: Any) -> Score:
    """Compare one model at the origins; a forecaster of sktime is fitted anew at each of them."""
    train, test = origins(task, len(X) + task.lookback + task.horizon - 1)
    model = {"model": make(task, X)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optimisers that stop at a bound
        found = compare(model, (X, y), [(np.arange(train), test)], "mase", season=task.season)
    return float(found.errors["mase", "model"].mean()), {}


def mase(task: Task, series: np.ndarray, forecasts: np.ndarray, y: np.ndarray) -> float:
    """Return the mean absolute error in units of that of the seasonal naive one in training."""
    train, test = origins(task, len(series))
    rows = series[: train + task.lookback + task.horizon - 1]
    scale = np.abs(rows[task.season :] - rows[: -task.season]).mean()
    return float(np.abs(forecasts.reshape(len(test), -1) - y[test]).mean() / scale)


def windows(task: Task, series: np.ndarray) -> tuple[Windows, Any]:
    """Return all windows of a series."""
    return make_windows(series, lookback=task.lookback, horizon=task.horizon)


def _theta(task: Task, X: Windows) -> Any:
    from sktime.forecasting.theta import ThetaForecaster

    model = "multiplicative" if np.asarray(X.base).min() > 0 else "additive"
    return ThetaForecaster(sp=task.season, deseasonalize=task.season > 1, deseasonalize_model=model)


def _ets(task: Task, _: Windows) -> Any:
    from sktime.forecasting.exp_smoothing import ExponentialSmoothing

    season = {"seasonal": "add", "sp": task.season} if task.season > 1 else {}
    return ExponentialSmoothing(trend="add", damped_trend=True, **season)
