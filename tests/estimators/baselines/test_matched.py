"""The pattern of one forecast with the values of another."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.utils.estimator_checks import check_estimator

from stforecast import ConvLSTMForecaster, make_windows
from stforecast.datasets import make_rain_cells
from stforecast.estimators import (
    Advection,
    Climatology,
    Persistence,
    ProbabilityMatchedForecaster,
    StackedBaseline,
    StencilForecaster,
)
from stforecast.estimators.baselines.matched import match_values
from stforecast.metrics import critical_success_index


@pytest.fixture(scope="module")
def rain():
    """Windows of films to learn from, and of others."""
    return [
        make_windows(list(make_rain_cells(20, 12, 24, random_state=seed)), lookback=4, horizon=4)
        for seed in (0, 1)
    ]


@pytest.mark.checks
def test_every_check_of_scikit_learn_passes():
    model = ProbabilityMatchedForecaster(LinearRegression())
    checks = check_estimator(model, on_skip=None, on_fail=None)
    assert [check["check_name"] for check in checks if check["status"] != "passed"] == []


@pytest.mark.parametrize("seed", range(5))
def test_values_are_those_of_one_map_in_the_order_of_the_other(seed):
    rng = np.random.default_rng(seed)
    pattern, values = rng.normal(size=(2, 40))
    matched = match_values(pattern, values)
    assert_array_equal(np.sort(matched), np.sort(values))
    assert_array_equal(matched.argsort(), pattern.argsort())


def test_equal_cells_share_their_values_whatever_their_place():
    pattern, values = np.array([0.0, 2.0, 0.0, 0.0]), np.array([3.0, 5.0, 0.0, 0.0])
    assert_array_equal(match_values(pattern, values), [1, 5, 1, 1])
    assert_array_equal(match_values(pattern[::-1], values), [1, 1, 5, 1])


def test_missing_cells_stay_missing_and_values_fill_the_others():
    nan = np.nan
    matched = match_values(np.array([nan, 1.0, 3.0, 2.0]), np.array([nan, nan, 0.0, 8.0]))
    assert_array_equal(matched, [nan, 0, 8, 4])
    assert_array_equal(match_values(np.array([1.0, 2.0]), np.array([nan, nan])), [1, 2])
    assert_array_equal(match_values(np.array([nan, nan]), np.array([1.0, 2.0])), [nan, nan])


def test_each_map_is_matched_by_itself(rain):
    (X, y), (Z, _) = rain
    model = ProbabilityMatchedForecaster(StencilForecaster(3, 2), Advection()).fit(X, y)
    shape = (len(Z), 4, 24 * 24)
    pattern = StencilForecaster(3, 2).fit(X, y).predict(Z).reshape(shape)
    values = Advection().fit(X, y).predict(Z).reshape(shape)
    matched = model.predict(Z).reshape(shape)
    for window, step in ((0, 0), (17, 3)):
        expected = match_values(pattern[window, step], values[window, step])
        assert_array_equal(matched[window, step], expected)


def test_by_default_peaks_are_those_of_the_last_map(rain):
    (X, y), (Z, truth) = rain
    blurred = StackedBaseline().fit(X, y)
    model = ProbabilityMatchedForecaster(FrozenEstimator(blurred)).fit(X, y)
    assert_array_equal(model.regressor_.predict(Z), blurred.predict(Z))
    matched = model.predict(Z).reshape(len(Z), 4, -1)
    last = np.asarray(Z)[:, -1].reshape(len(Z), -1)
    assert_allclose(matched.max(axis=2), np.repeat(last.max(axis=1)[:, None], 4, axis=1))
    # four frames ahead a mean has hardly a cell above the rate that is asked for
    hits = [
        critical_success_index(np.asarray(truth).reshape(matched.shape)[:, 3], one[:, 3], 5.0)
        for one in (blurred.predict(Z).reshape(matched.shape), matched)
    ]
    assert hits[1] > hits[0] + 0.02


def test_a_network_and_a_table_reader_say_where(rain):
    (X, y), (Z, _) = rain
    for regressor in (ConvLSTMForecaster(2, max_epochs=1, random_state=0), Ridge(1e3)):
        model = ProbabilityMatchedForecaster(regressor).fit(X[:60], y[:60])
        assert np.isfinite(model.predict(Z[:5])).all()


def test_land_stays_missing():
    maps = np.random.default_rng(0).normal(size=(60, 5, 6))
    maps[:, :2, :3] = np.nan
    X, y = make_windows(maps, lookback=3, missing="mask")
    model = ProbabilityMatchedForecaster(Climatology(), Persistence()).fit(X, y)
    assert_array_equal(np.isnan(model.predict(X)[0]), np.isnan(maps[0]).ravel())


def test_rows_after_training_change_nothing():
    maps = np.random.default_rng(0).normal(size=(80, 5, 6))
    poisoned = maps.copy()
    poisoned[50:] = 1e6
    forecasts = []
    for series in (maps, poisoned):
        X, y = make_windows(series, lookback=3)
        model = ProbabilityMatchedForecaster(StencilForecaster(3, 2)).fit(X[:40], y[:40])
        forecasts.append(model.predict(X[:40]))
    assert_array_equal(*forecasts)
