"""What needs no training comes out as published, and training sees nothing of the test weeks."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from benchmarks.accuracy.household_power.baselines import (
    arima,
    fit_predict,
    formula,
    naive_forecasts,
    ridge,
    split,
)
from benchmarks.accuracy.household_power.networks import DEFAULT_LOOKBACK, forecast_default
from benchmarks.accuracy.household_power.protocol import Weeks, load_daily
from benchmarks.accuracy.household_power.protocol import test_weeks as weeks_to_test
from benchmarks.lib.scores import rmse
from stforecast import make_windows
from stforecast.estimators import WindowRidge

WEEKS = weeks_to_test(load_daily())


@pytest.mark.parametrize(
    ("name", "published"),
    [("daily persistence", 511.9), ("same week last year", 465.3), ("last week", 469.4)],
)
def test_naive_figures_are_the_published_ones(name: str, published: float) -> None:
    assert rmse(naive_forecasts(WEEKS)[name], WEEKS.truth) == pytest.approx(published, abs=0.1)


def test_the_formula_comes_to_342() -> None:
    assert rmse(formula(WEEKS), WEEKS.truth) == pytest.approx(342.2, abs=0.1)


def test_arima_is_read_for_the_days_asked_for() -> None:
    forecasts = arima(WEEKS)
    assert rmse(forecasts, WEEKS.truth) == pytest.approx(381.3, abs=0.1)
    last = Weeks(WEEKS.power, WEEKS.starts[-2:])
    np.testing.assert_array_equal(arima(last), forecasts[-2:])


@pytest.mark.parametrize("forecast", [formula, partial(ridge, lookback=14, harmonics=2, alpha=1.0)])
def test_a_week_is_forecast_from_the_days_before_it(forecast) -> None:
    power = WEEKS.power.copy()
    power.iloc[WEEKS.starts[20] :] = 1e6
    found = forecast(Weeks(power, WEEKS.starts[:21]))
    np.testing.assert_array_equal(found, forecast(Weeks(WEEKS.power, WEEKS.starts[:21])))


class Recorder(RegressorMixin, BaseEstimator):
    """Remembers what it was trained on; forecasts its samples' last days."""

    def fit(self, X, y):
        Recorder.origins, Recorder.targets = X.origins, y
        return self

    def predict(self, X):
        return np.repeat(np.asarray(X)[:, -1], 7, axis=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True  # it reads windows, not rows of a table
        return tags


def test_training_is_on_every_day_whose_week_ends_before_the_test() -> None:
    found = fit_predict(Recorder(), WEEKS, lookback=14)
    assert Recorder.origins[0] == WEEKS.power.index[13]
    assert Recorder.origins[-1] + pd.Timedelta(days=8) == WEEKS.dates[0]
    assert len(Recorder.origins) == WEEKS.first_row - 14 - 6
    np.testing.assert_array_equal(
        Recorder.targets.iloc[-1], WEEKS.days[WEEKS.first_row - 7 : WEEKS.first_row]
    )
    np.testing.assert_array_equal(found, naive_forecasts(WEEKS)["daily persistence"])


def test_windows_to_forecast_from_end_on_saturday() -> None:
    X, _ = make_windows(WEEKS.power, lookback=14, horizon=7)
    test = X[split(WEEKS, lookback=14)[1]]
    assert set(test.origins.day_name()) == {"Saturday"}
    np.testing.assert_array_equal(np.asarray(test)[:, -1, 0], WEEKS.days[WEEKS.starts - 1])


def test_defaults_are_fitted_once_for_each_seed_on_the_power_alone() -> None:
    seeds = []

    def make(random_state: int) -> WindowRidge:
        seeds.append(random_state)
        return WindowRidge()

    found = forecast_default(make, WEEKS, seeds=2)
    expected = fit_predict(WindowRidge(), WEEKS, lookback=DEFAULT_LOOKBACK)
    np.testing.assert_array_equal(found, [expected, expected])
    assert seeds == [0, 1]
