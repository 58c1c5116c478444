"""Our networks in the sktime benchmark: one setting, in which only the season differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
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
from stforecast.estimators import RelativeForecaster, SeedEnsemble

OURS = ("ConvLSTM", "CNN-LSTM", "LSTM: no convolution", "ConvLSTM, mean of 3 seeds")
LINEAR = "ridge, relative: no network"
BATCH = 32
LONGEST = 80  # passes over the windows


@dataclass(frozen=True)
class Setting:
    """What may be chosen for our networks, the same for all series.

    Parameters
    ----------
    values : {"as they are", "logarithms"}
        What is done to the series first.
    relative : bool, default=True
        Whether windows are taken relative to their last value.
    seasons : int, default=2
        Seasons in a window; where a cycle holds several seasons, a window is one cycle.
    steps : int or None, default=300
        Batches to train on, however long the series; None trains until the latest tenth of the
        windows is forecast no better.
    """

    values: str
    relative: bool = True
    seasons: int = 2
    steps: int | None = 300

    def lookback(self, task: Task) -> int:
        """Return the rows in a window."""
        return task.cycle if task.cycle > task.season else self.seasons * task.season

    def epochs(self, task: Task) -> int:
        """Return how often a network sees all windows of the first fold, at most."""
        if self.steps is None:
            return LONGEST
        rows = len(task.load()) - task.folds * task.horizon
        windows = rows - task.horizon - self.lookback(task) + 1
        return max(2, round(self.steps * BATCH / windows))

    def training(self) -> Training:
        """Return how a network is trained."""
        if self.steps is None:
            return Training(validation_fraction=0.1, patience=8, ema=0.99)
        return Training(validation_fraction=0.0, ema=0.99)


CHOSEN = Setting("logarithms", steps=None)


def networks(task: Task, setting: Setting = CHOSEN) -> dict[str, BaseForecaster]:
    """Return our networks, and what is left of them without a network."""
    common = {
        "baseline": None,
        "lr": 0.005,
        "batch_size": BATCH,
        "max_epochs": setting.epochs(task),
        "training": setting.training(),
        "device": "cpu",
    }
    found = (
        ConvLSTMForecaster(8, (1, 3), **common),
        CNNLSTMForecaster((16,), 3, 32, **common),
        LSTMForecaster(32, **common),
    )
    folded = [make_pipeline(FoldTime(width=task.season), net) for net in found]
    nets = {
        **dict(zip(OURS, folded, strict=False)),
        OURS[3]: SeedEnsemble(folded[0], 3),
        LINEAR: RidgeCV([10.0**k for k in range(-3, 4)]),
    }
    return {name: _forecaster(task, net, setting) for name, net in nets.items()}


def _forecaster(task: Task, estimator: Any, setting: Setting) -> BaseForecaster:
    inner = SktimeForecaster(
        RelativeForecaster(estimator) if setting.relative else estimator,
        setting.lookback(task),
        task.horizon,
        random_state=0,
    )
    return LogTransformer() * inner if setting.values == "logarithms" else inner
