"""Covariates known ahead: aligned to the right rows, through every method."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from stforecast.exceptions import ShapeError
from stforecast.series import SeriesForecaster
from stforecast.windows import calendar_features
from tests.series.data import DAYS, MAPS, PANEL, ROWS, TABLE, Recorder, in_xarray

LONG = pd.date_range(DAYS[0], periods=80)
NUMBERS = pd.DataFrame({"day": np.arange(80.0)}, LONG)
weekdays = partial(calendar_features, features=["weekday"])


def day_numbers(index: pd.Index) -> pd.DataFrame:
    """Return the number of days since the first of the table, as a covariate."""
    return pd.DataFrame({"day": (index - DAYS[0]).days.astype(float)}, index)


KINDS = {"table": NUMBERS, "array": NUMBERS.to_numpy(), "function": day_numbers}


def recorder(**params: Any) -> SeriesForecaster:
    return SeriesForecaster(Recorder(), **{"lookback": 3, "horizon": 2, **params})


def days_seen() -> list[list[float]]:
    """Days of the horizon that the estimator was told of in its last prediction."""
    return Recorder.seen[:, -2:].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_the_forecast_sees_the_covariates_of_its_own_days(kind: str) -> None:
    recorder().fit(TABLE, known=KINDS[kind]).forecast()
    assert days_seen() == [[60.0, 61.0]]


def test_arrays_see_the_covariates_of_their_own_rows() -> None:
    recorder().fit(ROWS, known=KINDS["array"]).forecast()
    assert days_seen() == [[60.0, 61.0]]
    recorder().fit([ROWS, ROWS[:30]], known=KINDS["array"]).forecast()
    assert days_seen() == [[60.0, 61.0], [30.0, 31.0]]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_follow_see_their_own_days(kind: str) -> None:
    model = recorder().fit(TABLE[:50], known=KINDS[kind])
    model.backtest(TABLE[50:])
    assert days_seen() == [[o + 1.0, o + 2.0] for o in range(49, 58)]
    model.update(TABLE[50:55]).forecast()
    assert days_seen() == [[55.0, 56.0]]
    model.update(TABLE[55:]).forecast()
    assert days_seen() == [[60.0, 61.0]]


@pytest.mark.parametrize("kind", ["table", "array"])
def test_covariates_may_come_with_the_rows(kind: str) -> None:
    known = KINDS[kind]
    model = recorder().fit(TABLE[:50], known=known[:52])
    model.forecast(known=known[50:53])
    assert days_seen() == [[50.0, 51.0]]
    model.backtest(TABLE[50:], known=known[50:60])
    assert days_seen() == [[o + 1.0, o + 2.0] for o in range(49, 58)]
    model.update(TABLE[50:], known=known[50:62]).forecast()
    assert days_seen() == [[60.0, 61.0]]


def test_an_updated_array_sees_its_own_rows() -> None:
    known = KINDS["array"]
    model = recorder().fit(ROWS[:50], known=known[:52])
    model.update(ROWS[50:], known=known[50:]).forecast()
    assert days_seen() == [[60.0, 61.0]]
    listed = recorder().fit([ROWS[:50], ROWS[:20]], known=[known[:52], known[:22]])
    listed.update([ROWS[50:], ROWS[20:30]], known=[known[50:], known[20:]]).forecast()
    assert days_seen() == [[60.0, 61.0], [30.0, 31.0]]


def test_refitting_sees_the_days_of_the_new_rows() -> None:
    class Trained(Recorder):
        def partial_fit(self, X: Any, y: Any) -> Trained:
            Recorder.seen = np.asarray(X)
            return self

    for known in KINDS.values():
        model = recorder().set_params(estimator=Trained()).fit(TABLE[:50], known=known)
        model.update(TABLE[50:52], refit=True)
        assert days_seen() == [[49.0, 50.0], [50.0, 51.0]]


@pytest.mark.parametrize("method", ["forecast", "backtest", "score"])
def test_an_array_of_other_rows_is_not_guessed_from_those_of_fit(method: str) -> None:
    model = recorder().fit(ROWS[:50], known=KINDS["array"])
    with pytest.raises(ValueError, match=r"belongs to the rows of fit\. Pass known= for these"):
        getattr(model, method)(ROWS[20:40])
    getattr(model, method)(ROWS[20:40], known=KINDS["array"][20:42])
    assert days_seen()[0] == ([40.0, 41.0] if method == "forecast" else [23.0, 24.0])


def test_each_series_of_a_panel_sees_its_own_days() -> None:
    model = recorder().fit(PANEL, known=day_numbers)
    model.forecast()
    assert days_seen() == [[30.0, 31.0], [60.0, 61.0]]
    recorder().fit([TABLE[:30], TABLE[10:]], known=day_numbers).forecast()
    assert days_seen() == [[30.0, 31.0], [60.0, 61.0]]


def test_a_function_serves_series_of_times_far_apart() -> None:
    panel = pd.concat({"x": TABLE[:20], "y": TABLE[40:]}, names=["meter", "day"])
    recorder().fit(panel, known=day_numbers).forecast()
    assert days_seen() == [[20.0, 21.0], [60.0, 61.0]]


def test_a_function_reads_the_times_of_maps() -> None:
    recorder().fit(in_xarray(MAPS), known=day_numbers).forecast()
    assert days_seen() == [[40.0, 41.0]]


def test_the_calendar_can_be_given_as_it_is() -> None:
    model = SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(TABLE, known=weekdays)
    table = SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(TABLE, known=weekdays(LONG))
    pd.testing.assert_frame_equal(model.forecast(), table.forecast())
    assert not np.allclose(
        model.forecast(), SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(TABLE).forecast()
    )


def test_covariates_beyond_the_horizon_are_not_seen() -> None:
    poisoned = NUMBERS.copy()
    poisoned.iloc[62:] = 1e9
    found = [
        SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(TABLE, known=known).forecast()
        for known in (NUMBERS, poisoned)
    ]
    pd.testing.assert_frame_equal(*found)


def test_too_short_covariates_name_the_first_day_that_is_missing() -> None:
    model = recorder().fit(TABLE, known=NUMBERS[:61])
    with pytest.raises(ShapeError, match="lacks 1 rows, the first 2020-03-02"):
        model.forecast()
    with pytest.raises(ShapeError, match="lacks 5 rows, the first 2020-02-25"):
        recorder().fit(TABLE, known=NUMBERS[:55])
    with pytest.raises(ShapeError, match="reach the last target"):
        recorder().fit(ROWS, known=NUMBERS[:55].to_numpy())


def test_covariates_left_out_later_are_those_of_fit_and_another_kind_is_an_error() -> None:
    model = recorder().fit(TABLE[:50], known=NUMBERS)
    with pytest.raises(TypeError, match="of the kind given to fit, where it was DataFrame"):
        model.update(TABLE[50:], known=NUMBERS[50:].to_numpy())


def test_a_function_of_no_index_is_an_error() -> None:
    with pytest.raises(TypeError, match="function of the index only where there is one"):
        recorder().fit(ROWS, known=day_numbers)


def test_static_features_stay_with_their_series() -> None:
    static = pd.DataFrame({"size": [1.0, 2.0]}, index=["y", "x"])
    recorder(horizon=1).fit(PANEL, static=static).forecast()
    assert Recorder.seen[:, -1].tolist() == [2.0, 1.0]
    late = pd.concat({"x": TABLE[:50], "y": TABLE[:30]}, names=["meter", "day"])
    by_time = late.sort_index(level="day")
    recorder(horizon=1).fit(by_time, static=np.array([[1.0], [2.0]])).forecast()
    assert Recorder.seen[:, -1].tolist() == [1.0, 2.0]


def test_columns_of_covariates_are_found_by_name_whatever_their_order() -> None:
    both = NUMBERS.assign(squared=NUMBERS["day"] ** 2)
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(TABLE, known=both)
    swapped = both[["squared", "day"]]
    pd.testing.assert_frame_equal(model.forecast(TABLE, known=swapped), model.forecast())
    expected = model.backtest(TABLE, known=both)
    pd.testing.assert_frame_equal(model.backtest(TABLE, known=swapped), expected)
    each = SeriesForecaster(Ridge(), lookback=4).fit([TABLE, TABLE], known=[both, both])
    found = each.forecast([TABLE, TABLE], known=[swapped, both])
    pd.testing.assert_frame_equal(found[0], each.forecast()[0])


def test_other_columns_than_in_fit_are_an_error_whatever_is_asked() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(TABLE, known=NUMBERS)
    other = NUMBERS.rename(columns={"day": "night"})
    for ask in (partial(model.forecast, TABLE), partial(model.backtest, TABLE), model.forecast):
        with pytest.raises(ShapeError, match=r"columns given to fit, \['day'\], got \['night'\]"):
            ask(known=other)


def test_covariates_that_were_not_learned_from_are_an_error() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(TABLE[:50])
    for ask in (
        model.forecast,
        partial(model.forecast, TABLE),
        partial(model.backtest, TABLE),
        partial(model.update, TABLE[50:]),
    ):
        with pytest.raises(ValueError, match=r"were not given to fit, .* Fit with known="):
            ask(known=NUMBERS)


@pytest.mark.parametrize(
    ("index", "found"),
    [
        (LONG.tz_localize("UTC"), "times in UTC"),
        (LONG.to_period(), "periods of D"),
        (pd.RangeIndex(80), "integers"),
    ],
)
def test_covariates_under_other_labels_are_not_left_aside(index: pd.Index, found: str) -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(TABLE, known=NUMBERS)
    with pytest.raises(ShapeError, match=f"as in fit, by times of no zone, got {found}. Convert"):
        model.forecast(known=NUMBERS.set_axis(index))


def test_a_list_of_covariates_for_one_series_is_an_error() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(TABLE, known=NUMBERS)
    with pytest.raises(TypeError, match=r"table for one series, got a list. Pass"):
        model.forecast(known=[NUMBERS])


def test_covariates_in_a_list_follow_their_series_where_new_rows_are_those_of_some() -> None:
    plans = [NUMBERS, NUMBERS * 10]
    model = recorder().fit(pd.concat({"x": TABLE[:30], "y": TABLE[:40]}), known=plans)
    model.backtest(pd.concat({"y": TABLE[40:45]}), known=plans)
    assert days_seen() == [[10.0 * (o + 1), 10.0 * (o + 2)] for o in range(39, 43)]
    with pytest.raises(ShapeError, match="for each of the 2 series of fit, got 1"):
        model.update(pd.concat({"y": TABLE[40:45]}), known=plans[1:])
    model.update(pd.concat({"y": TABLE[40:45]}), known=plans).forecast()
    assert days_seen() == [[30.0, 31.0], [450.0, 460.0]]


@pytest.mark.parametrize("kind", ["table", "function"])
def test_a_far_forecast_says_at_once_how_far_covariates_must_reach(kind: str) -> None:
    days = pd.date_range("2021-01-01", periods=60)
    plan = pd.DataFrame({"k": np.arange(60.0)}, days)
    load = pd.DataFrame({"a": np.sin(np.arange(40.0))}, days[:40])
    plans = {"table": plan[:42], "function": lambda index: plan.loc[index.intersection(days[:42])]}
    model = SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(load, known=plans[kind])
    with pytest.raises(ShapeError, match=r"lacks 6 rows, .*Extend it to 2021-02-17"):
        model.forecast(horizon=7)
    whole = SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(load, known=plan[:48])
    assert whole.forecast(horizon=7).index[-1] == days[46]
