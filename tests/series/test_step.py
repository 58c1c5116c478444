"""The step of an index is found once, in `fit`, and rows that do not show it go on by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from pandas.tseries.holiday import USFederalHolidayCalendar
from sklearn.linear_model import LinearRegression, Ridge

from stforecast import SeriesForecaster, SktimeForecaster
from stforecast.exceptions import IrregularIndexError

WORKDAY = pd.offsets.CustomBusinessDay(calendar=USFederalHolidayCalendar())
INDEXES = {
    "business days": pd.bdate_range("2024-01-01", periods=60),
    "days of work": pd.date_range("2024-03-01", periods=60, freq=WORKDAY),
    "days of work from Sunday on": pd.date_range(
        "2024-03-03", periods=60, freq=pd.offsets.CustomBusinessDay(weekmask="Sun Mon Tue Wed Thu")
    ),
    "ends of months": pd.date_range("2015-01-31", periods=60, freq="ME"),
    "third Fridays": pd.date_range("2015-01-01", periods=60, freq="WOM-3FRI"),
    "hours of business": pd.date_range("2024-01-01", periods=60, freq="bh"),
}


def table(index: pd.Index) -> pd.DataFrame:
    return pd.DataFrame({"v": np.arange(len(index), dtype=float)}, index)


def without_frequency(index: Any) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(index.to_numpy())


def linear(**params: Any) -> SeriesForecaster:
    return SeriesForecaster(LinearRegression(), **{"lookback": 2, "horizon": 2, **params})


@pytest.mark.parametrize("kind", INDEXES)
@pytest.mark.parametrize("rows", [2, 3, 5])
def test_a_slice_without_frequency_goes_on_by_the_step_of_fit(kind: str, rows: int) -> None:
    index = INDEXES[kind]
    model = linear(calibration=20).fit(table(index[:50]))
    part = table(index)[50 - rows : 50].set_axis(without_frequency(index[50 - rows : 50]))
    expected = list(index[50:52])
    assert list(model.forecast(part).index) == expected
    for bound in model.forecast_interval(part, coverage=0.8):
        assert list(bound.index) == expected
    np.testing.assert_allclose(model.forecast(part)["v"], [50.0, 51.0])


@pytest.mark.parametrize("kind", INDEXES)
def test_new_rows_without_frequency_go_on_by_the_step_of_fit(kind: str) -> None:
    index = INDEXES[kind]
    model = linear().fit(table(index[:50]))
    backtest = model.backtest(table(index)[50:].set_axis(without_frequency(index[50:])))
    assert backtest.index[0] == index[49]
    model.update(table(index)[50:52].set_axis(without_frequency(index[50:52])))
    model.update(table(index)[52:53].set_axis(without_frequency(index[52:53])))
    assert list(model.forecast().index) == list(index[53:55])
    np.testing.assert_allclose(model.forecast()["v"], [53.0, 54.0])
    assert model.history_.index.freq == index.freq


@pytest.mark.parametrize("kind", ["business days", "ends of months", "third Fridays"])
def test_short_series_of_a_panel_go_on_by_the_step_of_fit(kind: str) -> None:
    index = INDEXES[kind]
    panel = pd.concat({"u": table(index[:50]), "v": table(index[:40])}, names=["id", "t"])
    model = linear().fit(panel)
    found = model.forecast(panel.groupby(level=0).tail(3))
    assert list(found.loc["u"].index) == list(index[50:52])
    assert list(found.loc["v"].index) == list(index[40:42])
    listed = linear().fit([table(index[:50]), table(index[:40])])
    short = listed.forecast([table(without_frequency(index[47:50]))])
    assert list(short[0].index) == list(index[50:52])


def test_short_maps_go_on_by_the_step_of_fit() -> None:
    days = without_frequency(INDEXES["business days"])
    maps = xarray.DataArray(
        np.arange(60.0)[:, None, None] + np.zeros((60, 2, 3)),
        dims=("time", "lat", "lon"),
        coords={"time": days},
    )
    model = linear().fit(maps[:50])
    assert model.forecast(maps[45:50]).time.to_index().tolist() == days[50:52].tolist()
    model.update(maps[50:55])
    assert model.forecast().time.to_index().tolist() == days[55:57].tolist()


def test_a_short_update_of_sktime_goes_on_by_the_step_of_fit() -> None:
    days = INDEXES["business days"]
    y = table(days)["v"]
    forecaster = SktimeForecaster(LinearRegression(), lookback=2).fit(y[:50])
    forecaster.update(y[50:55].asfreq("B"), update_params=False)
    assert forecaster.forecaster_.forecast().index[0] == days[55]
    assert list(forecaster.predict(fh=[1, 2, 3]).index) == list(days[55:58])


def test_covariates_of_the_right_day_are_read() -> None:
    days = without_frequency(INDEXES["business days"])
    series = pd.DataFrame({"v": (days.dayofweek == 0) * 10.0}, days)
    model = SeriesForecaster(LinearRegression(), lookback=2).fit(
        series, known=lambda times: pd.DataFrame({"monday": times.dayofweek == 0}, times)
    )
    assert model.forecast(series[:55][-5:])["v"].round(6).tolist() == [10.0]


def test_a_second_fit_finds_its_own_step() -> None:
    model = linear().fit(table(INDEXES["ends of months"]))
    days = pd.date_range("2024", periods=20)
    assert model.fit(table(days)).forecast().index[0] == days[-1] + pd.Timedelta("1D")


def test_eight_rows_a_day_are_not_hours_of_business() -> None:
    days = pd.date_range("2024-01-01", "2024-01-12")
    hours = pd.DatetimeIndex([day + pd.Timedelta(hours=h) for day in days for h in range(8, 16)])
    with pytest.raises(IrregularIndexError, match="after 2024-01-01 15:00:00 comes 2024-01-02 08"):
        linear().fit(table(hours))


ZONES = [("UTC", "Europe/Paris"), ("Europe/Paris", "UTC"), ("Asia/Kolkata", "America/New_York")]


@pytest.mark.parametrize(("fitted", "given"), ZONES)
def test_new_rows_of_another_zone_are_the_same_moments(fitted: str, given: str) -> None:
    hours = pd.date_range("2024-03-30", periods=100, freq="h", tz=fitted)
    whole = table(hours)
    other = whole.tz_convert(given)
    expected = linear().fit(whole[:60]).update(whole[60:]).forecast()
    pd.testing.assert_frame_equal(linear().fit(whole[:60]).update(other[60:]).forecast(), expected)
    backtest = linear().fit(whole[:60]).backtest(other[60:])
    pd.testing.assert_frame_equal(backtest, linear().fit(whole[:60]).backtest(whole[60:]))
    panel, rest = (pd.concat({"u": one}) for one in (whole[:60], other[60:]))
    found = linear().fit(panel).update(rest).forecast()
    assert list(found.loc["u"].index) == list(expected.index)


def test_new_rows_that_do_not_follow_in_another_zone_name_both() -> None:
    days = pd.date_range("2024-03-01", periods=60, tz="UTC")
    model = linear().fit(table(days[:40]))
    local = table(days).tz_localize(None).tz_localize("Europe/Paris")[40:]
    with pytest.raises(IrregularIndexError, match="by times in UTC and times in Europe/Paris"):
        model.update(local)
    with pytest.raises(IrregularIndexError, match="by times in UTC, got times of no zone"):
        model.update(table(days).tz_localize(None)[40:])


def test_times_in_the_first_level_of_a_panel_are_told_to_go_last() -> None:
    hours = pd.date_range("2024-01-01", periods=50, freq="h", name="time")
    for times in (hours, hours.to_period("h"), hours - hours[0]):
        index = pd.MultiIndex.from_product([times, range(4)])
        panel = pd.DataFrame({"v": np.arange(200.0)}, index)
        with pytest.raises(IrregularIndexError, match=r"needs time as the last level .* level 0"):
            SeriesForecaster(Ridge(), lookback=4).fit(panel)
        found = SeriesForecaster(Ridge(), lookback=4).fit(panel.swaplevel(0, -1).sort_index())
        assert sorted(found.forecast().index.get_level_values(0)) == [0, 1, 2, 3]


def test_a_date_may_name_a_series_where_time_comes_last() -> None:
    days = pd.date_range("2024-01-01", periods=30)
    panel = pd.concat({days[0]: table(days), days[1]: table(days)})
    assert len(SeriesForecaster(Ridge(), lookback=4).fit(panel).forecast()) == 2
