"""Streams to be covered: a series, a forecaster of it, and the rows whose bounds are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.pipeline import Pipeline, make_pipeline

from benchmarks.accuracy.household_power.networks import build, known, load_setting
from benchmarks.accuracy.household_power.protocol import WEEK, Weeks
from stforecast import ConvLSTMForecaster, Training
from stforecast.estimators import (
    MonteCarloDropout,
    QuantileDecoder,
    RelativeForecaster,
    SeedEnsemble,
)

NAIVE, NETWORK, QUANTILES = "seasonal naive", "ConvLSTM", "ConvLSTM, quantiles"
DROPOUT, ENSEMBLE = "ConvLSTM, MC dropout", "ConvLSTM, ensemble of 5"
TRAINED = (0.025, 0.1, 0.5, 0.9, 0.975)
HOURS_PER_DAY = 24
COARSEN = 3  # cells on a side of the maps that are averaged to one


@dataclass(frozen=True, eq=False)
class Stream:
    """A series whose last rows are forecast a horizon at a time, as they come.

    Parameters
    ----------
    name : str
        What the table calls it.
    series : Series or ndarray
        Ends with the last row to be judged.
    first : int
        First row to be judged; nothing is trained on it or later ones.
    horizon : int
        Rows forecast at once, and rows from one origin to the next.
    block : int
        Forecasts that the bootstrap draws together.
    held : int
        Origins before `first` that are kept for calibration.
    models : mapping of str to (estimator, lookback)
        What forecasts it.
    known : DataFrame, optional
        Covariates known ahead.
    """

    name: str
    series: Any
    first: int
    horizon: int
    block: int
    held: int
    models: Mapping[str, tuple[Any, int]] = field(default_factory=dict)
    known: pd.DataFrame | None = None


class SeasonalNaive(RegressorMixin, BaseEstimator):
    """The last season once more, whatever the windows.

    Parameters
    ----------
    season : int
        Rows in a season.
    horizon : int
        Rows to forecast, a season at the most.
    """

    def __init__(self, season: int, horizon: int) -> None:
        self.season = season
        self.horizon = horizon

    def fit(self, X: Any, y: Any) -> Self:
        """Learn nothing."""
        self.fitted_ = True
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the rows a season before those of the horizon."""
        rows = np.asarray(X[:, -self.season :])[:, : self.horizon]
        return rows.reshape(len(rows), -1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def household(weeks: Weeks, held: int, models: tuple[str, ...]) -> Stream:
    """Return weeks of one household's daily power, each forecast from all days before it."""
    setting = load_setting("convlstm_calendar")
    lookback = setting["lookback"]
    made = {
        NAIVE: lambda: SeasonalNaive(WEEK, WEEK),
        NETWORK: lambda: build("convlstm_calendar", setting),
        QUANTILES: lambda: with_quantiles(build("convlstm_calendar", setting)),
        DROPOUT: lambda: with_dropout(build("convlstm_calendar", setting)),
        ENSEMBLE: lambda: SeedEnsemble(build("convlstm_calendar", setting), random_state=0),
    }
    end = int(weeks.starts[-1]) + WEEK
    return Stream(
        "household power, daily",
        weeks.power.iloc[:end],
        weeks.first_row,
        WEEK,
        1,
        held,
        {name: (made[name](), lookback) for name in models},
        known(setting, weeks),
    )


def with_quantiles(pipe: Pipeline) -> Pipeline:
    """Return the network of a pipeline, trained for quantiles."""
    network = pipe[-1]
    decoder = QuantileDecoder(TRAINED, decoder=network.decoder)
    return pipe.set_params(**{f"{pipe.steps[-1][0]}__decoder": decoder})


def with_dropout(pipe: Pipeline) -> Pipeline:
    """Return the network of a pipeline, forecasting with dropout left on."""
    return make_pipeline(*pipe[:-1], MonteCarloDropout(pipe[-1], random_state=0))


def temperatures(path: Path, last: int, held: int, models: tuple[str, ...]) -> Stream:
    """Return hourly temperature maps of March 2019, `last` hours of which are judged.

    Parameters
    ----------
    path : Path
        Archive with the maps [hours, 1, rows, columns] under ``X``, in kelvin.
    last : int
        Row behind the last one judged.
    held : int
        Origins kept for calibration.
    models : tuple of str
        What forecasts.
    """
    maps = coarse(np.load(path)["X"][:last], COARSEN)
    horizon, judged = 6, 144
    network = ConvLSTMForecaster(
        8, 3, decoder="rollout", baseline=None, lr=0.005, max_epochs=10, batch_size=32,
        device="cpu", training=Training(validation_fraction=0.0, schedule="cosine"), random_state=0,
    )  # fmt: skip
    made = {
        NAIVE: (SeasonalNaive(HOURS_PER_DAY, horizon), HOURS_PER_DAY),
        NETWORK: (RelativeForecaster(network), HOURS_PER_DAY // 2),
    }
    return Stream(
        "ERA5 temperature, hourly maps",
        maps[:last],
        last - judged,
        horizon,
        HOURS_PER_DAY // horizon,
        held,
        {name: made[name] for name in models},
    )


def coarse(maps: np.ndarray, side: int) -> np.ndarray:
    """Return maps whose cells are means of `side` x `side` cells; what is left over is cut off."""
    N, C, H, W = maps.shape
    cut = maps[:, :, : H // side * side, : W // side * side]
    return cut.reshape(N, C, H // side, side, W // side, side).mean(axis=(3, 5), dtype=np.float64)
