"""sktime's own forecasters in its benchmark, and regressions on lags."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.compose import make_reduction
from sktime.forecasting.ets import AutoETS
from sktime.forecasting.ltsf import LTSFDLinearForecaster, LTSFNLinearForecaster
from sktime.forecasting.naive import NaiveForecaster
from sktime.forecasting.theta import ThetaForecaster
from sktime.transformations.adapt import TabularToSeriesAdaptor
from sktime.transformations.detrend import Deseasonalizer
from sktime.transformations.difference import Differencer

from benchmarks.accuracy.sktime.series import Task

NAIVE = "naive, seasonal"
LONGEST = 12  # rows in a season that AutoETS and AutoARIMA fit; longer ones are taken out before


def references(task: Task, lookback: int) -> dict[str, BaseForecaster]:
    """Return the forecasters to compare with; those that read windows read ours."""
    return {
        NAIVE: NaiveForecaster(sp=task.cycle),
        "Theta": ThetaForecaster(sp=task.cycle),
        "AutoETS": _seasonal(task, _ets),
        **({"AutoARIMA": _seasonal(task, _arima)} if find_spec("pmdarima") else {}),
        "ridge, direct": make_reduction(Ridge(), window_length=lookback, strategy="direct"),
        **(_trees(lookback) if find_spec("lightgbm") else {}),
        **_linear_networks(task, lookback),
        **(_nhits(task, lookback) if find_spec("neuralforecast") else {}),
    }


def _seasonal(task: Task, make: Any) -> BaseForecaster:
    if task.cycle <= LONGEST:
        return make(task.season)
    return Deseasonalizer(sp=task.cycle) * make(1)


def _ets(season: int) -> BaseForecaster:
    return AutoETS(auto=True, sp=season, n_jobs=1)


def _arima(season: int) -> BaseForecaster:
    from sktime.forecasting.arima import AutoARIMA

    return AutoARIMA(sp=season, maxiter=30, suppress_warnings=True)


def _trees(lookback: int) -> dict[str, BaseForecaster]:
    from lightgbm import LGBMRegressor

    trees = LGBMRegressor(
        n_estimators=200, learning_rate=0.05, num_leaves=15, n_jobs=1, random_state=0, verbose=-1
    )
    recursive = make_reduction(trees, window_length=lookback)
    return {
        "LightGBM, recursive": recursive,
        "LightGBM, recursive, of differences": Differencer() * recursive.clone(),
    }


def _linear_networks(task: Task, lookback: int) -> dict[str, BaseForecaster]:
    setting = {"num_epochs": 30, "batch_size": 32, "lr": 0.005}
    kinds = {"NLinear": LTSFNLinearForecaster, "DLinear": LTSFDLinearForecaster}
    return {
        name: TabularToSeriesAdaptor(StandardScaler()) * kind(lookback, task.horizon, **setting)
        for name, kind in kinds.items()
    }


def _nhits(task: Task, lookback: int) -> dict[str, BaseForecaster]:
    from benchmarks.accuracy.sktime.nhits import NHITSForecaster

    return {"NHITS": NHITSForecaster(lookback, task.horizon)}
