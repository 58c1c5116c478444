"""Indexes, tables and grids come back exactly, or are refused."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import pytz
from dateutil import tz
from pandas.tseries.holiday import USFederalHolidayCalendar
from sklearn.linear_model import Ridge

from stforecast.persistence import load, save
from stforecast.persistence._nodes import SchemaError
from stforecast.series import SeriesForecaster
from tests.persistence.rewriting import through_nodes
from tests.series.data import INDEXES, MAPS, PANEL, TABLE, in_dataset, in_xarray

NANOSECOND = pd.Timedelta(1, unit="ns")
ZONES = {
    "UTC": dt.UTC,
    "zoneinfo": ZoneInfo("Europe/London"),
    "zoneinfo UTC": ZoneInfo("UTC"),
    "fixed": dt.timezone(dt.timedelta(hours=5, minutes=45)),
    "dateutil": tz.gettz("America/New_York"),
    "dateutil UTC": tz.tzutc(),
    "dateutil fixed": tz.tzoffset(None, -3600),
}
FREQUENCIES = {
    "holidays": pd.offsets.CustomBusinessDay(calendar=USFederalHolidayCalendar()),
    "weekmask": pd.offsets.CustomBusinessDay(weekmask="Sun Mon Tue Wed Thu"),
    "hours": pd.offsets.BusinessHour(start="10:00", end="18:00"),
    "two shifts": pd.offsets.BusinessHour(start=["08:00", "13:00"], end=["12:00", "17:30"]),
    "hours and holidays": pd.offsets.CustomBusinessHour(start="07:00", holidays=["2024-03-08"]),
    "months": pd.offsets.DateOffset(months=1),
    "months and a day": pd.offsets.DateOffset(months=2, day=15),
    "third Friday": pd.offsets.WeekOfMonth(week=2, weekday=4),
    "last Sunday": pd.offsets.LastWeekOfMonth(weekday=6),
    "quarters": pd.offsets.BQuarterEnd(startingMonth=2),
    "half months": pd.offsets.SemiMonthBegin(day_of_month=10),
    "retail years": pd.offsets.FY5253(variation="last", startingMonth=1, weekday=5),
    "Easter": pd.offsets.Easter(),
    "every other week": pd.offsets.Week(2, weekday=3),
    "minutes": pd.offsets.Minute(15),
    "normalised": pd.offsets.BusinessDay(normalize=True),
}
OTHERS = {
    "one day": TABLE.index[:1],
    "no day": TABLE.index[:0],
    "names": pd.Index(["a", "b"], name="meter"),
    "missing names": pd.Index(["a", None, np.nan, pd.NaT], dtype=object),
    "strings with gaps": pd.Index(["a", pd.NA], dtype="string"),
    "mixed names": pd.Index(["a", 3, ("x", 1)], tupleize_cols=False),
    "moments": pd.Index([pd.Timestamp("2020-01-01", tz="Asia/Tokyo"), "later"], dtype=object),
    "floats": pd.Index([0.5, 1.5]),
    "small integers": pd.Index(np.array([1, 2], dtype=np.int8)),
    "flags": pd.Index([True, False]),
    "categories": pd.CategoricalIndex(["b", "a", None], categories=["b", "a"], ordered=True),
    "integers with gaps": pd.Index([1, pd.NA], dtype="Int32"),
    "nanoseconds": pd.date_range("2020-01-01", periods=3, unit="ns"),
    "seconds": pd.date_range("2020-01-01", periods=3, unit="s"),
    "spans": pd.timedelta_range("1h", periods=4, freq="90min", name=("a", 2)),
    "periods": pd.period_range("2020-01", periods=3, freq="Q-NOV"),
    "range": pd.RangeIndex(3, 30, 9, name="row"),
    "name with a moment": pd.Index([1, 2], name=pd.Timestamp("2020-01-01")),
    "panel": PANEL.index,
    **{
        f"zone {name}": pd.date_range("2024-03-25", periods=9, tz=one)
        for name, one in ZONES.items()
    },
    **{
        f"frequency {name}": pd.date_range("2024-03-04 10:00", periods=4, freq=one)
        for name, one in FREQUENCIES.items()
    },
}


@pytest.mark.parametrize("kind", [*INDEXES, *OTHERS])
def test_an_index_comes_back_exactly(kind: str) -> None:
    index = {**INDEXES, **OTHERS}[kind]
    again = through_nodes(index)
    pd.testing.assert_index_equal(again, index, exact=True)
    assert again.identical(index)
    assert getattr(again, "freq", None) == getattr(index, "freq", None)
    assert type(getattr(again, "tz", None)) is type(getattr(index, "tz", None))
    assert getattr(again, "unit", None) == getattr(index, "unit", None)


@pytest.mark.parametrize("name", FREQUENCIES)
def test_a_forecast_goes_on_with_the_same_frequency(name: str, tmp_path: Any) -> None:
    index = pd.date_range("2024-03-04 10:00", periods=12, freq=FREQUENCIES[name])
    table = pd.DataFrame({"load": np.arange(12.0) ** 1.5}, index)
    model = SeriesForecaster(Ridge(), lookback=3, horizon=4).fit(table)
    save(model, tmp_path / "model")
    pd.testing.assert_frame_equal(load(tmp_path / "model").forecast(), model.forecast())


@pytest.mark.parametrize("zone", ["Europe/Paris", "UTC", "Asia/Kathmandu", 345, 0])
def test_a_zone_of_pytz_comes_back_exactly(zone: str | int) -> None:
    given = pytz.timezone(zone) if isinstance(zone, str) else pytz.FixedOffset(zone)
    index = pd.date_range("2024-03-25", periods=9, tz=given)
    again = through_nodes(index)
    assert again.identical(index)
    assert str(again.tz) == str(index.tz)
    assert type(again.tz) is type(index.tz)
    assert again.freq == index.freq


def test_a_frequency_and_a_zone_of_ones_own_are_refused() -> None:
    class Own(pd.offsets.BusinessDay):
        pass

    class Zone(dt.tzinfo):
        def utcoffset(self, when: Any) -> dt.timedelta:
            return dt.timedelta(hours=1)

        dst = utcoffset

        def tzname(self, when: Any) -> str:
            return "own"

    days = pd.DatetimeIndex(["2024-03-04", "2024-03-05"], freq=Own())
    with pytest.raises(SchemaError, match=r"is the frequency <.*Use one of pandas"):
        through_nodes(days)
    with pytest.raises(SchemaError, match=r"is the time zone .*Use tz_convert\('UTC'\)"):
        through_nodes(pd.Timestamp("2024-03-04", tz=Zone()))


def test_an_index_of_intervals_is_refused() -> None:
    with pytest.raises(SchemaError, match="is <IntervalArray>"):
        through_nodes(pd.interval_range(0, 3))


TABLES = {
    "table": TABLE,
    "column": TABLE["a"],
    "without a name": TABLE["a"].rename(None),
    "without rows": TABLE[:0],
    "without columns": TABLE[[]],
    "panel": PANEL,
    "small types": TABLE.astype({"a": "float32", "b": "int8"}, errors="ignore").astype("float16"),
    "Int64": TABLE.round().astype("Int64").mask(TABLE > 1),
    "Float64": TABLE.astype("Float64"),
    "flags": TABLE > 0,
    "flags with gaps": (TABLE > 0).astype("boolean").mask(TABLE > 1),
    "texts": TABLE.round().astype(str),
    "objects": pd.DataFrame({"a": np.array(["x", None, 3], dtype=object)}),
    "categories": TABLE.round().astype("category"),
    "moments": pd.DataFrame({"when": OTHERS["zone zoneinfo"], "span": OTHERS["spans"][[0] * 9]}),
    "two columns of a name": pd.DataFrame(np.eye(2), columns=["a", "a"]),
    "levels of columns": TABLE.set_axis(pd.MultiIndex.from_tuples([(1, "a"), (2, "b")]), axis=1),
    "gaps": TABLE.mask(TABLE > 1),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_comes_back_exactly(name: str) -> None:
    table = TABLES[name]
    again = through_nodes(table)
    check = pd.testing.assert_frame_equal if table.ndim == 2 else pd.testing.assert_series_equal
    check(again, table, check_exact=True, check_freq=True)


def test_what_a_table_says_of_itself_is_kept() -> None:
    table = TABLE.copy()
    table.attrs = {"unit": "kWh", "sites": [1, 2]}
    assert through_nodes(table).attrs == table.attrs


@pytest.mark.parametrize("grid", [in_xarray(MAPS), in_dataset(MAPS)], ids=["array", "dataset"])
def test_a_grid_comes_back_exactly(grid: Any) -> None:
    grid.attrs["units"] = "K"
    grid = grid.assign_coords(issued=("time", grid.indexes["time"].as_unit("ns") + NANOSECOND))
    again = through_nodes(grid)
    assert again.identical(grid)
    for name in ("time", "issued"):
        assert np.asarray(again[name]).dtype == np.asarray(grid[name]).dtype


def test_a_grid_whose_index_has_levels_is_refused() -> None:
    grid = in_xarray(MAPS).stack(cell=["lat", "lon"])  # noqa: PD013 - of xarray
    with pytest.raises(SchemaError, match="is a grid that would come back as another"):
        through_nodes(grid)
