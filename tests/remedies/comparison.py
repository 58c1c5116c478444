"""Of comparisons of models, and of the differences of their errors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error, median_absolute_error
from sktime.forecasting.naive import NaiveForecaster
from sktime.split import ExpandingWindowSplitter

from stforecast import SeriesForecaster, make_windows
from stforecast.comparison import compare, paired_difference
from stforecast.model_selection import OriginSplit
from tests.remedies import Remedy, remedy

DAYS = pd.date_range("2024-01-01", periods=40, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), DAYS, ["a", "b"])
SERIES = TABLE["a"]
ARRAYS = (np.arange(30.0).reshape(10, 3), np.arange(10.0) % 3)
TRAIN, TEST = np.arange(20), np.arange(24, 27)
ERRORS = np.arange(1.0, 9.0)


def compared(
    models: Any = ("persistence",),
    data: Any = SERIES,
    cv: Any = None,
    metrics: Any = "mean_absolute_error",
    **settings: Any,
) -> Any:
    if not isinstance(data, tuple):
        settings = {"lookback": 4, "horizon": 2, **settings}
    cv = OriginSplit(2, test_size=4) if cv is None else cv
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sktime's forecasters
        return compare(models, data, cv, metrics, **settings)


def windows(**parameters: Any) -> Any:
    return make_windows(SERIES, **{"lookback": 4, "horizon": 2, **parameters})


def masked(series: pd.Series) -> Any:
    return make_windows(series, lookback=4, missing="mask")


class Silent(NaiveForecaster):
    """A forecaster of sktime whose forecasts are all missing."""

    def _predict(self, fh: Any, X: Any) -> Any:
        return super()._predict(fh, X) * np.nan


def naive(kind: type[NaiveForecaster] = NaiveForecaster) -> NaiveForecaster:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what sktime will change
        return kind()


class LastValue(RegressorMixin, BaseEstimator):
    """A regression that forecasts the last value, missing or not."""

    def fit(self, X: Any, y: Any) -> LastValue:
        self.fitted_ = True
        return self

    def predict(self, X: Any) -> Any:
        return np.asarray(X)[:, -1]


def rows(fh: Any, length: int = 20) -> ExpandingWindowSplitter:
    return ExpandingWindowSplitter(fh=fh, initial_window=length, step_length=5)


def forecaster(**parameters: Any) -> list[SeriesForecaster]:
    return [SeriesForecaster(Ridge(), **{"lookback": 4, "horizon": 2, **parameters})]


GAP = SERIES.copy()
GAP.iloc[35] = np.nan
SEASONS = pd.Series(np.arange(40) % 2, DAYS, dtype=float)

REMEDIES: dict[str, Remedy] = {
    "models of one name": remedy(
        lambda: compared(["ridge", "ridge"]),
        "Pass a dict from name to model",
        lambda: compared({"first": "ridge", "second": "ridge"}),
    ),
    "a model as a text": remedy(
        lambda: compared("ridge"),
        "Pass {'ridge': 'ridge'}, say",
        lambda: compared({"ridge": "ridge"}),
    ),
    "a baseline by a wrong name": remedy(
        lambda: compared(["persistance"]),
        "Did you mean 'persistence'?",
        lambda: compared(["persistence"]),
    ),
    "a class among models": remedy(
        lambda: compared([LinearRegression]),
        "Pass an object: LinearRegression()",
        lambda: compared([LinearRegression()]),
    ),
    "a metric by a wrong name": remedy(
        lambda: compared(metrics="mean_absolut_error"),
        "Did you mean 'mean_absolute_error'?",
        lambda: compared(metrics="mean_absolute_error"),
    ),
    "a fold without a test": remedy(
        lambda: compared(cv=[(TRAIN, TEST), (TRAIN, TEST[:0])]),
        "Take fewer folds, or a shorter lookback",
        lambda: compared(cv=[(TRAIN, TEST)]),
    ),
    "a splitter of rows for plain arrays": remedy(
        lambda: compared(data=ARRAYS, cv=rows([1], 5)),
        "Pass a series or windows of make_windows, or split by OriginSplit",
        lambda: compared(cv=rows([1, 2])),
        lambda: compared(data=windows(), cv=rows([1, 2])),
        lambda: compared(data=ARRAYS, cv=OriginSplit(2)),
    ),
    "a splitter of rows that tests one of two steps": remedy(
        lambda: compared(cv=rows([1])),
        "Give the splitter fh=range(1, horizon + 1) and a longer first window, or shorten",
        lambda: compared(cv=rows(range(1, 3))),
    ),
    "a splitter of rows whose first window is short": remedy(
        lambda: compared(cv=rows([1, 2], 3)),
        "Give the splitter fh=range(1, horizon + 1) and a longer first window, or shorten",
        lambda: compared(cv=rows([1, 2], 6)),
        lambda: compared(cv=rows([1, 2], 3), lookback=1),
    ),
    "a number as a metric": remedy(
        lambda: compared(metrics=3),
        "Pass 'neg_mean_absolute_error', say",
        lambda: compared(metrics="neg_mean_absolute_error"),
    ),
    "a number among metrics": remedy(
        lambda: compared(metrics=[3]),
        "Pass 'neg_mean_absolute_error', say",
        lambda: compared(metrics=["neg_mean_absolute_error"]),
    ),
    "metrics of one name": remedy(
        lambda: compared(metrics=[mean_absolute_error, mean_absolute_error]),
        "Pass a dict",
        lambda: compared(metrics={"first": mean_absolute_error, "second": mean_absolute_error}),
    ),
    "a metric with a number as its name": remedy(
        lambda: compared(metrics={1: median_absolute_error}),
        "Use str(...)",
        lambda: compared(metrics={str(1): median_absolute_error}),
    ),
    "forecasts that are missing": remedy(
        lambda: compared([LastValue(), "ridge"], data=masked(GAP)),
        "Leave those rows out of the series, or the model",
        lambda: compared([LastValue(), "ridge"], data=masked(GAP[:35])),
        lambda: compared(["ridge"], data=masked(GAP)),
    ),
    "a series without a lookback": remedy(
        lambda: compared(lookback=None),
        "Pass lookback= and horizon=, or windows and targets of make_windows as data=(X, y)",
        lambda: compared(lookback=4, horizon=2),
        lambda: compared(data=windows()),
    ),
    "a text as a series": remedy(
        lambda: compared(data="series"),
        "Pass what make_windows takes or gives",
        lambda: compared(data=SERIES),
        lambda: compared(data=windows()),
    ),
    "windows and targets and more": remedy(
        lambda: compared(data=(*windows(), 1)),
        "Pass what make_windows gives",
        lambda: compared(data=windows()),
    ),
    "a lookback of windows": remedy(
        lambda: compared(data=windows(), lookback=3),
        "Give it to make_windows",
        lambda: compared(data=windows(lookback=3)),
    ),
    "windows without a horizon": remedy(
        lambda: compared(data=make_windows(TABLE, lookback=4, horizon=0, target="a")),
        "Make them with make_windows(..., horizon=1)",
        lambda: compared(["mean"], make_windows(TABLE, lookback=4, horizon=1, target="a")),
    ),
    "fewer targets than windows": remedy(
        lambda: compared(data=(windows()[0], windows()[1][:9])),
        "Pass what make_windows gives",
        lambda: compared(data=windows()),
    ),
    "scaled errors of plain arrays": remedy(
        lambda: compared(["mean"], ARRAYS, metrics="mase"),
        "Use 'neg_mean_absolute_error', or name the columns of the series in target",
        lambda: compared(["mean"], ARRAYS, metrics="neg_mean_absolute_error"),
        lambda: compared(["mean"], TABLE, metrics="mase", target="a"),
    ),
    "scaled errors of seasons that repeat": remedy(
        lambda: compared(["mean"], SEASONS, metrics="mase", season=2),
        "Use 'neg_mean_absolute_error', or set season to the rows of a season",
        lambda: compared(["mean"], SEASONS, metrics="neg_mean_absolute_error"),
        lambda: compared(["mean"], SEASONS, metrics="mase", season=1),
    ),
    "a forecaster of sktime on plain arrays": remedy(
        lambda: compared([naive()], ARRAYS),
        "Leave them out, or pass a table and name its columns in target",
        lambda: compared([LinearRegression()], ARRAYS),
        lambda: compared([naive()], TABLE, target="a"),
    ),
    "a forecaster of sktime that forecasts no numbers": remedy(
        lambda: compared([naive(), naive(Silent)]),
        "Leave it out",
        lambda: compared([naive()]),
    ),
    "a forecaster of another horizon": remedy(
        lambda: compared(forecaster(horizon=1)),
        "Give it that horizon and target",
        lambda: compared(forecaster(horizon=2)),
    ),
    "a forecaster with a longer lookback": remedy(
        lambda: compared(forecaster(lookback=8), cv=[(TRAIN + 10, TEST - 24)]),
        "Shorten it",
        lambda: compared(forecaster(lookback=4), cv=[(TRAIN + 10, TEST - 24)]),
    ),
    "errors of other origins": remedy(
        lambda: paired_difference(ERRORS, ERRORS[:5]),
        "Pass both for all",
        lambda: paired_difference(ERRORS, ERRORS + 1),
    ),
    "errors that are missing": remedy(
        lambda: paired_difference(ERRORS * np.nan, ERRORS),
        "Leave out origins without an error",
        lambda: paired_difference(ERRORS[2:], ERRORS[2:] + 1),
    ),
}
