"""SktimeForecaster by itself: series, panels, covariates, horizons, updates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sktime.base import load
from sktime.forecasting.base import ForecastingHorizon

from stforecast import ConvLSTMForecaster, LSTMForecaster, SeriesForecaster, SktimeForecaster
from stforecast.estimators import Training
from stforecast.exceptions import IrregularIndexError, ShapeError, ShortSeriesWarning
from tests.sktime.data import hierarchy, noise, panel, table, wave


def linear(lookback: int = 7, **params: Any) -> SktimeForecaster:
    return SktimeForecaster(Ridge(1e-8), lookback=lookback, **params)


def small_net(**params: Any) -> LSTMForecaster:
    return LSTMForecaster(8, baseline=None, **{"max_epochs": 3, "device": "cpu", **params})


def test_a_univariate_series_is_continued() -> None:
    y = wave()
    forecast = linear().fit(y[:70], fh=range(1, 11)).predict()
    pd.testing.assert_series_equal(forecast, y[70:], rtol=1e-6, check_freq=False)


def test_a_multivariate_series_is_continued_in_all_variables() -> None:
    y = table()
    forecast = linear(12).fit(y[:70], fh=range(1, 11)).predict()
    pd.testing.assert_frame_equal(forecast, y[70:], rtol=1e-5, check_freq=False)


def test_one_variable_of_a_multivariate_series_helps_another() -> None:
    rng = np.random.default_rng(0)
    lead = pd.Series(rng.normal(size=100), pd.RangeIndex(100))
    both = pd.DataFrame({"lead": lead, "late": lead.shift(1).fillna(0.0)})
    forecast = linear(2).fit(both[:90], fh=[1]).predict()
    assert forecast["late"].item() == pytest.approx(lead[89], abs=1e-6)


@pytest.mark.parametrize("make", [panel, hierarchy])
def test_every_series_of_a_panel_or_hierarchy_is_continued(make: Any) -> None:
    y = make(60)
    times = y.index.get_level_values(-1)
    early, late = y[times < "2004-08"], y[times >= "2004-08"]
    forecaster = linear().fit(early, fh=range(1, 6))
    pd.testing.assert_frame_equal(forecaster.predict(), late, rtol=1e-5)
    assert not hasattr(forecaster, "forecasters_")  # one model, not one for each series


def test_one_network_serves_all_series_of_a_panel() -> None:
    forecaster = SktimeForecaster(small_net(max_epochs=60, lr=0.01), lookback=7, random_state=0)
    y = panel(60)
    forecast = forecaster.fit(y, fh=[1, 2]).predict()
    assert forecast.index.get_level_values(0).unique().tolist() == ["x", "y", "z"]
    level = forecast.groupby(level=0)["load"].mean().to_numpy()
    np.testing.assert_allclose(level, [10, 15, 60], atol=2)


def test_a_covariate_known_ahead_decides_the_forecast() -> None:
    y, X = noise()
    past, ahead = slice(0, 100), slice(100, 106)
    forecaster = linear(3).fit(y[past], X=X[past], fh=range(1, 7))
    with_plan = forecaster.predict(X=X[ahead])
    np.testing.assert_allclose(with_plan, y[ahead], atol=1e-4)
    without = linear(3).fit(y[past], fh=range(1, 7)).predict()
    assert np.abs(without - y[ahead]).mean() > 0.5


def test_a_network_uses_the_covariate_known_ahead() -> None:
    y, X = noise(240)
    network = small_net(max_epochs=120, lr=0.01, decoder="step")
    forecaster = SktimeForecaster(network, lookback=3, random_state=0)
    forecaster.fit(y[:220], X=X[:220], fh=range(1, 21))
    error = np.abs(forecaster.predict(X=X[220:]) - y[220:]).mean()
    assert error < 0.35 * np.abs(y[220:]).mean()


def test_a_covariate_is_read_in_the_window_too() -> None:
    rng = np.random.default_rng(0)
    lead = pd.Series(rng.normal(size=100), pd.RangeIndex(100), name="late")
    y, X = lead.shift(2).fillna(0.0), lead.to_frame("lead")
    forecaster = linear(3).fit(y[:90], X=X[:90], fh=[1, 2])
    # what is known ahead here says nothing of the rows ahead: the window alone tells
    np.testing.assert_allclose(forecaster.predict(X=0 * X[90:92]), lead[88:90], atol=0.05)


def test_covariates_serve_the_rolled_out_steps() -> None:
    y, X = noise()
    forecaster = linear(3, horizon=2).fit(y[:100], X=X[:100])
    np.testing.assert_allclose(
        forecaster.predict(fh=range(1, 10), X=X[100:109]), y[100:109], atol=1e-3
    )


def test_horizons_with_gaps_absolute_and_relative_agree() -> None:
    y = wave()
    forecaster = linear(horizon=12).fit(y[:60])
    whole = forecaster.predict(fh=range(1, 13))
    relative = forecaster.predict(fh=[2, 5, 12])
    absolute = forecaster.predict(fh=ForecastingHorizon(y.index[[61, 64, 71]], is_relative=False))
    pd.testing.assert_series_equal(relative, whole.iloc[[1, 4, 11]], check_freq=False)
    pd.testing.assert_series_equal(relative, absolute, check_freq=False)


@pytest.mark.parametrize("dtype", ["category", "object"])
def test_exogenous_categories_are_what_dummies_would_be(dtype: str) -> None:
    y, X = noise()
    y = y + 3 * (np.arange(len(y)) % 4 == 0)
    days = pd.Series(np.where(np.arange(len(y)) % 4 == 0, "holiday", "work"), y.index)
    texts, numbers = X.assign(day=days.astype(dtype)), X.assign(
        holiday=(days == "holiday").astype(float), work=(days == "work").astype(float)
    )  # fmt: skip
    found, by_hand = linear(3), linear(3)
    found.fit(y[:100], X=texts[:100], fh=[1, 2])
    by_hand.fit(y[:100], X=numbers[:100], fh=[1, 2])
    pd.testing.assert_series_equal(
        found.predict(X=texts[100:102]), by_hand.predict(X=numbers[100:102])
    )
    found.update(y[100:110], X=texts[100:110])
    by_hand.update(y[100:110], X=numbers[100:110])
    pd.testing.assert_series_equal(
        found.predict(X=texts[110:112]), by_hand.predict(X=numbers[110:112])
    )
    strange = texts[110:112].assign(day=["storm", "work"])
    unknown = numbers[110:112].assign(holiday=[0.0, 0.0], work=[0.0, 1.0])
    pd.testing.assert_series_equal(found.predict(X=strange), by_hand.predict(X=unknown))


def test_gaps_in_the_horizon_of_a_panel() -> None:
    forecaster = linear(horizon=6).fit(panel())
    whole, some = forecaster.predict(fh=range(1, 7)), forecaster.predict(fh=[2, 6])
    expected = whole.groupby(level=0).nth([1, 5])
    pd.testing.assert_frame_equal(some, expected)


def test_the_trained_horizon_is_the_largest_step_asked_for_in_fit() -> None:
    assert linear().fit(wave(), fh=[2, 9]).forecaster_.horizon == 9
    assert linear(horizon=4).fit(wave(), fh=[2, 9]).forecaster_.horizon == 4
    assert linear().fit(wave()).forecaster_.horizon == 1


def test_steps_past_the_trained_horizon_are_rolled_out() -> None:
    rng = np.random.default_rng(0)
    y = wave() + 0.3 * rng.normal(size=80)
    forecaster = SktimeForecaster(Ridge(), lookback=5, horizon=3).fit(y)
    rolled = forecaster.predict(fh=range(1, 9))
    by_hand = SeriesForecaster(Ridge(), lookback=5, horizon=3).fit(y)
    seen = [by_hand.forecast()]
    for _ in range(2):
        seen.append(by_hand.forecast(pd.concat([y, *seen])))
    np.testing.assert_allclose(rolled, pd.concat(seen)[:8])


def test_update_without_refitting_moves_the_origin_and_keeps_the_model() -> None:
    y = wave()
    forecaster = linear(horizon=3).fit(y[:60])
    before = forecaster.forecaster_.estimator_
    forecaster.update(y[60:70], update_params=False)
    assert forecaster.forecaster_.estimator_ is before
    np.testing.assert_allclose(forecaster.predict(fh=[1, 2]), y[70:72], rtol=1e-6)


def test_update_refits_what_cannot_be_trained_further_on_all_it_saw() -> None:
    rng = np.random.default_rng(0)
    y = wave() + 0.3 * rng.normal(size=80)
    updated = linear().fit(y[:60], fh=[1]).update(y[60:])
    whole = linear().fit(y, fh=[1])
    np.testing.assert_allclose(updated.predict(), whole.predict())


@pytest.mark.parametrize(
    "estimator", [small_net(random_state=0), MLPRegressor(hidden_layer_sizes=(4,), max_iter=3)]
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_update_trains_further_what_can_be(estimator: Any) -> None:
    y = wave()
    forecaster = SktimeForecaster(estimator, lookback=4, horizon=2).fit(y[:60])
    still = SktimeForecaster(estimator, lookback=4, horizon=2, random_state=0).fit(y[:60])
    still.update(y[60:70], update_params=False)
    forecaster.update(y[60:70])
    assert forecaster.cutoff == still.cutoff
    assert not np.allclose(forecaster.predict(fh=[1, 2]), still.predict(fh=[1, 2]))


def test_update_of_a_panel_with_covariates() -> None:
    y, X = noise(100)
    both = pd.concat({"p": y.to_frame(), "q": 3 * y.to_frame()})
    plans = pd.concat({"p": X, "q": 3 * X})
    times = both.index.get_level_values(-1)
    cut, end = y.index[80], y.index[90]
    forecaster = linear(3, horizon=2).fit(both[times < cut], X=plans[times < cut])
    new = (times >= cut) & (times < end)
    forecaster.update(both[new], X=plans[new], update_params=False)
    forecast = forecaster.predict(fh=[1, 2], X=plans[times >= end])
    np.testing.assert_allclose(forecast.loc["q"]["load"], 3 * y[90:92], atol=1e-3)


def test_a_hierarchy_with_covariates_is_rolled_out_and_updated() -> None:
    y, X = noise(70)
    keys = [(region, name) for region in ("north", "south") for name in ("p", "q")]
    tree = pd.concat({key: (1 + i) * y.to_frame() for i, key in enumerate(keys)})
    plans = pd.concat({key: (1 + i) * X for i, key in enumerate(keys)})
    times = tree.index.get_level_values(-1)
    first, second, rest = times < y.index[50], times < y.index[60], times >= y.index[60]
    forecaster = linear(3, horizon=2).fit(tree[first], X=plans[first])
    middle = second & ~first
    ahead = forecaster.predict(fh=range(1, 11), X=plans[middle])
    pd.testing.assert_frame_equal(ahead, tree[middle], atol=0.02)
    forecaster.update(tree[middle], X=plans[middle], update_params=False)
    later = forecaster.predict(fh=[2, 7], X=plans[rest])
    pd.testing.assert_frame_equal(
        later, tree[rest].groupby(level=[0, 1]).nth([1, 6]), atol=0.02, check_index_type=False
    )


def test_a_seed_makes_fits_equal_and_another_seed_does_not() -> None:
    forecasts = [
        SktimeForecaster(small_net(), lookback=4, random_state=seed).fit(wave(), fh=[1]).predict()
        for seed in (1, 1, 2)
    ]
    pd.testing.assert_series_equal(forecasts[0], forecasts[1])
    assert not np.allclose(forecasts[0], forecasts[2])


def test_the_estimator_given_stays_as_it_was() -> None:
    network = small_net()
    SktimeForecaster(network, lookback=4, random_state=3).fit(wave(), fh=[1])
    assert network.random_state is None
    assert not hasattr(network, "net_")


def test_the_default_is_a_network_of_this_library() -> None:
    forecaster = SktimeForecaster(random_state=0).fit(wave(16), fh=[1])
    assert isinstance(forecaster.forecaster_.estimator_, LSTMForecaster)


def test_maps_of_cells_are_read_by_convolutions() -> None:
    network = ConvLSTMForecaster(2, 1, max_epochs=2, device="cpu", random_state=0)
    assert np.isfinite(SktimeForecaster(network, lookback=4).fit(table(), fh=[1]).predict()).all(
        axis=None
    )


def test_what_is_saved_and_loaded_forecasts_the_same(tmp_path: Path) -> None:
    forecaster = SktimeForecaster(small_net(), lookback=4, random_state=0).fit(wave(), fh=[1, 2])
    forecaster.save(tmp_path / "model")
    loaded = load(tmp_path / "model.zip")
    pd.testing.assert_series_equal(loaded.predict(), forecaster.predict())


def test_a_duration_is_not_rolled_out_as_steps() -> None:
    y = wave()
    y.index = pd.period_range("2001-01", periods=len(y), freq="M")
    with pytest.raises(ValueError, match="at most 1000000 steps, but asks for step 86400000"):
        linear().fit(y).predict(fh=pd.Timedelta("1D"))
    with pytest.raises(ValueError, match="a duration is neither"):
        linear().fit(y, fh=pd.Timedelta("1D"))


@pytest.mark.parametrize("estimator", ["ridge", Ridge, SktimeForecaster(), LogisticRegression()])
def test_what_forecasts_no_numbers_is_refused(estimator: Any) -> None:
    with pytest.raises(TypeError, match="estimator must be a forecaster of this library"):
        SktimeForecaster(estimator, lookback=3, random_state=0).fit(wave(), fh=[1])


@pytest.mark.parametrize("fh", [[-1], [0, 1]])
def test_steps_within_the_data_are_refused(fh: list[int]) -> None:
    forecaster = linear().fit(wave())
    with pytest.raises(NotImplementedError, match="can not perform in-sample prediction"):
        forecaster.predict(fh=fh)


def test_missing_covariates_are_an_error() -> None:
    y, X = noise()
    forecaster = linear(3).fit(y, X=X, fh=[1])
    with pytest.raises(ValueError, match="X must have the columns it had in fit"):
        forecaster.predict()


def test_covariates_that_do_not_reach_far_enough_are_an_error() -> None:
    y, X = noise()
    forecaster = linear(3).fit(y[:100], X=X[:100], fh=range(1, 7))
    with pytest.raises(ValueError, match="X must have a row for each step asked for, but lacks"):
        forecaster.predict(X=X[100:103])
    with pytest.raises(ValueError, match="X must have a row for each step"):
        forecaster.predict(X=X[:0])


def test_a_covariate_missing_at_a_step_asked_for_is_not_made_up() -> None:
    y, X = noise()
    forecaster = linear(3).fit(y[:100], X=X[:100], fh=range(1, 7))
    with pytest.raises(ValueError, match=rf"step asked for, but lacks {X.index[102]}"):
        forecaster.predict(X=X[100:106].drop(X.index[102]))
    both = {
        name: pd.concat([one.to_frame() if one.ndim == 1 else one], keys=[name])
        for name, one in (("y", y), ("X", X))
    }
    panel_y, panel_X = (
        pd.concat([one, one.rename({name: "other"})]).rename({name: "one"})
        for name, one in both.items()
    )
    forecaster = linear(3).fit(panel_y.groupby(level=0).head(100), X=panel_X, fh=[1, 2])
    with pytest.raises(ValueError, match=r"lacks \('other', "):
        forecaster.predict(X=panel_X.drop(("other", X.index[101])))


def test_covariates_with_two_rows_for_a_time_are_an_error() -> None:
    y, X = noise()
    twice = pd.concat([X[:1], X])
    with pytest.raises(ValueError, match="X must have one row for each time, but 2000-01 stands"):
        linear(3).fit(y, X=twice, fh=[1])
    with pytest.raises(ValueError, match="X must have one row for each time"):
        linear(3).fit(y[:100], X=X, fh=[1]).predict(X=twice)


@pytest.mark.parametrize("rows", [slice(None), slice(100, 101)])
def test_flags_and_numbers_are_one_covariate(rows: slice) -> None:
    y, X = noise()
    flags, numbers = X > 0, (X > 0).astype(float)
    expected = linear(3, horizon=3).fit(y[:100], X=numbers[:100]).predict([1], X=numbers[rows])
    for fitted, given in ((flags, flags), (flags, numbers), (numbers, flags)):
        forecaster = linear(3, horizon=3).fit(y[:100], X=fitted[:100])
        pd.testing.assert_series_equal(forecaster.predict([1], X=given[rows]), expected)


def test_new_rows_of_a_series_need_no_name() -> None:
    y = wave()
    forecaster = linear().fit(y[:70], fh=[1])
    expected = linear().fit(y, fh=[1]).predict()
    found = forecaster.update(y[70:].rename("other")).predict()
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_new_rows_of_other_columns_are_an_error() -> None:
    y = table()
    with pytest.raises(ValueError, match=r"y must have the columns it had in fit, \['a', 'b'\]"):
        linear().fit(y[:70]).update(y[70:].rename(columns={"a": "c"}))


def test_new_rows_with_another_index_are_an_error() -> None:
    y = wave()
    with pytest.raises(IrregularIndexError, match=r"index like that of fit, .* DatetimeIndex"):
        linear().fit(y[:70]).update(y[70:].to_timestamp())


def test_covariates_need_not_reach_beyond_the_steps_asked_for() -> None:
    y, X = noise()
    forecaster = linear(3, horizon=6).fit(y[:100], X=X[:100])
    np.testing.assert_allclose(
        forecaster.predict(fh=[1, 3], X=X[100:103]), y.iloc[[100, 102]], atol=1e-3
    )


def test_other_covariates_than_in_fit_are_an_error() -> None:
    y, X = noise()
    forecaster = linear(3).fit(y[:100], X=X[:100], fh=[1])
    with pytest.raises(ValueError, match="X must have the columns it had in fit"):
        forecaster.predict(X=X[100:].rename(columns={"plan": "other"}))


def test_a_series_shorter_than_a_window_is_an_error() -> None:
    with pytest.raises(ValueError, match="lookback"):
        linear(20).fit(wave(10), fh=[1])


@pytest.mark.parametrize(("name", "value"), [("lookback", 0), ("horizon", 0), ("horizon", 1.5)])
def test_a_parameter_without_sense_is_an_error(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1"):
        linear().set_params(**{name: value}).fit(wave(), fh=[1])


def test_a_series_with_gaps_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"regular|step"):
        linear(3).fit(wave().drop(wave().index[20]), fh=[1])


def test_parameters_of_the_estimator_are_set_while_it_is_none() -> None:
    model = SktimeForecaster(lookback=4)
    model.set_params(estimator__hidden_channels=3, estimator__training__ema=0.9)
    assert repr(model.estimator) == "LSTMForecaster(hidden_channels=3, training=Training(ema=0.9))"
    assert SktimeForecaster().set_params(lookback=5).estimator is None


def uneven_panel(levels: int = 1) -> pd.DataFrame:
    """Return the numbers of months since 2018 of two series, one of which ends earlier."""
    months = pd.period_range("2018-01", periods=60, freq="M")
    rows = pd.DataFrame({"load": np.arange(60.0)}, months)
    names = ["a", "b"] if levels == 1 else [("s", "a"), ("t", "b")]
    return pd.concat(dict(zip(names, (rows, rows[:50]), strict=True)))


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("months", [["2023-01", "2023-02"], ["2023-03"], ["2023-01", "2023-06"]])
def test_every_series_answers_the_dates_that_are_asked(levels: int, months: list[str]) -> None:
    y = uneven_panel(levels)
    asked = pd.PeriodIndex(months, freq="M")
    fh = ForecastingHorizon(asked, is_relative=False)
    expected = [p.ordinal - pd.Period("2018-01", "M").ordinal for p in asked]
    for forecaster in (linear(4).fit(y), linear(4).fit(y, fh=fh), linear(4, horizon=3).fit(y)):
        found = forecaster.predict(fh=fh)
        for key, part in found.groupby(level=list(range(levels))):
            assert list(part.index.get_level_values(-1)) == list(asked), key
            np.testing.assert_allclose(part["load"], expected, rtol=1e-3)
    assert linear(4).fit(y, fh=fh).forecaster_.horizon == expected[-1] - 49
    relative = linear(4).fit(y).predict(fh=[1])
    assert [str(index[-1]) for index in relative.index] == ["2023-01", "2022-03"]


def test_intervals_of_every_series_answer_the_dates_that_are_asked() -> None:
    asked = pd.PeriodIndex(["2023-01"], freq="M")
    fh = ForecastingHorizon(asked, is_relative=False)
    forecaster = linear(4, calibration=0.5).fit(uneven_panel(), fh=fh)
    found = forecaster.predict_interval(coverage=0.8)
    assert [str(index[-1]) for index in found.index] == ["2023-01", "2023-01"]


def test_dates_before_the_end_of_a_series_are_refused() -> None:
    forecaster = linear(4).fit(uneven_panel())
    fh = ForecastingHorizon(pd.PeriodIndex(["2022-05", "2023-01"], freq="M"), is_relative=False)
    with pytest.raises((ValueError, NotImplementedError)):
        forecaster.predict(fh=fh)


@pytest.mark.parametrize("data", [panel(), hierarchy()])
def test_a_short_member_is_padded_or_named(data: pd.DataFrame) -> None:
    first = data.index[0][:-1]
    start = data.loc[first].index[0]
    late = data[[key[:-1] != first or key[-1] <= start + 4 for key in data.index]]
    network = LSTMForecaster(2, max_epochs=1, device="cpu")
    model = SktimeForecaster(network, lookback=10, random_state=0, short="mask")
    found = model.fit(late, fh=[1, 2]).predict()
    assert {key[:-1] for key in found.index} == {key[:-1] for key in data.index}
    assert len(found) == 2 * len({key[:-1] for key in data.index})
    with pytest.warns(ShortSeriesWarning, match=r"1 of \d series"):
        SktimeForecaster(Ridge(), lookback=10).fit(late, fh=[1, 2])


def test_whole_series_may_be_held_back() -> None:
    y = panel()
    plain, whole = (
        SktimeForecaster(small_net(), lookback=4, random_state=0, groups=groups).fit(y, fh=[1])
        for groups in (None, {"x": 0, "y": 1, "z": 1})
    )
    by_hand = SeriesForecaster(small_net(), lookback=4)
    seeded = by_hand.set_params(estimator__random_state=whole.forecaster_.estimator.random_state)
    seeded.fit(y, groups={"x": 0, "y": 1, "z": 1})
    np.testing.assert_array_equal(whole.predict(), seeded.forecast())
    assert not np.allclose(whole.predict(), plain.predict())


def test_the_part_held_back_may_be_a_date_or_a_number() -> None:
    parts = ("2005-01-01", 24, 0.1)
    networks = [
        small_net(training=Training(validation_fraction=part, refit=False)) for part in parts
    ]
    fits = [
        SktimeForecaster(one, lookback=4, random_state=0).fit(wave(), fh=[1]) for one in networks
    ]
    forecasts = [one.predict().item() for one in fits]
    assert len(set(forecasts)) == len(parts)
    for fitted, forecast in zip(fits, forecasts, strict=True):
        seeded = fitted.forecaster_.estimator
        by_hand = SeriesForecaster(seeded, lookback=4).fit(wave())
        assert by_hand.forecast().item() == forecast


def test_groups_of_one_series_are_refused() -> None:
    with pytest.raises(ShapeError, match="groups hold back whole series of a panel"):
        SktimeForecaster(small_net(), lookback=4, groups="series").fit(wave(), fh=[1])
