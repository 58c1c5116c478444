"""Times of calendars without leap days or with months of 30 days, as climate models have."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast import SeriesForecaster, make_windows
from stforecast.exceptions import IrregularIndexError
from stforecast.windows import Flatten, calendar_features

STEPS = [
    ("noleap", "2000-02-20", "D"),
    ("noleap", "2000-02-27", "6h"),
    ("noleap", "2000-01-01", "MS"),
    ("360_day", "2000-02-20", "D"),
    ("360_day", "2000-01-30", "ME"),
]


def times(calendar: str, start: str, step: str, count: int) -> Any:
    return xarray.date_range(start, periods=count, freq=step, calendar=calendar, use_cftime=True)


def grid(index: Any) -> xarray.DataArray:
    values = np.random.default_rng(0).normal(size=(len(index), 2, 2))
    return xarray.DataArray(values, {"time": index, "y": [2, 1]}, ["time", "y", "x"])


def forecaster() -> SeriesForecaster:
    return SeriesForecaster(make_pipeline(Flatten(), Ridge()), lookback=3, horizon=2)


@pytest.mark.parametrize(("calendar", "start", "step"), STEPS)
def test_forecasts_go_on_in_the_calendar(calendar: str, start: str, step: str) -> None:
    index = times(calendar, start, step, 32)
    model = forecaster().fit(grid(index[:25]))
    assert list(model.forecast().indexes["time"]) == list(index[25:27])
    assert list(model.forecast(grid(index[4:9])).indexes["time"]) == list(index[9:11])
    model.update(grid(index[25:30]))
    assert list(model.forecast().indexes["time"]) == list(index[30:])


def test_a_table_of_such_times_goes_on_too() -> None:
    index = times("noleap", "2000-02-20", "D", 22)
    table = pd.DataFrame({"a": np.arange(20.0)}, index[:20])
    assert list(forecaster().fit(table).forecast().index) == list(index[20:])


MIDDLES = [0, 31, 59, 90, 120, 151, 181, 212]


@pytest.mark.parametrize(
    "index",
    [
        times("noleap", "2000-02-20", "D", 12).delete(7),
        times("360_day", "2000-02-20", "6h", 12).delete(7),
        times("noleap", "2000-02-20", "D", 12)[::-1],
        times("noleap", "2000-01-16", "D", 230)[MIDDLES],
    ],
    ids=["a missing day", "missing hours", "out of order", "middles of months"],
)
def test_the_calls_for_such_times_work_as_they_stand(index: Any) -> None:
    series = grid(index)
    with pytest.raises(IrregularIndexError) as error:
        make_windows(series, lookback=3)
    call = re.search(r"series\..*?\)(\.\w+\(\))?(?=[.,])", str(error.value))
    assert call
    repaired = eval(call.group(), {"series": series, "xarray": xarray})
    assert len(make_windows(repaired, lookback=3, missing="mask")[0]) > 3


@pytest.mark.parametrize("calendar", ["noleap", "360_day"])
@pytest.mark.parametrize("step", ["MS", "ME", "2MS", "QS", "YE", "D", "6h"])
def test_the_time_that_is_missing_is_named_and_inserted(calendar: str, step: str) -> None:
    index = times(calendar, "2000-01-01", step, 30)
    left = index.delete(20)
    for series in (grid(left), pd.DataFrame({"a": np.arange(29.0)}, left)):
        with pytest.raises(IrregularIndexError) as error:
            make_windows(series, lookback=3)
        assert f"after {index[19]} comes {index[21]}. Insert the missing" in str(error.value)
        call = re.search(r"series\.reindex\(.*?\)\)(?=, and fill them, or)", str(error.value))
        assert call
        repaired = eval(call.group(), {"series": series, "xarray": xarray})
        found = repaired.index if isinstance(repaired, pd.DataFrame) else repaired.indexes["time"]
        assert list(found) == list(index)


def test_middles_of_months_of_a_table_are_moved() -> None:
    index = times("noleap", "2000-01-16", "D", 260)[[*MIDDLES, 258]]
    series = pd.DataFrame({"a": np.arange(9.0)}, index)
    with pytest.raises(IrregularIndexError, match=r"after 2000-08-16 .* comes 2000-10-01") as error:
        make_windows(series, lookback=3)
    call = re.search(r"series\.rename_axis.*?\.to_pandas\(\)", str(error.value))
    assert call
    moved = eval(call.group(), {"series": series})
    assert list(moved.index) == list(times("noleap", "2000-01-01", "MS", 10))
    assert moved["a"].isna().tolist() == [False] * 8 + [True, False]


def test_rows_of_another_calendar_do_not_follow() -> None:
    model = forecaster().fit(grid(times("noleap", "2000-03-01", "D", 20)))
    with pytest.raises(
        IrregularIndexError, match="times of the calendar noleap, got times of the calendar 360"
    ):
        model.update(grid(times("360_day", "2000-03-21", "D", 5)))


def test_a_panel_of_such_maps_is_refused_with_a_call_that_works() -> None:
    series = [grid(times("noleap", "2000-02-20", "D", 12))] * 2
    with pytest.raises(IrregularIndexError, match="usual calendar, got those of 'noleap'") as error:
        make_windows(series, lookback=3)
    call = re.search(r"\[one.*series\]", str(error.value))
    assert call
    assert len(make_windows(eval(call.group(), {"series": series}), lookback=3)[0]) == 18


@pytest.mark.parametrize(
    ("calendar", "days"), [("noleap", 365), ("all_leap", 366), ("360_day", 360)]
)
def test_calendar_features_are_those_of_the_calendar(calendar: str, days: int) -> None:
    index = times(calendar, "2004-01-01", "D", days)  # the usual calendar has a leap year then
    table = calendar_features(index, features=["yearday", "month"])
    angle = 2 * np.pi * np.arange(days) / days
    np.testing.assert_allclose(table["yearday_sin_1"], np.sin(angle), atol=1e-12)
    months = np.array([time.month for time in index]) - 1
    np.testing.assert_allclose(table["month_cos_1"], np.cos(np.pi * months / 6), atol=1e-12)
    assert table.index.equals(index)


def test_holidays_of_a_climate_model_are_refused_and_a_converted_series_has_them() -> None:
    series = grid(times("noleap", "2004-02-20", "D", 20))
    with pytest.raises(TypeError, match=r"'noleap'. .*series.convert_calendar\('standard', missi"):
        calendar_features(series.indexes["time"], holidays="FR")
    series = series.convert_calendar("standard", missing=float("nan"))
    assert "holiday" in calendar_features(series.indexes["time"], holidays="FR")


def test_a_forecaster_asks_for_the_calendar_of_the_steps_ahead() -> None:
    series = grid(times("360_day", "2004-02-20", "D", 60))
    known = partial(calendar_features, features=["month", "yearday"])
    model = SeriesForecaster(make_pipeline(Flatten(), Ridge()), lookback=3, horizon=2)
    assert np.isfinite(model.fit(series, known=known).forecast()).all()


def test_rows_of_another_pace_are_refused() -> None:
    model = forecaster().fit(grid(times("noleap", "2000-02-20", "D", 25)))
    with pytest.raises(IrregularIndexError, match="must lie as far apart as in fit, 1 days"):
        model.forecast(grid(times("noleap", "2000-02-20", "6h", 25)))
