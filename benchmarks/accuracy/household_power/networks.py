"""Our networks on household power: what can be set, and how a setting becomes forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline, make_pipeline

from benchmarks.accuracy.household_power.baselines import fit_predict, forecast_weeks, split
from benchmarks.accuracy.household_power.protocol import WEEK, Weeks
from benchmarks.lib.results import RESULTS, ResultFile
from stforecast import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    FoldTime,
    Training,
    make_windows,
)
from stforecast.estimators import CNNLSTMLayers, DenseDecoder, SeedEnsemble, StepDecoder
from stforecast.windows import calendar_features

SETTINGS_FILE = RESULTS / "household_power" / "settings.json"

# a short training stops by its number of epochs, chosen beforehand, and trains on every origin
_TRAINING = Training(validation_fraction=0.0)
# on these weeks networks alone are ahead of networks on a ridge
_ALONE: dict[str, Any] = {"baseline": None, "training": _TRAINING}
NETWORKS = {
    "convlstm_grid": ConvLSTMForecaster(decoder=DenseDecoder(), **_ALONE),
    "convlstm_calendar": ConvLSTMForecaster(decoder=DenseDecoder(), **_ALONE),
    "cnn_lstm_calendar": CNNLSTMForecaster(
        layers=CNNLSTMLayers(), decoder=DenseDecoder(), **_ALONE
    ),
}
# forecasters as a newcomer makes them, on their default baseline, which read four weeks
DEFAULTS = (ConvLSTMForecaster, CNNLSTMForecaster)
DEFAULT_LOOKBACK = 28
DECODERS = {"dense": DenseDecoder, "step": StepDecoder}
TITLES = {
    "convlstm_grid": "ConvLSTM, grid alone",
    "convlstm_calendar": "ConvLSTM + calendar",
    "cnn_lstm_calendar": "CNN-LSTM + calendar",
}
# parameters of the windows and of what is known; the rest are the estimator's
_OF_WINDOWS = ("lookback", "harmonics", "weekday", "level_days")
YEARS = (-3, -2, -1, 1, 2, 3)


def load_setting(name: str) -> dict[str, Any]:
    """Return the setting that `selection` chose for a network."""
    setting = ResultFile(SETTINGS_FILE).content[name]
    return {key: _as_tuple(value) for key, value in setting.items()}


def forecast(name: str, setting: Mapping[str, Any], weeks: Weeks, *, seed: int) -> np.ndarray:
    """Train one network on the days before the weeks and forecast each week, (weeks, 7)."""
    model = build(name, setting, seed)
    return fit_predict(model, weeks, lookback=setting["lookback"], known=known(setting, weeks))


def forecast_ensemble(
    name: str, setting: Mapping[str, Any], weeks: Weeks, *, seeds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the forecasts of each seed, (seeds, weeks, 7), and of their ensemble, (weeks, 7)."""
    lookback = setting["lookback"]
    X, y = make_windows(weeks.power, lookback=lookback, horizon=WEEK, known=known(setting, weeks))
    train, test = split(weeks, lookback=lookback)
    ensemble = SeedEnsemble(build(name, setting), seeds, random_state=0).fit(
        X[train], y.iloc[train]
    )
    members = np.array([member.predict(X[test]) for member in ensemble.estimators_])
    return members, ensemble.predict(X[test])


def forecast_default(kind: type, weeks: Weeks, *, seeds: int) -> np.ndarray:
    """Return what a forecaster as it comes makes of the power alone, (seeds, weeks, 7)."""
    models = {f"seed {seed}": kind(random_state=seed) for seed in range(seeds)}
    return np.array(list(forecast_weeks(models, weeks, lookback=DEFAULT_LOOKBACK).values()))


def build(name: str, setting: Mapping[str, Any], seed: int = 0) -> Pipeline:
    """Return the untrained network behind the fold of days into weeks."""
    params = {key: value for key, value in setting.items() if key not in _OF_WINDOWS}
    if "decoder" in params:
        params["decoder"] = DECODERS[params["decoder"]]()
    network = clone(NETWORKS[name]).set_params(random_state=seed, **params)
    return make_pipeline(FoldTime(width=WEEK), network)


def known(setting: Mapping[str, Any], weeks: Weeks) -> pd.DataFrame | None:
    """Return what is known of every day ahead: season, weekday, and the level other years had."""
    if "harmonics" not in setting:
        return None
    features = calendar_features(
        weeks.power.index,
        features=["yearday", "weekday"] if setting["weekday"] else ["yearday"],
        encoding={"weekday": "onehot"} if setting["weekday"] else "cyclic",
        harmonics={"yearday": setting["harmonics"]},
    )
    if setting["level_days"]:
        features["level"] = other_years_level(weeks, setting["level_days"])
    return features


def other_years_level(weeks: Weeks, days: int) -> pd.Series:
    """Return the mean of the days around each date in the other years of training.

    A climatology: days within `days` of the date, one to three years before or after, and never
    one that training must not see. For a week to be forecast all of them lie in its past; a
    training day, too, is told by other years than its own, else the network would trust the
    feature more than a new year deserves. Dates that no other year has get the overall mean.
    """
    past = weeks.power.iloc[: weeks.first_row].reindex(weeks.power.index)
    around = past.rolling(2 * days + 1, center=True, min_periods=days + 1).mean()
    others = pd.concat([around.shift(52 * WEEK * years) for years in YEARS], axis=1)
    return others.mean(axis=1).fillna(past.mean())


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
