from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from stforecast.datasets import load_household_power
from stforecast.datasets._minutes import MINUTE_COLUMNS
from tests.datasets.conftest import ROOT

COLUMNS = [*MINUTE_COLUMNS, "sub_metering_4"]

# Days of the daily table that the literature uses: the first and the last, a whole day, a leap
# day, and two days without a single measured minute.
KNOWN_DAYS = {
    "2006-12-16": [1209.176, 34.922, 93552.53, 5180.8, 0, 546, 4926, 14680.933],
    "2006-12-17": [3390.46, 226.006, 345725.32, 14398.6, 2033, 4187, 13341, 36946.667],
    "2007-04-29": [1113.694, 163.744, 338660.24, 4850.4, 1772, 563, 4756, 11470.567],
    "2008-02-29": [1333.348, 88.948, 342775.43, 5576.6, 0, 3773, 8062, 10387.467],
    "2009-06-14": [1101.87, 154.292, 346965.18, 4702.0, 1009, 465, 7143, 9747.5],
    "2010-11-26": [1488.104, 120.826, 303487.57, 6259.8, 1080, 385, 9989, 13347.733],
}


@pytest.mark.parametrize("day", KNOWN_DAYS)
def test_daily_sums_are_those_of_the_literature(day):
    daily = load_household_power("D")
    np.testing.assert_allclose(daily.loc[day], KNOWN_DAYS[day], rtol=0, atol=6e-4)


def test_the_naive_errors_of_the_literature_come_out():
    power = load_household_power("D")["Global_active_power"].to_numpy()[1:-6].reshape(-1, 7)
    train, test = power[:-46], power[-46:]
    before = np.vstack([train[-1:], test[:-1]])
    rmse = {
        "last day": np.sqrt(np.mean((test - before[:, -1:]) ** 2)),
        "last week": np.sqrt(np.mean((test - before) ** 2)),
        "year ago": np.sqrt(np.mean((test - power[-46 - 52 : -52]) ** 2)),
    }
    assert len(train) == 159
    assert {name: round(float(error), 1) for name, error in rmse.items()} == {
        "last day": 511.9,
        "last week": 469.4,
        "year ago": 465.3,
    }


@pytest.mark.parametrize(
    ("resolution", "rows", "first", "freq"),
    [
        ("h", 34_589, "2006-12-16 17:00", "h"),
        ("6h", 5_766, "2006-12-16 12:00", "6h"),
        ("D", 1_442, "2006-12-16", "D"),
        ("W-SAT", 207, "2006-12-16", "W-SAT"),
        ("MS", 48, "2006-12-01", "MS"),
        (pd.offsets.QuarterEnd(startingMonth=12), 17, "2006-12-31", "QE-DEC"),
    ],
)
def test_every_resolution_has_a_regular_index_and_the_named_columns(resolution, rows, first, freq):
    table = load_household_power(resolution)
    assert list(table.columns) == COLUMNS
    assert (table.dtypes == np.float64).all()
    assert not table.isna().to_numpy().any()
    assert len(table) == rows
    assert table.index.equals(pd.date_range(first, periods=rows, freq=freq))
    assert table.index.freq == pd.tseries.frequencies.to_offset(freq)
    assert table.index.name == "datetime"


@pytest.mark.parametrize("resolution", ["D", "W-SAT", "ME", "12h"])
def test_sums_at_every_resolution_add_up_to_the_same_total(resolution):
    hours = load_household_power("h").sum()
    np.testing.assert_allclose(load_household_power(resolution).sum(), hours, rtol=1e-12)


def test_a_week_named_by_its_saturday_runs_from_sunday():
    daily, weekly = load_household_power("D"), load_household_power("W-SAT")
    week = daily.loc["2006-12-17":"2006-12-23"]
    assert week.index[0].day_name() == "Sunday"
    np.testing.assert_allclose(weekly.loc["2006-12-23"], week.sum(), rtol=1e-12)


def test_the_fourth_meter_is_what_the_three_miss():
    hourly = load_household_power("h")
    meters = hourly[["Sub_metering_1", "Sub_metering_2", "Sub_metering_3", "sub_metering_4"]]
    np.testing.assert_allclose(
        meters.sum(axis=1), hourly["Global_active_power"] * 1000 / 60, rtol=1e-12, atol=1e-9
    )


def test_means_divide_by_the_minutes_of_the_record():
    sums, means = load_household_power("D"), load_household_power("D", aggregate="mean")
    minutes = np.full(1442, 1440.0)
    minutes[0], minutes[-1] = 396, 1263
    np.testing.assert_allclose(means, sums.to_numpy() / minutes[:, None], rtol=1e-12)


def test_without_filling_every_row_with_a_missing_minute_is_nan():
    whole, gappy = load_household_power("D"), load_household_power("D", fill=False)
    gone = gappy.isna().any(axis=1)
    assert gone.sum() == 82
    assert gappy[gone].isna().to_numpy().all()
    assert gone[["2006-12-21", "2007-04-29", "2009-06-14"]].all()
    pd.testing.assert_frame_equal(gappy[~gone], whole[~gone], check_freq=False)
    assert load_household_power("h", fill=False).isna().all(axis=1).sum() == 502


def test_the_missing_share_counts_all_missing_minutes(build):
    hours = pd.read_csv(build.HERE / "household_power_hours.csv.xz")
    assert hours["minutes"].sum() == 2_075_259
    assert round((hours["missing_share"] * hours["minutes"]).sum()) == 25_979


def test_a_caller_may_change_what_it_was_given():
    changed = load_household_power("D")
    changed.iloc[:, :] = 0.0
    assert load_household_power("D")["Voltage"].min() > 0


@pytest.mark.parametrize("resolution", ["min", "30min", "90min", "s", "B", "bh", "-1D", "0h"])
def test_resolutions_that_hours_cannot_be_summed_to_are_refused(resolution):
    with pytest.raises(ValueError, match=f"whole number of hours, days.*got '{resolution}'"):
        load_household_power(resolution)


@pytest.mark.parametrize("resolution", ["fortnight", "", None, 3])
def test_resolutions_that_are_none_are_refused(resolution):
    with pytest.raises(ValueError, match=f"must be a pandas frequency.*got {resolution!r}"):
        load_household_power(resolution)


def test_what_is_filled_is_said_by_a_flag():
    with pytest.raises(ValueError, match="fill must be True or False, got 'day before'"):
        load_household_power("D", fill="day before")


def test_unknown_aggregates_are_refused():
    with pytest.raises(ValueError, match="aggregate must be 'sum' or 'mean', got 'max'"):
        load_household_power("D", aggregate="max")


def test_the_shipped_file_has_its_recorded_checksum():
    folder = ROOT / "datasets" / "household_power"
    digest, name = (folder / "SHA256SUMS").read_text().split()
    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
