"""One setting for all panels: lookbacks, frames and budgets follow from season and horizon."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
from sklearn.pipeline import make_pipeline

from benchmarks.accuracy.panels.series import Panel
from stforecast.estimators import (
    ConvLSTMForecaster,
    QuantileDecoder,
    RelativeForecaster,
    Training,
)
from stforecast.windows import FoldTime, Windows, latest_windows, make_windows

SEEDS = 5
BATCH = 64


@dataclass(frozen=True)
class Setting:
    """How a network learns a panel.

    Parameters
    ----------
    seasons : int
        Seasons in a window. Rows before the first of a series are missing.
    steps : int
        Batches in a training.
    log : bool
        Whether logarithms are forecast, where no value is negative.
    quantiles : tuple of float
        Probabilities of lying below what is forecast; of none, the absolute error is trained.
    """

    seasons: int
    steps: int = 2000
    log: bool = True
    quantiles: tuple[float, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, ("ConvLSTM", *astuple(self)[:-1], *self.quantiles)))


MEMBERS = (Setting(7), Setting(14))  # whose forecasts are averaged
# whose outer quantiles are averaged, the bounds of intervals of 95 %
BOUNDS = tuple(replace(member, quantiles=(0.025, 0.5, 0.975)) for member in MEMBERS)


def is_long(panel: Panel) -> bool:
    """Return whether every series fills the longest windows, so that none is padded.

    The deviation of a few rows is a poor scale, so windows are scaled in long panels alone. These
    are learned from whole windows in the phase of the forecast's, others from all there are.
    """
    rows = panel.season * max(member.seasons for member in MEMBERS) + panel.horizon
    return all(len(one) >= rows for one in panel.train)


def uses_log(panel: Panel, setting: Setting) -> bool:
    """Return whether logarithms are learned: where no value is negative."""
    return setting.log and all((rows >= 0).all() for rows in panel.train)


def prepare(panel: Panel, setting: Setting) -> list[np.ndarray]:
    """Return the series as they are learned."""
    return [log(rows) for rows in panel.train] if uses_log(panel, setting) else panel.train


def log(rows: np.ndarray) -> np.ndarray:
    """Return logarithms, in which a zero counts as half the least positive value of the series."""
    least = rows[rows > 0].min(initial=np.inf)
    return np.log(np.where(rows > 0, rows, least / 2 if np.isfinite(least) else 1.0))


def training_windows(panel: Panel, setting: Setting) -> tuple[Any, Any]:
    """Return windows of all series, of a long panel those whole seasons before the last.

    Of others, they hold a season at least; rows before the first of a series are missing.
    """
    lookback, long = panel.season * setting.seasons, is_long(panel)
    least = lookback if long else panel.season
    series = [rows for rows in prepare(panel, setting) if len(rows) >= least + panel.horizon]
    if not series:
        raise ValueError(
            f"A panel is learned from series of a season and a horizon, {least + panel.horizon} "
            f"rows, but the longest has {max(map(len, panel.train))}. Pass a smaller --season or "
            "--horizon."
        )
    padded = [pad(rows, lookback - least) for rows in series]
    X, y = make_windows(padded, lookback=lookback, horizon=panel.horizon, missing=missing(panel))
    counts = np.array([len(rows) - lookback - panel.horizon + 1 for rows in padded])
    stride = panel.season if long else 1
    chosen = np.concatenate(
        [
            last - np.arange(0, count, stride)[::-1]
            for last, count in zip(np.cumsum(counts) - 1, counts, strict=True)
        ]
    )
    return X[chosen], y[chosen]


def missing(panel: Panel) -> str:
    """Return what a missing row does: long panels have none."""
    return "error" if is_long(panel) else "mask"


def pad(rows: np.ndarray, count: int) -> np.ndarray:
    """Return rows with missing ones before them."""
    return np.concatenate([np.full(count, np.nan), rows])


def network(panel: Panel, setting: Setting, windows: int, seed: int) -> RelativeForecaster:
    """Return the network: seasons are frames, and every window has its own level."""
    loss = "pinball" if setting.quantiles else "mae"
    inner = make_pipeline(
        FoldTime(width=panel.season),
        ConvLSTMForecaster(
            32,
            (1, 3),
            baseline=None,
            decoder=QuantileDecoder(setting.quantiles) if setting.quantiles else "auto",
            lr=0.003,
            batch_size=BATCH,
            max_epochs=max(1, round(setting.steps * BATCH / windows)),
            training=Training(loss=loss, schedule="cosine", validation_fraction=0.0),
            random_state=seed,
        ),
    )
    return RelativeForecaster(inner, "mean", scale=is_long(panel))


def forecast_by(panel: Panel, setting: Setting, seed: int) -> np.ndarray:
    """Return the rows after every series that one network forecasts.

    Returns
    -------
    ndarray of shape (series, horizon) or (series, horizon, quantiles)
        Where there are quantiles, all of them.
    """
    X, y = training_windows(panel, setting)
    model = network(panel, setting, len(X), seed).fit(X, y)
    forecast = model.predict_quantiles if setting.quantiles else model.predict
    return after_log(panel, setting, forecast(latest(panel, setting)))


def latest(panel: Panel, setting: Setting) -> Windows:
    """Return the last window of every series."""
    lookback = panel.season * setting.seasons
    return latest_windows(
        [pad(rows, lookback)[-lookback:] for rows in prepare(panel, setting)],
        lookback=lookback,
        horizon=panel.horizon,
        missing=missing(panel),
    )


def after_log(panel: Panel, setting: Setting, found: np.ndarray) -> np.ndarray:
    """Return what was forecast from the series as they are learned, in the units of the panel."""
    return np.exp(found) if uses_log(panel, setting) else found
