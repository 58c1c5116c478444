"""Of forecasts that do not fit what was learned, their intervals, in sktime, and as pictures."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import xarray
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast import SeriesForecaster, SktimeForecaster, make_windows
from stforecast.estimators import ForecastAnomalyDetector, RelativeForecaster, WindowRidge
from stforecast.inspection import (
    AnomalyDisplay,
    ForecastDisplay,
    FramesDisplay,
    SkillMapDisplay,
)
from stforecast.model_selection import OriginSplit, leakage_report
from stforecast.series import SplitConformal
from stforecast.windows import Flatten
from tests.remedies import Remedy, remedy
from tests.remedies.pictures import drawn

DAYS = pd.date_range("2024-01-01", periods=60, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), DAYS, ["a", "b"])
PANEL = pd.concat({"x": TABLE, "y": TABLE + 9}, names=["id"])
NUMBERED = TABLE.set_axis([0, 1], axis=1)
LIST = [TABLE, TABLE + 9]
MAPS = np.random.default_rng(1).normal(size=(40, 1, 6, 6))
GRID = xarray.DataArray(
    MAPS[:, 0],
    {"time": DAYS[:40].rename("time"), "y": np.arange(6.0), "x": np.arange(6.0)},
    ["time", "y", "x"],
)
FIELDS = xarray.Dataset({"u": GRID, "v": 2 * GRID})
X, FRAME = make_windows(TABLE, lookback=6)
PANEL_X = make_windows(PANEL, lookback=6)[0]
Y = TABLE["a"][:50]
AHEAD = pd.DataFrame({"k": np.arange(60.0)}, DAYS)
TWICE = pd.concat([AHEAD[50:52], AHEAD[51:52]])


def fitted(series: Any = TABLE, **parameters: Any) -> SeriesForecaster:
    estimator = parameters.pop("estimator", make_pipeline(Flatten(), Ridge()))
    return SeriesForecaster(estimator, **{"lookback": 3, "horizon": 2, **parameters}).fit(series)


def in_sktime(y: Any = Y, X: Any = None) -> SktimeForecaster:
    return SktimeForecaster(Ridge(), lookback=3, horizon=2).fit(y, X)


def quiet(call: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()


def with_gaps(start: int) -> pd.DataFrame:
    table = TABLE.copy()
    table[start:] = np.nan
    return table


def detected(windows: Any) -> Any:
    detector = ForecastAnomalyDetector(make_pipeline(Flatten(), Ridge())).fit(PANEL_X)
    return drawn(lambda: AnomalyDisplay.from_estimator(detector, windows))


def paired(interval: Any) -> Any:
    return drawn(lambda: ForecastDisplay.from_predictions(Y, Y + 1, interval=interval))


REMEDIES: dict[str, Remedy] = {
    "columns in another order than in fit": remedy(
        lambda: fitted(NUMBERED).forecast(NUMBERED[[1, 0]]),
        "Select them with series[[0, 1]]",
        lambda: fitted(NUMBERED).forecast(NUMBERED[[1, 0]][[0, 1]]),
    ),
    "variables in another order than in fit": remedy(
        lambda: fitted(FIELDS).forecast(FIELDS[["v", "u"]]),
        "Select them with series[['u', 'v']]",
        lambda: fitted(FIELDS).forecast(FIELDS[["v", "u"]][["u", "v"]]),
    ),
    "windows of other columns than in fit": remedy(
        lambda: Flatten().fit(X).transform(make_windows(TABLE[["b", "a"]], lookback=6)[0]),
        "Make them of series[['a', 'b']]",
        lambda: (
            Flatten().fit(X).transform(make_windows(TABLE[["b", "a"]][["a", "b"]], lookback=6)[0])
        ),
    ),
    "windows picked by two axes": remedy(
        lambda: X[np.eye(2, dtype=int)],
        "Index np.asarray(X) for anything else",
        lambda: np.asarray(X)[np.eye(2, dtype=int)],
    ),
    "folds that leak": remedy(
        lambda: leakage_report(
            [(np.arange(20), np.arange(20, 30))], make_windows(TABLE, lookback=6, horizon=3)[0]
        ),
        "Split by OriginSplit, which leaves out X.reach - 1 = 2 steps between the parts",
        lambda: leakage_report(OriginSplit(2), make_windows(TABLE, lookback=6, horizon=3)[0]),
    ),
    "levels of series of a list": remedy(
        lambda: RelativeForecaster(Ridge(), level="series").fit(*make_windows(LIST, lookback=6)),
        "Make them of a table by series and time, pd.concat(dict(enumerate(series))), or use "
        "SeriesForecaster",
        lambda: RelativeForecaster(Ridge(), level="series").fit(
            *make_windows(pd.concat(dict(enumerate(LIST))), lookback=6)
        ),
        lambda: fitted(LIST, estimator=RelativeForecaster(Ridge(), level="series")),
    ),
    "intervals of a series without errors": remedy(
        lambda: fitted(PANEL, calibration=9).forecast_interval(_of_series("z"), coverage=0.5),
        "Hold back more origins in fit, or leave that series out",
        lambda: fitted(PANEL, calibration=9).forecast_interval(PANEL, coverage=0.5),
    ),
    "intervals without truth": remedy(
        lambda: _bounds(with_gaps(50), 5),
        "Set calibration higher",
        lambda: quiet(lambda: _bounds(with_gaps(50), 40)),
    ),
    "a regressor of errors that are missing": remedy(
        lambda: _scaled(Ridge()),
        "Set scale to None or 'estimator'",
        lambda: quiet(lambda: _scaled(None)),
    ),
    "intervals before all held-back origins": remedy(
        lambda: fitted(calibration=9).backtest(TABLE[:20], coverage=0.5),
        "Pass later rows, or hold back more in fit",
        lambda: quiet(lambda: fitted(calibration=9).backtest(TABLE, coverage=0.5)),
        lambda: quiet(lambda: fitted(calibration=50).backtest(TABLE[:20], coverage=0.5)),
    ),
    "a horizon of sktime in two axes": remedy(
        lambda: in_sktime().predict(fh=np.array([[1, 2]])),
        "Pass fh=[1, 2], say",
        lambda: in_sktime().predict(fh=[1, 2]),
    ),
    "a series of sktime that holds texts": remedy(
        lambda: in_sktime(np.array(["1.0"] * 50)),
        "Convert it with astype",
        lambda: in_sktime(np.array(["1.0"] * 50).astype(float)),
    ),
    "a series of sktime without a row": remedy(
        lambda: in_sktime(np.zeros(0)), "Pass a Series or DataFrame", in_sktime
    ),
    "new rows of sktime as a number": remedy(
        lambda: in_sktime().update(np.array(3.0)),
        "Pass a Series or DataFrame",
        lambda: in_sktime().update(TABLE["a"][50:]),
    ),
    "a duration as a horizon of sktime": remedy(
        lambda: in_sktime().predict(fh=[5_000_000]),
        "Give steps as integers, or as labels of the index of y",
        lambda: in_sktime().predict(fh=[5]),
        lambda: in_sktime().predict(fh=pd.DatetimeIndex(["2024-02-24"], freq="D")),
    ),
    "exogenous data of sktime with a row twice": remedy(
        lambda: in_sktime(X=AHEAD[:50]).predict(fh=[1, 2], X=TWICE),
        "Drop the repeated rows",
        lambda: in_sktime(X=AHEAD[:50]).predict(fh=[1, 2], X=TWICE[~TWICE.index.duplicated()]),
    ),
    "anomalies of several series": remedy(
        lambda: detected(PANEL_X),
        "Pass those of one, and their targets: X[X.origins.droplevel(-1) == 'x']",
        lambda: detected(PANEL_X[PANEL_X.origins.droplevel(-1) == "x"]),
    ),
    "a picture of forecasts of a panel": remedy(
        lambda: drawn(lambda: ForecastDisplay.from_estimator(fitted(PANEL), PANEL)),
        "Draw one of its series: ForecastDisplay.from_predictions(X.loc['x', 'a'], model.forec",
        lambda: drawn(
            lambda: ForecastDisplay.from_predictions(
                PANEL.loc["x", "a"], fitted(PANEL).forecast(PANEL).loc["x", "a"]
            )
        ),
    ),
    "a picture of forecasts of maps": remedy(
        lambda: drawn(lambda: ForecastDisplay.from_estimator(fitted(MAPS), MAPS)),
        "Pass maps to FramesDisplay, a series of a list to from_predictions",
        lambda: drawn(lambda: FramesDisplay.from_predictions(MAPS[:2, 0], MAPS[1:3, 0])),
    ),
    "an interval of one bound": remedy(
        lambda: paired([Y]),
        "Pass what forecast_interval returns, or two arrays",
        lambda: paired((Y, Y + 2)),
        lambda: paired(
            _columns(fitted(TABLE[["a"]], calibration=9).forecast_interval(coverage=0.5))
        ),
    ),
    "a panel drawn as one line": remedy(
        lambda: drawn(lambda: ForecastDisplay.from_predictions(PANEL["a"], PANEL["a"])),
        "Pick a series of the panel: y_true.loc['x']",
        lambda: drawn(
            lambda: ForecastDisplay.from_predictions(PANEL["a"].loc["x"], PANEL["a"].loc["x"])
        ),
    ),
    "a picture of two columns": remedy(
        lambda: drawn(lambda: ForecastDisplay.from_predictions(TABLE, TABLE)),
        "Pick a column",
        lambda: drawn(lambda: ForecastDisplay.from_predictions(TABLE["a"], TABLE["a"])),
    ),
    "a map of skill of rows": remedy(
        lambda: drawn(lambda: SkillMapDisplay.from_predictions(*[np.zeros((4, 9))] * 3)),
        "Reshape rows with X.unflatten",
        lambda: drawn(lambda: SkillMapDisplay.from_predictions(MAPS[1:], MAPS[:-1], 0 * MAPS[1:])),
    ),
}


def _of_series(name: str) -> pd.DataFrame:
    return pd.concat({name: TABLE}, names=["id"])


def _columns(interval: Any) -> tuple[Any, Any]:
    return interval.lower["a"], interval.upper["a"]


def _bounds(series: pd.DataFrame, size: int) -> Any:
    calibration = SplitConformal(size)
    model = fitted(series, estimator=WindowRidge(), calibration=calibration, missing="mask")
    return model.forecast_interval(TABLE, coverage=0.5)


def _scaled(scale: Any) -> Any:
    table = TABLE.copy()
    table.iloc[3::4, 0] = np.nan
    calibration = SplitConformal(20, scale=scale)
    estimator = WindowRidge()
    model = fitted(table, estimator=estimator, calibration=calibration, missing="mask", horizon=4)
    return model.forecast_interval(TABLE, coverage=0.5)
