"""What the sktime benchmark compares: our networks in one setting, and sktime's forecasters."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.compose import TransformedTargetForecaster, make_reduction
from sktime.forecasting.ets import AutoETS
from sktime.forecasting.naive import NaiveForecaster
from sktime.forecasting.theta import ThetaForecaster
from sktime.forecasting.trend import PolynomialTrendForecaster
from sktime.transformations.adapt import TabularToSeriesAdaptor
from sktime.transformations.boxcox import LogTransformer
from sktime.transformations.detrend import Deseasonalizer, Detrender
from sktime.transformations.difference import Differencer

from stforecast import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    FoldTime,
    LSTMForecaster,
    SktimeForecaster,
    Training,
)

SEASONS = 3  # in a window, of everything that reads windows
CHOSEN = "the same of logarithms"
_TRAINING = {"training": Training(validation_fraction=0.0), "lr": 0.005, "device": "cpu"}
OURS = ("ConvLSTM", "CNN-LSTM", "LSTM: no convolution", "LSTM: recursive, no convolution")
SLOW = 600  # rows beyond which the search of AutoETS and AutoARIMA takes minutes a fold


def preparations(season: int) -> dict[str, list[Any]]:
    """Return what may be done to a series before a network sees it; one is chosen for all."""
    stationary = [Detrender(PolynomialTrendForecaster()), Deseasonalizer(sp=season)]
    return {
        "nothing": [],
        "detrended, deseasonalised": stationary,
        CHOSEN: [LogTransformer(), *stationary],
        "difference of seasons": [Differencer(lags=season)],
    }


def networks(season: int, horizon: int, preparation: str = CHOSEN) -> dict[str, BaseForecaster]:
    """Return our networks, in one setting whatever the series."""
    maps = ConvLSTMForecaster(8, (1, 3), max_epochs=40, **_TRAINING)
    cnn = CNNLSTMForecaster((16,), 3, 32, max_epochs=40, **_TRAINING)
    plain = LSTMForecaster(32, max_epochs=40, **_TRAINING)
    inner = {
        OURS[0]: (make_pipeline(FoldTime(width=season), maps), horizon),
        OURS[1]: (cnn, horizon),
        OURS[2]: (plain, horizon),
        OURS[3]: (clone(plain), 1),
    }
    return {
        name: _prepared(_ours(estimator, season, steps), preparations(season)[preparation])
        for name, (estimator, steps) in inner.items()
    }


def references(season: int, horizon: int, rows: int) -> dict[str, BaseForecaster]:
    """Return sktime's own forecasters, and regressions on lags."""
    lags = SEASONS * season
    everything: dict[str, BaseForecaster] = {
        "naive, seasonal": NaiveForecaster(sp=season),
        "Theta": ThetaForecaster(sp=season),
        "ridge, direct": make_reduction(Ridge(), window_length=lags, strategy="direct"),
        **_linear_networks(lags, horizon),
    }
    if find_spec("lightgbm"):
        everything["LightGBM, recursive"] = make_reduction(_trees(), window_length=lags)
    if rows > SLOW:
        ets = AutoETS(error="add", trend="add", damped_trend=True, seasonal="add", sp=season)
        return {**everything, "ETS, additive": ets}
    everything["AutoETS"] = AutoETS(auto=True, sp=season, n_jobs=1, maxiter=100)
    if find_spec("pmdarima"):
        everything["AutoARIMA"] = _arima(season)
    return everything


def _ours(estimator: Any, season: int, horizon: int) -> SktimeForecaster:
    return SktimeForecaster(estimator, lookback=SEASONS * season, horizon=horizon, random_state=0)


def _prepared(forecaster: BaseForecaster, steps: list[Any]) -> BaseForecaster:
    return TransformedTargetForecaster([*steps, forecaster]) if steps else forecaster


def _linear_networks(lags: int, horizon: int) -> dict[str, BaseForecaster]:
    from sktime.forecasting.ltsf import LTSFDLinearForecaster, LTSFNLinearForecaster

    setting = {"num_epochs": 30, "batch_size": 32, "lr": 0.005}
    kinds = {"NLinear": LTSFNLinearForecaster, "DLinear": LTSFDLinearForecaster}
    return {
        name: TabularToSeriesAdaptor(StandardScaler()) * kind(lags, horizon, **setting)
        for name, kind in kinds.items()
    }


def _trees() -> Any:
    from lightgbm import LGBMRegressor

    return LGBMRegressor(
        n_estimators=200, learning_rate=0.05, num_leaves=15, n_jobs=1, random_state=0, verbose=-1
    )


def _arima(season: int) -> BaseForecaster:
    from sktime.forecasting.arima import AutoARIMA

    return AutoARIMA(
        sp=season, max_p=2, max_q=2, max_P=1, max_Q=1, maxiter=30, suppress_warnings=True
    )
