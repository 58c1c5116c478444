"""Intervals, quantiles and variances through sktime's own methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sktime.forecasting.model_evaluation import evaluate
from sktime.performance_metrics.forecasting.probabilistic import PinballLoss
from sktime.split import ExpandingWindowSplitter

from stforecast import LSTMForecaster, QuantileDecoder, SktimeForecaster
from stforecast.series import AdaptiveConformal, SplitConformal
from tests.sktime.data import hierarchy, noise


def calibrated(**params: Any) -> SktimeForecaster:
    params = {"lookback": 3, "horizon": 3, "calibration": 60, **params}
    return SktimeForecaster(Ridge(), **params)


def white(count: int = 200, scale: float = 1.0) -> pd.Series:
    values = scale * np.random.default_rng(0).normal(size=count)
    return pd.Series(values, pd.RangeIndex(count), name="load")


def test_intervals_are_those_of_the_series_forecaster_in_order_of_coverage() -> None:
    forecaster = calibrated().fit(white())
    table = forecaster.predict_interval(fh=[1, 3], coverage=[0.5, 0.9])
    bounds = ["lower", "upper"]
    assert list(table.columns) == [("load", c, b) for c in (0.5, 0.9) for b in bounds]
    lower, upper = forecaster.forecaster_.forecast_interval(coverage=0.9)
    np.testing.assert_allclose(table["load", 0.9, "lower"], lower.iloc[[0, 2], 0])
    np.testing.assert_allclose(table["load", 0.9, "upper"], upper.iloc[[0, 2], 0])
    assert (table["load", 0.5, "upper"] < table["load", 0.9, "upper"]).all()
    assert list(table.index) == [200, 202]


def test_the_variables_of_a_multivariate_series_have_intervals_of_their_own() -> None:
    y = pd.DataFrame({"small": white(), "a big one": 100 * white()[::-1].to_numpy()})
    table = calibrated().fit(y).predict_interval(fh=[1, 2], coverage=[0.5, 0.9])
    assert list(table.columns.get_level_values(0).unique()) == ["small", "a big one"]
    width = {
        name: table[name, 0.9, "upper"] - table[name, 0.9, "lower"] for name in y.columns
    }  # fmt: skip
    assert (width["a big one"] > 50 * width["small"]).all()


def test_every_series_of_a_panel_has_intervals_of_its_own() -> None:
    y = pd.concat({"p": white().to_frame(), "q": white(scale=10).to_frame()})
    table = calibrated().fit(y).predict_interval(fh=[2], coverage=0.8)["load"][0.8]
    width = table["upper"] - table["lower"]
    assert width["q"].item() == pytest.approx(10 * width["p"].item(), rel=0.2)


def test_quantiles_and_variance_follow_from_the_intervals() -> None:
    forecaster = calibrated().fit(white())
    quantiles = forecaster.predict_quantiles(fh=[1], alpha=[0.05, 0.5, 0.95])["load"]
    interval = forecaster.predict_interval(fh=[1], coverage=0.9)["load"][0.9]
    np.testing.assert_allclose(quantiles[[0.05, 0.95]], interval[["lower", "upper"]])
    assert quantiles[0.5].item() == pytest.approx(forecaster.predict(fh=[1]).item(), abs=0.1)
    assert forecaster.predict_var(fh=[1]).iloc[0, 0] == pytest.approx(1, rel=0.4)


def test_several_quantiles_of_several_variables_are_not_mixed_up() -> None:
    y = pd.DataFrame({"small": white(), "a big one": 100 * white()[::-1].to_numpy()})
    forecaster = calibrated().fit(y)
    levels = [0.9, 0.2, 0.5]
    table = forecaster.predict_quantiles(fh=[1, 3], alpha=levels)
    assert list(table.columns) == [(name, level) for name in y.columns for level in levels]
    interval = forecaster.predict_interval(fh=[1, 3], coverage=[0.8, 0.6])
    for name in y.columns:
        np.testing.assert_allclose(table[name, 0.9], interval[name, 0.8, "upper"])
        np.testing.assert_allclose(table[name, 0.2], interval[name, 0.6, "lower"])
        np.testing.assert_allclose(table[name, 0.5], forecaster.predict(fh=[1, 3])[name])


def test_a_quantile_network_gives_its_own_quantiles_without_calibration() -> None:
    network = LSTMForecaster(
        4, decoder=QuantileDecoder((0.1, 0.5, 0.9)), max_epochs=3, device="cpu", random_state=0
    )
    forecaster = SktimeForecaster(network, lookback=3, horizon=2).fit(white())
    assert forecaster.get_tag("capability:pred_int")
    table = forecaster.predict_quantiles(fh=[1, 2], alpha=[0.1, 0.9])["load"]
    inner = forecaster.forecaster_
    window = inner.history_.to_numpy()[-3:].reshape(1, 3, 1)
    by_hand = inner.estimator_.predict_quantiles(window)[0]
    np.testing.assert_allclose(table, by_hand[:, [0, 2]], rtol=1e-6)
    interval = forecaster.predict_interval(fh=[1, 2], coverage=0.8)["load"][0.8]
    np.testing.assert_allclose(interval, table)


def test_distributions_are_normal_around_the_forecasts() -> None:
    forecaster = calibrated().fit(white())
    distribution = forecaster.predict_proba(fh=[1, 3])
    assert type(distribution).__module__.startswith("skpro.")
    np.testing.assert_allclose(distribution.mean()["load"], forecaster.predict(fh=[1, 3]))
    np.testing.assert_allclose(distribution.var(), forecaster.predict_var(fh=[1, 3]))
    truth = pd.DataFrame({"load": [0.0, 1.0]}, index=[200, 202])
    assert distribution.log_pdf(truth).shape == (2, 1)


def test_a_hierarchy_has_intervals_of_every_series() -> None:
    y = hierarchy() + np.random.default_rng(0).normal(size=(240, 1))
    table = calibrated(calibration=20).fit(y).predict_interval(fh=[1, 2], coverage=0.8)
    assert len(table) == 8
    assert (table["load", 0.8, "lower"] < table["load", 0.8, "upper"]).all()


def test_adaptive_bounds_widen_after_misses() -> None:
    part = AdaptiveConformal(SplitConformal(60), rate=0.05)
    adaptive, plain = (calibrated(calibration=c).fit(white()[:160]) for c in (part, 60))
    misses = 1.0 + white()[160:].abs()  # on one side, and larger than was seen, if not by much
    widths = [
        np.ptp(one.update(misses, update_params=False).predict_interval(fh=[1]))
        for one in (adaptive, plain)
    ]
    assert widths[0] > 1.05 * widths[1]


def test_a_short_series_gives_the_bounds_it_can_and_says_so() -> None:
    forecaster = calibrated(calibration=5).fit(white(25))
    with pytest.warns(UserWarning, match=r"needs 9 calibration errors, but there are 5"):
        table = forecaster.predict_interval(fh=[1], coverage=0.9)
    with pytest.warns(UserWarning, match="Set calibration higher or coverage lower"):
        forecaster.predict_quantiles(fh=[1], alpha=[0.05])
    assert table.notna().all(axis=None)


def test_a_covariate_known_ahead_makes_intervals_narrow() -> None:
    y, X = noise(200)
    forecaster = calibrated().fit(y[:190], X=X[:190])
    table = forecaster.predict_interval(fh=[1, 2, 3], X=X[190:193])["load"][0.9]
    without = calibrated().fit(y[:190]).predict_interval(fh=[1, 2, 3])["load"][0.9]
    assert np.ptp(table, axis=1).max() < 0.2 * np.ptp(without, axis=1).min()


def test_as_many_rows_to_come_lie_within_as_were_asked_for() -> None:
    origins, errors = 100, 300
    y, X = noise(1000)
    forecaster = calibrated(calibration=errors).fit(y[:700], X=X[:700])
    within = []
    for start in range(700, 700 + 3 * origins, 3):
        rows = slice(start, start + 3)
        table = forecaster.predict_interval(fh=[1, 2, 3], X=X[rows])["load"][0.9]
        within += list((table["lower"] < y[rows]) & (y[rows] < table["upper"]))
        forecaster.update(y[rows], X=X[rows], update_params=False)
    # the errors of calibration and those to come each tell 0.9 with the error of a binomial share
    tolerance = 3 * np.sqrt(0.9 * 0.1 * (1 / errors + 1 / len(within)))
    assert np.mean(within) == pytest.approx(0.9, abs=tolerance)


def test_update_lets_intervals_follow() -> None:
    y = white(320)
    y[200:] *= 10
    forecaster = calibrated(lookback=1).fit(y[:200])
    before = np.ptp(forecaster.predict_interval(fh=[1]))
    after = np.ptp(forecaster.update(y[200:], update_params=False).predict_interval(fh=[1]))
    assert after > 5 * before


def test_evaluate_scores_quantiles() -> None:
    splitter = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=150, step_length=20)
    pinball = PinballLoss(alpha=[0.1, 0.9])
    results = evaluate(calibrated(), splitter, white(), scoring=pinball, error_score="raise")
    # of white noise the best forecast of these quantiles loses 0.175
    assert results["test_PinballLoss"].mean() == pytest.approx(0.175, abs=0.06)


def test_a_forecaster_without_calibration_says_that_it_has_no_intervals() -> None:
    forecaster = calibrated(calibration=0).fit(white())
    assert not forecaster.get_tag("capability:pred_int")
    assert calibrated().get_tag("capability:pred_int")
    with pytest.raises(NotImplementedError, match="does not have the capability to return"):
        forecaster.predict_interval(fh=[1])


def test_intervals_beyond_the_trained_horizon_are_an_error() -> None:
    with pytest.raises(ValueError, match="Intervals reach the trained horizon of 3 steps"):
        calibrated().fit(white()).predict_interval(fh=[2, 4])
