from __future__ import annotations

import datetime as dt
import math
import sys

import holidays
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast.windows._calendar import calendar_features

DAYS = pd.date_range("2007-12-30", "2009-01-03", freq="D")
HOURS = pd.date_range("2008-02-28", periods=24 * 30, freq="h")
EVERY = ["hour", "weekday", "month", "yearday"]


def share_of_turn(feature: str, stamp: dt.datetime) -> float:
    """How much of its turn of the calendar has passed, from the standard library alone."""
    days_in_year = (dt.date(stamp.year + 1, 1, 1) - dt.date(stamp.year, 1, 1)).days
    return {
        "hour": (stamp.hour + stamp.minute / 60 + stamp.second / 3600) / 24,
        "weekday": stamp.weekday() / 7,
        "month": (stamp.month - 1) / 12,
        "yearday": (stamp.date() - dt.date(stamp.year, 1, 1)).days / days_in_year,
    }[feature]


@given(
    stamp=st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)).map(
        lambda stamp: stamp.replace(microsecond=0)
    ),
    feature=st.sampled_from(EVERY),
    harmonic=st.integers(1, 3),
)
def test_harmonics_are_sine_and_cosine_of_the_share_of_the_turn(stamp, feature, harmonic):
    table = calendar_features(pd.DatetimeIndex([stamp]), features=[feature], harmonics=3)
    angle = 2 * math.pi * harmonic * share_of_turn(feature, stamp)
    assert table[f"{feature}_sin_{harmonic}"].item() == pytest.approx(math.sin(angle), abs=1e-9)
    assert table[f"{feature}_cos_{harmonic}"].item() == pytest.approx(math.cos(angle), abs=1e-9)


def test_columns_come_in_the_order_asked_for():
    table = calendar_features(DAYS, features=["yearday", "weekday"], harmonics={"yearday": 2})
    assert list(table.columns) == [
        "yearday_sin_1", "yearday_cos_1", "yearday_sin_2", "yearday_cos_2",
        "weekday_sin_1", "weekday_cos_1",
    ]  # fmt: skip
    assert (table.dtypes == np.float64).all()


def test_hour_weekday_and_yearday_are_the_default():
    names = {name.partition("_")[0] for name in calendar_features(HOURS).columns}
    assert names == {"hour", "weekday", "yearday"}


def test_the_index_is_carried():
    assert calendar_features(DAYS).index is DAYS
    shuffled = DAYS[[5, 2, 2, 300]]
    assert calendar_features(shuffled).index.equals(shuffled)


def test_past_and_future_made_apart_are_the_same_as_made_together():
    options = {"features": EVERY, "encoding": {"weekday": "onehot"}, "holidays": "FR"}
    whole = calendar_features(HOURS, **options)
    parts = [calendar_features(part, **options) for part in (HOURS[:100], HOURS[100:])]
    pd.testing.assert_frame_equal(pd.concat(parts), whole, check_freq=False)


@pytest.mark.parametrize("year", [2007, 2008])
def test_the_year_closes_after_its_last_day_leap_or_not(year):
    ends = pd.DatetimeIndex([f"{year}-12-31", f"{year + 1}-01-01"])
    angle = np.arctan2(*calendar_features(ends, features=["yearday"]).to_numpy().T)
    assert angle[1] == 0.0
    assert -angle[0] == pytest.approx(2 * math.pi / (366 if year == 2008 else 365))


@pytest.mark.parametrize(
    ("feature", "cells", "cell"),
    [
        ("hour", range(24), lambda stamp: stamp.hour),
        ("weekday", range(7), lambda stamp: stamp.weekday()),
        ("month", range(1, 13), lambda stamp: stamp.month),
        ("yearday", range(1, 367), lambda stamp: stamp.timetuple().tm_yday),
    ],
)
def test_onehot_has_a_column_for_every_cell_and_a_one_in_each_row(feature, cells, cell):
    table = calendar_features(HOURS, features=[feature], encoding="onehot")
    assert list(table.columns) == [f"{feature}_{value}" for value in cells]
    assert (table.sum(axis=1) == 1.0).all()
    assert table.idxmax(axis=1).tolist() == [f"{feature}_{cell(stamp)}" for stamp in HOURS]


def test_encodings_may_differ_by_feature():
    table = calendar_features(DAYS, features=["weekday", "month"], encoding={"weekday": "onehot"})
    assert list(table.columns) == [
        *(f"weekday_{d}" for d in range(7)),
        "month_sin_1",
        "month_cos_1",
    ]


def test_harmonics_of_whole_cells_are_all_different():
    options = {"features": ["weekday", "month", "yearday"]}
    most = {"weekday": 3, "month": 5, "yearday": 182}
    table = calendar_features(DAYS[2:367], harmonics=most, **options).to_numpy()
    weekday, month = table[:, :6], table[:, 6:16]
    assert np.linalg.matrix_rank(weekday) == 6
    assert np.linalg.matrix_rank(month) == 10


def test_a_period_counts_as_its_first_moment():
    hours = pd.period_range("2008-02-28", periods=48, freq="h")
    table = calendar_features(hours)
    assert table.index is hours
    np.testing.assert_array_equal(table, calendar_features(hours.to_timestamp()))
    weeks = pd.period_range("2008-01-01", periods=3, freq="W-SUN")
    assert calendar_features(weeks, features=["weekday"], encoding="onehot")["weekday_0"].all()


def test_a_zone_is_read_on_its_own_clock():
    utc = pd.date_range("2008-03-30", periods=5, freq="h", tz="UTC")
    paris = utc.tz_convert("Europe/Paris")
    table = calendar_features(paris, features=["hour"], encoding="onehot")
    assert table.idxmax(axis=1).tolist() == ["hour_1", "hour_3", "hour_4", "hour_5", "hour_6"]
    assert table.index is paris


def test_holidays_of_a_country_and_of_a_part_of_it():
    table = calendar_features(DAYS, features=[], holidays="FR")
    on = table.index[table["holiday"] == 1.0]
    assert set(on.strftime("%m-%d")) >= {"01-01", "05-01", "07-14", "12-25"}
    assert len(on) == sum(day in holidays.France() for day in DAYS.date)
    bavaria = calendar_features(DAYS, features=[], holidays="DE-BY")["holiday"]
    assert bavaria["2008-01-06"] == 1.0
    assert calendar_features(DAYS, features=[], holidays="DE")["holiday"]["2008-01-06"] == 0.0


@pytest.mark.parametrize(
    "dates",
    [
        ["2008-05-01", "2008-12-25"],
        [dt.date(2008, 5, 1), dt.date(2008, 12, 25)],
        pd.DatetimeIndex(["2008-05-01 13:00", "2008-12-25"], tz="Europe/Paris"),
        {dt.date(2008, 5, 1): "work", dt.date(2008, 12, 25): "gifts"},
    ],
    ids=["strings", "dates", "stamps", "dict"],
)
def test_holidays_may_be_dates_of_any_kind(dates):
    table = calendar_features(DAYS, features=[], holidays=dates)
    assert table.index[table["holiday"] == 1.0].strftime("%m-%d").tolist() == ["05-01", "12-25"]


def test_a_calendar_of_the_holidays_package_is_filled_in_as_needed():
    table = calendar_features(DAYS, features=[], holidays=holidays.France())
    assert table["holiday"].equals(calendar_features(DAYS, features=[], holidays="FR")["holiday"])


def test_all_hours_of_a_holiday_are_holiday():
    table = calendar_features(HOURS, features=[], holidays=["2008-03-01"])
    assert table["holiday"].sum() == 24
    assert (table.loc["2008-03-01", "holiday"] == 1.0).all()


def test_nothing_asked_for_gives_no_columns_and_no_rows_no_rows():
    assert calendar_features(DAYS, features=[]).shape == (len(DAYS), 0)
    assert calendar_features(DAYS[:0], holidays="FR").shape == (0, 7)


@pytest.mark.parametrize("index", [pd.RangeIndex(3), ["2008-01-01"], pd.Index(["2008-01-01"])])
def test_an_index_without_time_stamps_is_refused(index):
    with pytest.raises(TypeError, match=f"got {type(index).__name__}. .*pd.to_datetime"):
        calendar_features(index)


def test_missing_time_stamps_are_counted():
    with pytest.raises(ValueError, match=r"2 are missing \(NaT\)\. Drop those rows"):
        calendar_features(pd.DatetimeIndex(["2008-01-01", None, None]))


def test_unknown_features_are_refused():
    with pytest.raises(ValueError, match=r"features must be 'hour'.*got 'minute'"):
        calendar_features(DAYS, features=["minute"])
    with pytest.raises(TypeError, match="features must be a list of names, got 'hour'"):
        calendar_features(DAYS, features="hour")


def test_unknown_encodings_are_refused():
    with pytest.raises(ValueError, match="encoding must be 'cyclic' or 'onehot', got 'sin'"):
        calendar_features(DAYS, encoding="sin")
    with pytest.raises(ValueError, match="encoding names 'month', which is not among features"):
        calendar_features(DAYS, encoding={"month": "onehot"})


@pytest.mark.parametrize(("feature", "most"), [("weekday", 3), ("month", 5), ("yearday", 182)])
def test_harmonics_that_repeat_lower_ones_are_refused(feature, most):
    calendar_features(DAYS, features=[feature], harmonics=most)
    with pytest.raises(ValueError, match=f"harmonics of {feature} must be at most {most}, got"):
        calendar_features(DAYS, features=[feature], harmonics=most + 1)


def test_harmonics_must_be_positive_integers():
    with pytest.raises(ValueError, match="harmonics must be an integer of at least 1, got 0"):
        calendar_features(DAYS, harmonics=0)
    with pytest.raises(ValueError, match="harmonics names 'month', which is not among features"):
        calendar_features(DAYS, harmonics={"month": 2})


def test_what_is_no_list_is_refused():
    for features in ("hour", None, 3):
        with pytest.raises(TypeError, match="features must be a list of names, got"):
            calendar_features(HOURS, features=features)
    with pytest.raises(TypeError, match="country's code such as 'FR' or 'DE-BY', or dates, got 3"):
        calendar_features(HOURS, holidays=3)


@pytest.mark.parametrize("code", ["XX", "DE-XX", "atlantis"])
def test_unknown_countries_are_refused(code):
    with pytest.raises(ValueError, match=f"country's code such as 'FR'.*got '{code}'"):
        calendar_features(DAYS, holidays=code)


def test_without_the_holidays_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ImportError, match="pip install holidays"):
        calendar_features(DAYS, holidays="FR")
    assert calendar_features(DAYS, holidays=["2008-05-01"])["holiday"].sum() == 1.0
