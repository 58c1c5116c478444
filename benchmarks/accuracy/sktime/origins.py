"""Networks on baselines and two ridges at many origins of every series, compared in pairs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.forecasting.theta import ThetaForecaster

from benchmarks.accuracy.sktime.networks import BASELINE, estimators
from benchmarks.accuracy.sktime.series import Task
from stforecast import make_windows
from stforecast.comparison import compare
from stforecast.estimators import RelativeForecaster
from stforecast.windows import Flatten, Windows

ORIGINS = 24
RIDGES = ("ridge", "ridge, relative")

Make = Callable[[], Any]


def references(task: Task) -> dict[str, Make]:
    """Return makers of what networks are compared with, by name."""
    return {
        "naive, seasonal": lambda: "seasonal naive",
        "Theta": partial(_theta, task),
        RIDGES[0]: _ridge,
        RIDGES[1]: lambda: RelativeForecaster(_ridge()),
    }


def networks(task: Task) -> dict[str, Make]:
    """Return makers of our networks and of the baseline that they stand on, by name."""
    found = estimators(task)
    return {name: partial(found.get, name) for name in (BASELINE, "ConvLSTM", "CNN-LSTM")}


def origin_errors(task: Task, model: Any, lookback: int) -> list[float]:
    """Return the MASE of a model at each origin, in order of time."""
    X, y = make_windows(task.load(), lookback=lookback, horizon=task.horizon)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of periods as labels, and optimisers that stop at a bound
        found = compare({"model": model}, (X, y), [split(task, X)], "mase", season=task.cycle)
    return np.round(found.errors["mase", "model"].to_numpy(), 4).tolist()


def split(task: Task, X: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return windows to learn from and origins to forecast; no target learned is forecast."""
    test = origins(task, X)
    return np.arange(test[0] - task.horizon + 1), test


def origins(task: Task, X: Windows) -> np.ndarray:
    """Return the windows to forecast from, the last of which ends with the series."""
    return len(X) - 1 - origin_step(task) * np.arange(ORIGINS)[::-1]


def origin_step(task: Task) -> int:
    """Return the rows between two origins: a season, less where that takes over a third of all."""
    spare = len(task.load()) // 3 - task.horizon
    return max(1, min(task.season, spare // (ORIGINS - 1)))


def origin_block(task: Task) -> int:
    """Return the neighbouring origins that a bootstrap draws together, a sixth of all at most."""
    return min(-(-task.horizon // origin_step(task)), ORIGINS // 6)


def before_origins(task: Task) -> Task:
    """Return the series before every origin and fold, to choose settings on."""
    return replace(task, load=partial(_earlier_rows, task))


def _earlier_rows(task: Task) -> pd.Series:
    tested = origin_step(task) * (ORIGINS - 1) + task.horizon
    return task.load().iloc[: -max(tested, task.folds * task.horizon)]


def _ridge() -> Any:
    return make_pipeline(Flatten(), StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))


def _theta(task: Task) -> Any:
    kind = "multiplicative" if task.load().min() > 0 else "additive"
    return ThetaForecaster(sp=task.cycle, deseasonalize_model=kind)
