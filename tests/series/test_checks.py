"""What is no series, no regressor or no longer what was fitted is refused in plain words."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from stforecast.exceptions import IrregularIndexError, MissingValuesError, ShapeError
from stforecast.series import SeriesForecaster
from stforecast.sktime import SktimeForecaster

DAYS = pd.date_range("2021-01-01", periods=40)
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), DAYS, ["a", "b"])
AHEAD = pd.DataFrame({"holiday": [False] * 50}, pd.date_range("2021-01-01", periods=50))


def linear(**params: Any) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), **{"lookback": 3, "horizon": 2, **params})


@pytest.mark.parametrize("value", [24, 0.8, "24", {"a": [1, 2]}, iter([1.0])])
def test_what_is_no_series_is_told_where_it_belongs(value: Any) -> None:
    with pytest.raises(TypeError, match=r"X must be a series .* forecaster's horizon"):
        linear().fit(TABLE).forecast(value)
    with pytest.raises(TypeError, match="X must be a series"):
        linear().fit(value)


@pytest.mark.parametrize("estimator", [None, "ridge", Ridge, StandardScaler(), linear()])
def test_an_estimator_that_cannot_predict_is_refused(estimator: Any) -> None:
    with pytest.raises(TypeError, match=r"estimator must be a forecaster .* Pass an object"):
        SeriesForecaster(estimator, lookback=3).fit(TABLE)


def test_a_classifier_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"got LogisticRegression\(\). A classifier predicts classes"
    ):
        SeriesForecaster(LogisticRegression(), lookback=3).fit(TABLE)


def test_a_forecaster_of_sktime_is_refused() -> None:
    with pytest.raises(TypeError, match=r"got SktimeForecaster\(\). Pass an object with fit"):
        SeriesForecaster(SktimeForecaster(), lookback=3).fit(TABLE)


@pytest.mark.parametrize(
    ("name", "value"), [("horizon", 1), ("target", "b"), ("lookback", 4), ("missing", "mask")]
)
def test_a_layout_changed_since_fit_is_no_forecast_of_something_else(name: str, value: Any) -> None:
    model = linear(target="a").fit(TABLE).set_params(**{name: value})
    for ask in (model.forecast, lambda: model.backtest(TABLE), lambda: model.update(TABLE)):
        with pytest.raises(ValueError, match=f"fitted with {name}=.* now. Fit it again"):
            ask()


def test_a_target_in_the_place_of_y_is_not_ignored() -> None:
    with pytest.raises(TypeError, match=r"y, which is not used, but got a Series. .* in target"):
        linear().fit(TABLE[["a"]], TABLE["b"])


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="different names, but 'a' stands more than once"):
        linear().fit(TABLE.set_axis(["a", "a"], axis=1))


def test_columns_of_several_levels_come_back_as_such() -> None:
    columns = pd.MultiIndex.from_tuples([("shop", 1), ("shop", 2)])
    forecast = linear().fit(TABLE.set_axis(columns, axis=1)).forecast()
    pd.testing.assert_index_equal(forecast.columns, columns)


@pytest.mark.parametrize(
    "columns", [[0, 1], pd.MultiIndex.from_tuples([("shop", 1), ("shop", 2)])], ids=["int", "many"]
)
def test_columns_whose_names_are_no_strings_are_compared_too(columns: Any) -> None:
    table = TABLE.set_axis(columns, axis=1)
    swapped = table[table.columns[::-1]]
    rule = "must have the columns .* as in fit, in this order, got"
    for fitted, given in ((table, swapped), ([table, table], [swapped, swapped]), (table, TABLE)):
        model = linear().fit(fitted)
        for ask in (model.forecast, model.backtest, model.update):
            with (
                pytest.raises(ShapeError, match=rule),
                warnings.catch_warnings(action="ignore"),  # scikit-learn's, of names or none
            ):
                ask(given)


def hourly(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_axis(pd.date_range("2021-01-01", periods=len(table), freq="h"))


def test_rows_of_another_pace_are_refused() -> None:
    model = linear().fit(TABLE)
    for ask in (model.forecast, model.backtest, model.score, model.forecast_interval):
        with pytest.raises(
            IrregularIndexError, match=r"in fit, 1 days .* 01:00:00 apart. Resample"
        ):
            ask(hourly(TABLE))
    with pytest.raises(IrregularIndexError, match="as far apart as in fit"):
        linear().fit(pd.concat({"u": TABLE})).forecast(pd.concat({"v": hourly(TABLE)}))
    with pytest.raises(IrregularIndexError, match="as far apart as in fit"):
        linear().fit([TABLE]).forecast(
            [TABLE.set_axis(pd.period_range("2001", periods=40, freq="M"))]
        )


@pytest.mark.parametrize(
    "index",
    [
        pd.bdate_range("2021-01-01", periods=40),
        DAYS.tz_localize("Europe/Berlin"),
        DAYS.to_period(),
        DAYS - DAYS[0],
        pd.RangeIndex(40),
    ],
)
def test_rows_of_the_same_pace_go_on_whatever_their_labels(index: Any) -> None:
    model = linear().fit(TABLE)
    expected = model.forecast(TABLE).to_numpy()
    np.testing.assert_array_equal(model.forecast(TABLE.set_axis(index)), expected)


def test_months_are_of_one_pace_however_many_days_they_have() -> None:
    months = TABLE.set_axis(pd.date_range("2019-11-30", periods=40, freq="ME"))
    linear().fit(months).forecast(months[:6])
    linear().fit(months[:6]).forecast(months)


def test_a_few_rows_over_a_weekend_show_no_pace() -> None:
    days = TABLE.set_axis(pd.bdate_range("2021-01-01", periods=40))  # a Friday
    model = SeriesForecaster(Ridge(), lookback=2).fit(days)
    pd.testing.assert_index_equal(model.forecast(days[5:10]).index, days.index[10:11])


def test_new_rows_of_another_kind_are_named_by_it() -> None:
    panel = pd.concat({"u": TABLE})
    with pytest.raises(TypeError, match=r"as DataFrame, got DataFrame by series and time\."):
        linear().fit(TABLE).update(panel)
    with pytest.raises(TypeError, match=r"as DataFrame by series and time, got DataFrame\."):
        linear().fit(panel).update(TABLE)


def test_rows_of_unequal_length_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"must have rows of one length. For a panel"):
        linear().fit([[1.0, 2.0], [3.0]])


def test_masked_values_are_missing_not_what_lies_under_the_mask() -> None:
    series = np.ma.masked_greater(TABLE.to_numpy(), 1.5)
    assert series.mask.any()
    with pytest.raises(ValueError, match="NaN"):
        linear().fit(series)


def test_maps_without_times_come_back_as_maps() -> None:
    maps = xarray.DataArray(np.random.default_rng(0).normal(size=(20, 3, 4)), dims=("t", "y", "x"))
    forecast = linear().fit(maps).forecast()
    assert forecast.dims == ("t", "y", "x")
    assert forecast.shape == (2, 3, 4)


@pytest.mark.parametrize("start", ["soon", 5, None])
def test_a_start_that_is_no_time_is_refused(start: Any) -> None:
    model = linear().fit(TABLE)
    if start is None:
        assert len(model.backtest(TABLE, start=start)) == 36
        return
    with pytest.raises(TypeError, match="start must be a time of the series, such as 2021-02-07"):
        model.backtest(TABLE, start=start)


@pytest.mark.parametrize("quantiles", [0.5, None, []])
def test_quantiles_that_are_no_list_are_refused(quantiles: Any) -> None:
    model = linear(calibration=10).fit(TABLE)
    with pytest.raises(
        TypeError, match=r"quantiles must be a list of numbers, such as \[0.1, 0.9\]"
    ):
        model.forecast_quantiles(quantiles=quantiles)


def test_a_function_that_returns_no_covariates_is_not_taken_for_none() -> None:
    with pytest.raises(TypeError, match=r"known must return covariates .* got None"):
        linear().fit(TABLE, known=lambda index: None)


def test_flags_in_fit_and_numbers_in_forecast_are_one_covariate() -> None:
    model = linear().fit(TABLE, known=AHEAD[:40])
    numbers = model.forecast(known=AHEAD[40:].astype(float))
    pd.testing.assert_frame_equal(numbers, model.forecast(known=AHEAD[40:]))


@pytest.mark.parametrize("columns", [{"holiday": "day_off"}, {}])
def test_covariates_of_other_columns_than_in_fit_are_refused(columns: dict[str, str]) -> None:
    model = linear().fit(TABLE, known=AHEAD[:40])
    other = AHEAD[40:].rename(columns=columns) if columns else AHEAD[40:].assign(wind=1.0)
    with pytest.raises(ShapeError, match=r"columns given to fit, \['holiday'\], got"):
        model.forecast(known=other)


def test_covariates_in_another_zone_than_the_series_are_told_so() -> None:
    with pytest.raises(
        ShapeError, match="as the series is, by times of no zone, not by times in UTC"
    ):
        linear().fit(TABLE, known=AHEAD.tz_localize("UTC"))


def test_a_series_of_nothing_but_gaps_teaches_nothing() -> None:
    from stforecast.estimators import LSTMForecaster

    model = SeriesForecaster(LSTMForecaster(2, max_epochs=1), lookback=3, missing="mask")
    with pytest.raises(MissingValuesError, match="holds no value: all 80 are NaN"):
        model.fit(TABLE * np.nan)


@pytest.mark.parametrize("method", ["forecast", "backtest", "score", "update"])
def test_an_array_where_the_target_is_named_is_asked_for_as_a_table(method: str) -> None:
    model = linear().set_params(target="a").fit(TABLE)
    message = r"fit had a DataFrame with columns \['a', 'b'\], of which target names 'a', but got"
    with pytest.raises(TypeError, match=message):
        getattr(model, method)(TABLE.to_numpy())
