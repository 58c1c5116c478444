"""Intervals: held-back errors, exact coverage, labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor

from stforecast import (
    ConvLSTMForecaster,
    LSTMForecaster,
    SeedEnsemble,
    SeriesForecaster,
    SplitConformal,
)
from stforecast.exceptions import MissingValuesError
from stforecast.series import AdaptiveConformal
from stforecast.series.intervals._scores import half_widths
from tests.series.data import DAYS, MAPS, PANEL, TABLE, in_xarray

SEA_NETWORK = ConvLSTMForecaster(2, decoder="rollout", max_epochs=1, device="cpu", random_state=0)
BOTH = pd.concat({"x": TABLE, "y": TABLE[20:]}, names=["meter", "day"])


def linear(**params: Any) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), **{"lookback": 3, "horizon": 2, "calibration": 20, **params})


def autoregression(count: int, seed: int = 0) -> np.ndarray:
    noise, y = np.random.default_rng(seed).normal(size=count), np.zeros(count)
    for t in range(1, count):
        y[t] = 0.8 * y[t - 1] + noise[t]
    return y[:, None]


@pytest.mark.parametrize(("n", "coverage"), [(9, 0.9), (19, 0.5), (30, 0.8), (99, 0.95)])
def test_coverage_is_exact_by_simulation(n: int, coverage: float) -> None:
    draws = 40_000
    errors = np.random.default_rng(0).standard_t(3, size=(n + 1, draws))
    covered = np.abs(errors[-1]) <= half_widths(errors[:-1], coverage)
    exact = np.ceil(round((n + 1) * coverage, 9)) / (n + 1)
    assert coverage <= exact + 1e-12 <= coverage + 1 / (n + 1)
    assert covered.mean() == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / draws))


@given(st.integers(1, 60), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_a_width_is_an_order_statistic_whatever_the_order(
    n: int, coverage: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    errors = rng.normal(size=(n, 2))
    rank = min(n, int(np.ceil(round((n + 1) * coverage, 9))))
    expected = [sorted(abs(column))[rank - 1] for column in errors.T]
    np.testing.assert_array_equal(half_widths(errors, coverage), expected)
    shuffled = half_widths(errors[rng.permutation(n)], coverage)
    np.testing.assert_array_equal(shuffled, expected)


def test_missing_errors_do_not_count() -> None:
    errors = np.array([[1.0, np.nan], [2.0, 5.0], [3.0, np.nan], [4.0, 1.0]])
    np.testing.assert_array_equal(half_widths(errors, 0.5), [3, 5])


@pytest.mark.parametrize("coverage", [0.8, 0.95])
def test_forecasts_of_a_series_to_come_are_covered_at_every_step(coverage: float) -> None:
    y = autoregression(9000)
    model = linear(horizon=3, calibration=3000).fit(y[:6000])
    lower, upper = model.forecast_interval(coverage=coverage)
    half = (upper - lower)[:, 0] / 2
    forecasts, truth = model.paired_forecasts(y[6000:])
    covered = (np.abs(truth - forecasts) <= half).mean(axis=0)
    np.testing.assert_allclose(covered, coverage, atol=0.02)
    assert half[0] < half[1] < half[2]  # what lies farther ahead is less certain


def test_training_does_not_see_the_rows_kept_for_calibration() -> None:
    y = autoregression(100)
    first = 100 - 2 - 20  # the row of the first calibration origin
    poisoned = y.copy()
    poisoned[first + 1 :] = 1e6
    clean, other = linear().fit(y), linear().fit(poisoned)
    np.testing.assert_array_equal(clean.forecast(y), other.forecast(y))
    earlier = y.copy()
    earlier[first - 1] += 5
    assert not np.allclose(linear().fit(earlier).forecast(y), clean.forecast(y))


def test_errors_are_those_of_the_latest_origins() -> None:
    y = autoregression(100)
    model = linear().fit(y)
    forecasts, truth = model.paired_forecasts(y)
    np.testing.assert_allclose(model.calibration_.scores[0], (truth - forecasts)[-20:])


def test_a_network_stops_on_origins_before_those_kept_for_calibration() -> None:
    y, poisoned = autoregression(120), autoregression(120)
    poisoned[100:] = 50.0
    network = LSTMForecaster(4, max_epochs=3, device="cpu", random_state=0)
    fits = [
        SeriesForecaster(network, lookback=3, calibration=30).fit(values)
        for values in (y, poisoned)
    ]
    np.testing.assert_array_equal(fits[0].forecast(y), fits[1].forecast(y))


def test_without_calibration_all_origins_train() -> None:
    y = autoregression(60)
    model = linear(calibration=0).fit(y)
    assert model.calibration_ is None
    assert not np.allclose(model.forecast(y), linear().fit(y).forecast(y))


def test_a_share_is_of_the_origins() -> None:
    assert len(linear(calibration=0.25).fit(autoregression(104)).calibration_.scores[0]) == 25


@pytest.mark.parametrize(
    "series",
    [TABLE, TABLE["a"], BOTH, TABLE.to_numpy(), MAPS, MAPS[:, 0], in_xarray(MAPS[:, 0])],
    ids=["table", "series", "panel", "array", "maps", "frames", "xarray"],
)
def test_bounds_are_labelled_as_forecasts_and_lie_around_them(series: Any) -> None:
    model = linear(calibration=10).fit(series)
    forecast, interval = model.forecast(), model.forecast_interval(coverage=0.8)
    assert type(interval.lower) is type(interval.upper) is type(forecast)
    assert interval.lower.shape == forecast.shape
    if isinstance(forecast, pd.DataFrame | pd.Series):
        assert interval.lower.index.equals(forecast.index)
        assert list(getattr(interval.upper, "columns", [])) == list(
            getattr(forecast, "columns", [])
        )
    if isinstance(forecast, xarray.DataArray):
        xarray.testing.assert_equal(forecast.time, interval.lower.time)
    low, middle, high = map(np.asarray, (interval.lower, forecast, interval.upper))
    np.testing.assert_allclose((low + high) / 2, middle)
    assert (low < high).all()


def test_every_cell_of_a_map_has_bounds_of_its_own() -> None:
    maps = np.random.default_rng(0).normal(size=(300, 1, 2, 2)) * np.array([[1.0, 2], [4, 8]])
    lower, upper = linear(calibration=100).fit(maps).forecast_interval()
    np.testing.assert_allclose((upper - lower)[0, 0] / 3.5, [[1, 2], [4, 8]], rtol=0.35)


def sea_with_land() -> np.ndarray:
    maps = 280 + np.random.default_rng(0).normal(size=(90, 3, 4)) * np.arange(1, 13).reshape(3, 4)
    maps[:, 0, :2] = np.nan
    return maps


@pytest.mark.parametrize("scale", [None, "estimator", SEA_NETWORK])
def test_bounds_of_masked_maps_are_there_for_the_sea_and_nan_on_land(scale: Any) -> None:
    maps = sea_with_land()
    land = np.isnan(maps[0])
    network = SeedEnsemble(SEA_NETWORK, 2, random_state=0) if scale == "estimator" else SEA_NETWORK
    for part in (SplitConformal(25, scale=scale), AdaptiveConformal(SplitConformal(25))):
        model = SeriesForecaster(
            network, lookback=4, horizon=2, missing="mask", calibration=part
        ).fit(maps[:80])
        lower, upper = model.update(maps[80:]).forecast_interval(coverage=0.8)
        assert np.isnan(lower[:, land]).all()
        assert np.isnan(upper[:, land]).all()
        assert (lower[:, ~land] < upper[:, ~land]).all()
        quantiles = model.forecast_quantiles(quantiles=[0.1, 0.9])
        np.testing.assert_array_equal(quantiles[0.9], upper)


def test_truth_that_is_missing_now_and_then_leaves_bounds_everywhere_else() -> None:
    maps = sea_with_land()
    maps[60:, 2, 3] = np.nan  # a cell whose satellite failed before the origins held back
    model = SeriesForecaster(
        SEA_NETWORK, lookback=4, horizon=2, missing="mask", calibration=25
    ).fit(maps)
    with pytest.warns(UserWarning, match=r"Bounds of 2 of 24 steps and outputs.*calibration high"):
        lower, _ = model.forecast_interval(coverage=0.8)
    assert np.isnan(lower).sum() == 2 * 3
    lower, _ = model.set_params(calibration=50).fit(maps).forecast_interval(coverage=0.2)
    assert np.isnan(lower).sum() == 2 * 2


def test_truth_that_is_missing_everywhere_is_an_error() -> None:
    maps = sea_with_land()
    maps[-27:] = np.nan
    model = SeriesForecaster(
        SEA_NETWORK, lookback=4, horizon=2, missing="mask", calibration=25
    ).fit(maps)
    with pytest.raises(ValueError, match=r"all the truth after them was missing. Set calibration"):
        model.forecast_interval()


def test_a_scale_cannot_be_learned_from_horizons_that_are_never_complete() -> None:
    table = autoregression(60).repeat(2, axis=1)
    table[::2, 0] = table[1::2, 1] = np.nan
    network = LSTMForecaster(2, max_epochs=1, device="cpu", random_state=0)
    part = SplitConformal(15, scale=network)
    model = linear(calibration=part, missing="mask").set_params(estimator=network)
    with pytest.raises(MissingValuesError, match=r"without missing values.*scale to None"):
        model.fit(table)
    model.set_params(calibration__scale=None).fit(table)


def test_every_series_of_a_panel_has_bounds_of_its_own() -> None:
    y = np.random.default_rng(0).normal(size=(200, 1))
    lower, upper = linear(calibration=60).fit([y, 10 * y]).forecast_interval()[:]
    widths = [(high - low).mean() for low, high in zip(lower, upper, strict=True)]
    assert widths[1] == pytest.approx(10 * widths[0], rel=0.2)


def test_another_series_may_be_continued() -> None:
    model = linear().fit(TABLE)
    lower, upper = model.forecast_interval(TABLE[:30])
    middle = model.forecast(TABLE[:30])
    np.testing.assert_allclose((lower + upper) / 2, middle)
    assert lower.index[0] == DAYS[30]


def test_bounds_follow_a_drift_as_new_rows_come() -> None:
    rng = np.random.default_rng(0)
    quiet, loud = rng.normal(size=(200, 1)), 10 * rng.normal(size=(120, 1))
    model = SeriesForecaster(DummyRegressor(), lookback=1, calibration=50).fit(quiet)
    widths = [np.ptp(model.forecast_interval())]
    for start in range(0, 120, 40):
        model.update(loud[start : start + 40])
        widths.append(np.ptp(model.forecast_interval()))
        assert len(model.calibration_.scores[0]) == 50
    assert widths[-1] > 6 * widths[0]
    stays = SeriesForecaster(DummyRegressor(), lookback=1, calibration=50).fit(quiet)
    assert np.ptp(stays.forecast_interval()) == widths[0]


def test_coverage_over_a_drifting_stream_holds_where_fixed_bounds_lose_it() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=(1200, 1)) * np.linspace(1, 6, 1200)[:, None]
    moving = SeriesForecaster(DummyRegressor(), lookback=1, calibration=60).fit(y[:200])
    fixed = moving.forecast_interval(coverage=0.9)
    covered = []
    for t in range(200, 1200):
        low, high = moving.forecast_interval(coverage=0.9)
        covered.append(bool(low.item() <= y[t, 0] <= high.item()))
        moving.update(y[t : t + 1])
    assert np.mean(covered) == pytest.approx(0.9, abs=0.03)
    assert np.mean((fixed.lower <= y[200:]) & (y[200:] <= fixed.upper)) < 0.7


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_new_errors_are_made_before_the_new_rows_are_learned() -> None:
    y = autoregression(120)
    network = MLPRegressor(max_iter=5, random_state=0)
    model = SeriesForecaster(network, lookback=3, horizon=2, calibration=20).fit(y[:100])
    forecasts, truth = model.paired_forecasts(y[80:120])
    model.update(y[100:], refit=True)
    np.testing.assert_allclose(model.calibration_.scores[0], (truth - forecasts)[-20:])


def test_no_calibration_is_an_error_that_names_the_parameter() -> None:
    with pytest.raises(ValueError, match=r"errors of origins that were held back.*Set calibration"):
        linear(calibration=0).fit(TABLE).forecast_interval()


def test_a_series_that_ended_earlier_has_bounds_by_its_own_latest_origins() -> None:
    model = linear(calibration=10).fit(PANEL)
    lower, upper = model.forecast_interval(coverage=0.5)
    assert list(lower.index.unique(0)) == ["x", "y"]
    assert (lower < upper).all(axis=None)
    assert all(len(errors.scores) == 10 for errors in model.calibration_.errors.values())


def test_too_few_errors_for_the_coverage_give_the_largest_and_say_what_it_is_worth() -> None:
    model = linear(calibration=10).fit(TABLE)
    with pytest.warns(UserWarning, match=r"needs 19 calibration errors.*10.*probability 0.91"):
        lower, upper = model.forecast_interval(coverage=0.95)
    largest = np.abs(model.calibration_.scores[0]).max(axis=0).reshape(2, 2)
    np.testing.assert_allclose((upper - lower) / 2, largest)


@pytest.mark.parametrize("coverage", [-0.1, 1.1, "90 %"])
def test_a_coverage_that_is_no_probability_is_an_error(coverage: Any) -> None:
    with pytest.raises(ValueError, match="coverage must be a number in"):
        linear().fit(TABLE).forecast_interval(coverage=coverage)


def test_no_coverage_is_the_forecast_itself() -> None:
    model = linear().fit(TABLE)
    for bound in model.forecast_interval(coverage=0.0):
        pd.testing.assert_frame_equal(bound, model.forecast())


def test_whole_coverage_cannot_be_had() -> None:
    with pytest.raises(ValueError, match="coverage must be below 1"):
        linear().fit(TABLE).forecast_interval(coverage=1.0)


@pytest.mark.parametrize("calibration", [-1, 1.5, True, "10"])
def test_a_calibration_without_sense_is_an_error(calibration: Any) -> None:
    with pytest.raises(
        ValueError,
        match=r"calibration must be an integer .*, a SplitConformal or an",
    ):
        linear(calibration=calibration).fit(TABLE)


def test_holding_back_everything_is_an_error() -> None:
    with pytest.raises(ValueError, match="leaves none whose horizon ends before them"):
        linear(calibration=56).fit(TABLE)


def test_bounds_of_a_table_show_as_one_table() -> None:
    interval = linear(calibration=20).fit(TABLE).forecast_interval(coverage=0.8)
    table = interval.table()
    assert [side for *_, side in table.columns] == ["lower", "upper"] * len(interval.lower.columns)
    first = interval.lower.columns[0]
    pd.testing.assert_series_equal(table[first, "upper"], interval.upper[first], check_names=False)
    html = interval._repr_html_()
    assert html is not None
    assert html.count("<table") == 1


def test_bounds_of_arrays_are_not_one_table() -> None:
    interval = linear(calibration=20).fit(TABLE.to_numpy()).forecast_interval(coverage=0.8)
    assert interval._repr_html_() is None
    with pytest.raises(TypeError, match="Use lower and upper as they are"):
        interval.table()
