"""Small series and small forecasters that the tests of this room share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.estimators import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    LSTMForecaster,
    ParallelCNNLSTMForecaster,
    Training,
)
from stforecast.windows import make_windows

SIZES: dict[type, dict[str, Any]] = {
    LSTMForecaster: {"hidden_channels": 8},
    ConvLSTMForecaster: {"hidden_channels": 4, "kernel_size": (1, 1)},
    CNNLSTMForecaster: {"filters": (4,), "hidden_channels": 8},
    ParallelCNNLSTMForecaster: {"filters": (4,), "hidden_channels": 8},
}
FORECASTERS = tuple(SIZES)
ALL_SAMPLES = Training(validation_fraction=0)
OWN_UNITS = Training(standardize=False)
ALL_IN_OWN_UNITS = Training(standardize=False, validation_fraction=0)


def small(kind: type = LSTMForecaster, **params: Any) -> Any:
    """A network alone that fits in a moment, the same each time."""
    quick = {"max_epochs": 2, "batch_size": 16, "random_state": 0, "device": "cpu"}
    return kind(**{**SIZES[kind], **quick, "baseline": None, **params})


def noise(rows: int = 80, columns: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns))


def table_windows(rows: int = 80, **params: Any) -> tuple[Any, Any]:
    """Windows of a table of two columns, two steps of both to forecast."""
    return make_windows(noise(rows), **{"lookback": 5, "horizon": 2, **params})


def map_windows(rows: int = 40) -> tuple[Any, Any]:
    """Windows of 3 x 4 maps of one channel, whose targets are maps."""
    maps = np.random.default_rng(0).normal(size=(rows, 1, 3, 4))
    return make_windows(maps, lookback=4, horizon=2)


def weights(model: Any) -> dict[str, np.ndarray]:
    return {k: v.detach().cpu().numpy() for k, v in model.net_.module_.state_dict().items()}


def same_weights(one: Any, other: Any) -> bool:
    ours, theirs = weights(one), weights(other)
    return ours.keys() == theirs.keys() and all(
        np.array_equal(ours[name], theirs[name]) for name in ours
    )


def walk(rows: int = 160, seed: int = 0) -> pd.DataFrame:
    """A series of which nothing but the last value helps."""
    steps = np.random.default_rng(seed).normal(size=(rows, 2)).cumsum(axis=0)
    return pd.DataFrame(steps, pd.date_range("2020-01-01", periods=rows), columns=["a", "b"])


def windows(series=None, **params):
    series = walk() if series is None else series
    return make_windows(series, **{"lookback": 6, "horizon": 2, **params})
