from __future__ import annotations

import io

import numpy as np
import pandas as pd

from stforecast.datasets import _minutes
from stforecast.datasets._minutes import MINUTE_COLUMNS
from tests.datasets.oracles import fill_minute_by_minute


def test_hours_are_exact_sums_of_filled_minutes(tmp_path, record, build, monkeypatch):
    monkeypatch.setattr(_minutes, "_DAYS_A_CHUNK", 1)
    hours = build.hourly_sums(record.zipped(tmp_path / "raw.zip"), record.content)
    filled = pd.DataFrame(fill_minute_by_minute(record.measured), index=record.index)
    thousandths = (filled * 1000).round().astype("int64").groupby(record.index.floor("h")).sum()
    np.testing.assert_array_equal(hours[list(MINUTE_COLUMNS)], thousandths)
    assert hours["minutes"].tolist() == [36] + [60] * 97 + [4]
    missing = np.isnan(record.measured).any(axis=1)
    by_hour = pd.Series(missing, record.index).groupby(record.index.floor("h")).sum()
    assert hours["missing"].tolist() == by_hour.tolist()


def test_the_text_keeps_every_thousandth(tmp_path, record, build):
    hours = build.hourly_sums(record.zipped(tmp_path / "raw.zip"), record.content)
    table = pd.read_csv(io.StringIO(build.as_text(hours)), index_col="datetime", parse_dates=True)
    np.testing.assert_array_equal(
        (table[list(MINUTE_COLUMNS)] * 1000).round(6), hours[list(MINUTE_COLUMNS)]
    )
    np.testing.assert_allclose(table["missing_share"] * table["minutes"], hours["missing"])
    assert (table.index == hours.index).all()


def test_the_shipped_table_is_what_the_script_writes(build):
    shipped = pd.read_csv(build.HERE / "household_power_hours.csv.xz", index_col="datetime")
    hours = (shipped[list(MINUTE_COLUMNS)] * 1000).round().astype("int64")
    hours["minutes"] = shipped["minutes"]
    hours["missing"] = (shipped["missing_share"] * shipped["minutes"]).round().astype("int64")
    hours.index = pd.DatetimeIndex(hours.index)
    again = pd.read_csv(io.StringIO(build.as_text(hours)), index_col="datetime")
    pd.testing.assert_frame_equal(again, shipped, check_exact=True)
