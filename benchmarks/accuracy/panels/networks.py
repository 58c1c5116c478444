"""One setting for all panels: lookbacks, frames and budgets follow from season and horizon."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import make_pipeline

from benchmarks.accuracy.panels.series import Panel, last_windows, shortest
from stforecast.estimators import ConvLSTMForecaster, RelativeForecaster, Training
from stforecast.windows import FoldTime, make_windows

SEEDS = 5
BATCH = 64


@dataclass(frozen=True)
class Setting:
    """How a network learns a panel.

    Parameters
    ----------
    seasons : int
        Seasons in a window, as far as the shortest series has them.
    steps : int
        Batches in a training.
    per_season : int
        Origins of a season that are learned from. With 1, all of them lie whole seasons before
        the last row of their series, as the origin of the forecast does.
    log : bool
        Whether logarithms are forecast, where all values are positive.
    """

    seasons: int
    steps: int = 2000
    per_season: int = 1
    log: bool = True

    def __str__(self) -> str:
        return "ConvLSTM " + " ".join(map(str, astuple(self)))


MEMBERS = (Setting(7), Setting(14))  # whose forecasts are averaged


def lookback(panel: Panel, setting: Setting) -> int:
    """Return the rows of a window: whole seasons, so few that every series has a target."""
    most = (shortest(panel) - panel.horizon) // panel.season
    if most < 1:
        raise ValueError(
            f"Every series must have a season and a horizon, {panel.season + panel.horizon} rows, "
            f"but the shortest has {shortest(panel)}. Leave out shorter series."
        )
    return panel.season * min(setting.seasons, most)


def prepare(panel: Panel, setting: Setting) -> tuple[list[np.ndarray], bool]:
    """Return the series as they are learned, and whether they are logarithms."""
    log = setting.log and all((rows > 0).all() for rows in panel.train)
    return [np.log(rows) if log else rows for rows in panel.train], log


def training_windows(panel: Panel, setting: Setting) -> tuple[Any, Any]:
    """Return windows of all series whose origins lie whole strides before the last."""
    rows, (series, _) = lookback(panel, setting), prepare(panel, setting)
    X, y = make_windows(series, lookback=rows, horizon=panel.horizon)
    stride = max(1, round(panel.season / setting.per_season))
    counts = np.array([len(one) - rows - panel.horizon + 1 for one in series])
    firsts = np.cumsum(counts) - counts
    places = [
        first + np.arange((count - 1) % stride, count, stride)
        for first, count in zip(firsts, counts, strict=True)
    ]
    chosen = np.concatenate(places)
    return X[chosen], y[chosen]


def network(panel: Panel, setting: Setting, windows: int, seed: int) -> RelativeForecaster:
    """Return the network: seasons are frames, and every window has its own level and scale."""
    inner = make_pipeline(
        FoldTime(width=panel.season),
        ConvLSTMForecaster(
            32,
            (1, 3),
            baseline=None,
            lr=0.003,
            batch_size=BATCH,
            max_epochs=max(1, round(setting.steps * BATCH / windows)),
            training=Training(loss="mae", schedule="cosine", validation_fraction=0.0),
            random_state=seed,
        ),
    )
    return RelativeForecaster(inner, "mean", scale=True)


def forecast_by(panel: Panel, setting: Setting, seed: int) -> np.ndarray:
    """Return the rows after every series that one network forecasts: (series, horizon)."""
    X, y = training_windows(panel, setting)
    model = network(panel, setting, len(X), seed).fit(X, y)
    return following(panel, setting, model)


def following(panel: Panel, setting: Setting, model: Any) -> np.ndarray:
    """Return what a model fitted on the windows forecasts after every series."""
    series, log = prepare(panel, setting)
    found = model.predict(last_windows(series, lookback(panel, setting))[:, :, None])
    return np.exp(found) if log else found
