"""Our networks in the sktime benchmark: one setting, in which only the season differs."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sktime.forecasting.base import BaseForecaster
from sktime.transformations.boxcox import LogTransformer

from benchmarks.accuracy.sktime.series import Task
from stforecast import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    FoldTime,
    LSTMForecaster,
    SktimeForecaster,
    Training,
)
from stforecast.estimators import RelativeForecaster, SeedEnsemble, WindowRidge

NETWORKS = ("ConvLSTM", "CNN-LSTM", "LSTM")
ALONE = tuple(f"{name}, alone" for name in NETWORKS)
ENSEMBLE = "ConvLSTM, alone, mean of 3 seeds"
OURS = (*NETWORKS, *ALONE, ENSEMBLE)
BASELINE = "ridge, ours: the baseline alone"
LINEAR = "ridge, relative: no network"
BATCH = 32
LONGEST = 80  # passes over the windows of a network alone
WINDOWS = 1  # times two seasons, or one cycle; chosen on rows before


def lookback(task: Task, windows: int = WINDOWS) -> int:
    """Return the rows in a window of networks on their baseline."""
    return windows * task.lookback


def estimators(task: Task) -> dict[str, Any]:
    """Return our networks on their default baseline, and the baseline alone."""
    nets = _networks(task, "auto", random_state=0)
    return {**dict(zip(NETWORKS, nets, strict=True)), BASELINE: WindowRidge()}


def networks(task: Task) -> dict[str, BaseForecaster]:
    """Return forecasters of our networks on their baseline, and of the baseline alone."""
    return {
        name: SktimeForecaster(estimator, lookback(task), task.horizon)
        for name, estimator in estimators(task).items()
    }


def networks_alone(task: Task) -> dict[str, BaseForecaster]:
    """Return the same networks without a baseline, on relative logarithms, and a ridge like them.

    How they are trained was chosen on the rows before the folds.
    """
    training = Training(validation_fraction=0.1, patience=8, ema=0.99)
    nets = _networks(task, None, batch_size=BATCH, max_epochs=LONGEST, training=training)
    found = {
        **dict(zip(ALONE, nets, strict=True)),
        ENSEMBLE: SeedEnsemble(nets[0], 3),
        LINEAR: RidgeCV([10.0**k for k in range(-3, 4)]),
    }
    return {name: LogTransformer() * _relative(task, net) for name, net in found.items()}


def _networks(task: Task, baseline: str | None, **params: Any) -> list[Pipeline]:
    """Return networks of one size behind the fold of a season into a frame."""
    found = (
        ConvLSTMForecaster(8, (1, 3), baseline=baseline, lr=0.005, device="cpu"),
        CNNLSTMForecaster((16,), 3, 32, baseline=baseline, lr=0.005, device="cpu"),
        LSTMForecaster(32, baseline=baseline, lr=0.005, device="cpu"),
    )
    return [make_pipeline(FoldTime(width=task.season), net.set_params(**params)) for net in found]


def _relative(task: Task, net: Any) -> BaseForecaster:
    return SktimeForecaster(RelativeForecaster(net), task.lookback, task.horizon, random_state=0)
