"""Calls that messages propose for an index: each is run on the very series that was refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import xarray
from sklearn.linear_model import Ridge

from stforecast import SeriesForecaster, make_windows
from stforecast.exceptions import IrregularIndexError


def calls_in(message: str) -> list[str]:
    """Expressions of a message that begin with the series, or with a list made of it."""
    found, end_of_last = [], 0
    for start in re.finditer(r"(?<![\w.(\[])(?:series\b|\[)", message):
        if start.start() < end_of_last:
            continue  # part of the call before
        rest = re.split(r"\. [A-Z]", message[start.start() :])[0]
        longest = next((rest[:end] for end in range(len(rest), 6, -1) if parses(rest[:end])), "")
        end_of_last = start.start() + len(longest)
        if "(" in longest and "series" in longest:
            found.append(longest.rstrip(" ."))
    return found


def parses(text: str) -> bool:
    try:
        return not isinstance(ast.parse(text, mode="eval").body, ast.Name | ast.Tuple)
    except SyntaxError:
        return False


def refused(
    series: Any, read: Callable[[Any], Any] = lambda one: make_windows(one, lookback=3)
) -> str:
    with pytest.raises(IrregularIndexError) as error:
        read(series)
    return str(error.value)


def fit(series: Any) -> Any:
    return SeriesForecaster(Ridge(), lookback=3).fit(series)


def follow(series: Any) -> int:
    """Run every call that the refusals of a series propose; return how many there were."""
    remedies = calls_in(refused(series))
    assert calls_in(refused(series, fit)) == remedies
    for remedy in remedies:
        repaired = eval(remedy, {"series": series, "pd": pd, "pl": pl})
        X, _ = make_windows(repaired, lookback=3, missing="mask")
        assert len(X) > 3, remedy
        for one in repaired if isinstance(repaired, list) else [repaired]:
            found = np.isfinite(np.asarray(make_windows(one, lookback=3, missing="mask")[0]))
            assert found.mean() > 0.6, remedy
    return len(remedies)


IRREGULAR: dict[str, pd.Index] = {
    "a missing day": pd.date_range("2024-01-01", periods=20).delete(7),
    "a missing day of a zone": pd.date_range("2024-03-25", periods=20, tz="Europe/Paris").delete(9),
    "a missing quarter of an hour": pd.date_range("2024-01-01", periods=20, freq="15min").delete(7),
    "hours off the grid": pd.date_range("2024-01-01", periods=20, freq="h")
    + pd.to_timedelta([0, 7] * 10, unit="min"),
    "a holiday": pd.bdate_range("2024-03-18", periods=20).delete(9),
    "a holiday between closing times of a zone": (
        pd.bdate_range("2024-03-01", periods=30, tz="America/New_York") + pd.Timedelta("16h")
    ).delete(9),
    "a missing week": pd.date_range("2024-01-02", periods=20, freq="7D").delete(7),
    "middles of months": pd.date_range("2024-01-01", periods=12, freq="MS") + pd.Timedelta("14D"),
    "middles of months with one missing": (
        pd.date_range("2024-01-01", periods=14, freq="MS") + pd.Timedelta("14D")
    ).delete(5),
    "a missing start of a month": pd.date_range("2024-01-01", periods=20, freq="MS").delete(7),
    "a missing end of a month": pd.date_range("2024-01-31", periods=20, freq="ME").delete(7),
    "a missing last business day": pd.date_range("2024-01-31", periods=20, freq="BME").delete(7),
    "a missing quarter": pd.date_range("2020-02-29", periods=20, freq="QE-NOV").delete(7),
    "middles of quarters": pd.date_range("2020-01-01", periods=12, freq="QS") + pd.Timedelta("44D"),
    "a missing year": pd.date_range("2000-01-01", periods=20, freq="YS").delete(7),
    "a label twice": pd.date_range("2024-01-01", periods=20).insert(3, pd.Timestamp("2024-01-03")),
    "rows out of order": pd.date_range("2024-01-01", periods=20)[::-1],
    "a label missing": pd.date_range("2024-01-01", periods=20).insert(20, pd.NaT),
}
OTHERS: dict[str, pd.Index] = {
    "a missing month": pd.period_range("2020-01", periods=20, freq="M").delete(7),
    "a missing number": pd.RangeIndex(0, 40, 2).delete(7),
    "a missing difference": pd.timedelta_range(0, periods=20, freq="h").delete(7),
    "written dates": pd.Index([f"2024-01-{day:02d}" for day in range(1, 21)]),
    "years with fractions": pd.Index(2000 + np.arange(20) / 12),
    "names": pd.Index(list("abcdefghijklmnopqrst")),
}
INDEXES = pytest.mark.parametrize(
    "index", [*IRREGULAR.values(), *OTHERS.values()], ids=[*IRREGULAR, *OTHERS]
)
# a table by series and time may have its rows in any order
OF_PANELS = pytest.mark.parametrize(
    "index",
    [
        pytest.param(one, id=name)
        for name, one in {**IRREGULAR, **OTHERS}.items()
        if name != "rows out of order"
    ],
)
# xarray keeps moments without a zone
OF_GRIDS = pytest.mark.parametrize(
    "index",
    [
        pytest.param(one, id=name)
        for name, one in {**IRREGULAR, **OTHERS}.items()
        if getattr(one, "tz", None) is None
    ],
)
MOMENTS = pytest.mark.parametrize("index", IRREGULAR.values(), ids=IRREGULAR)


def table(index: pd.Index) -> pd.DataFrame:
    values = np.arange(2.0 * len(index)).reshape(-1, 2)
    return pd.DataFrame(values, index.rename("t"), ["a", "b"])


@INDEXES
def test_the_calls_for_a_table_work_as_they_stand(index: pd.Index) -> None:
    assert follow(table(index)) >= 1
    assert follow(table(index)["a"]) >= 1


@OF_PANELS
def test_the_calls_for_a_table_by_series_and_time_work_as_they_stand(index: pd.Index) -> None:
    one = table(index)
    assert follow(pd.concat({"x": one, "y": one}, names=["id"])) >= 1
    assert follow(pd.concat({("x", 1): one, ("y", 2): one}, names=["id", "no"])) >= 1


@INDEXES
def test_the_calls_for_a_list_of_tables_work_as_they_stand(index: pd.Index) -> None:
    assert follow([table(index), table(index)]) >= 1


@OF_GRIDS
def test_the_calls_for_maps_of_xarray_work_as_they_stand(index: pd.Index) -> None:
    values = np.arange(4.0 * len(index)).reshape(-1, 2, 2)
    grid = xarray.DataArray(values, {"time": index}, ["time", "y", "x"], name="rain")
    assert follow(grid) >= 1
    assert follow(grid.to_dataset()) >= 1
    assert follow([grid, grid.assign_coords(time=earlier(index))]) >= 1


def earlier(index: pd.Index) -> pd.Index:
    """The same labels, years before where that leaves the kind of step as it is."""
    if isinstance(index, pd.PeriodIndex):
        return index + 2400
    if isinstance(index, pd.DatetimeIndex):
        return index - pd.DateOffset(years=28)  # with the same days of the week
    return index


def in_polars(index: pd.Index) -> pl.DataFrame:
    moments = pl.Series("t", getattr(index, "tz_localize", lambda _: index)(None).to_numpy())
    if getattr(index, "tz", None) is not None:
        moments = moments.dt.replace_time_zone(str(index.tz))
    return pl.DataFrame({"t": moments, "a": np.arange(float(len(index)))})


POLARS = {**IRREGULAR, "a missing difference": OTHERS["a missing difference"]}


@pytest.mark.parametrize("index", POLARS.values(), ids=POLARS)
def test_the_calls_for_tables_of_polars_work_as_they_stand(index: pd.Index) -> None:
    assert follow(in_polars(index)) >= 1
    assert follow([in_polars(index), in_polars(earlier(index))]) >= 1


@pytest.mark.parametrize("index", POLARS.values(), ids=POLARS)
def test_the_calls_for_tables_of_arrow_work_as_they_stand(index: pd.Index) -> None:
    given = pa.Table.from_pandas(table(index).reset_index(), preserve_index=False)
    assert follow(given) >= 1
    assert follow([given, given]) >= 1
    assert follow(pa.Table.from_pandas(table(index))) >= 1


def test_a_holiday_keeps_the_value_before_it() -> None:
    days = pd.bdate_range("2024-03-18", periods=20)
    series = pd.Series(np.arange(20.0), days).drop(days[9])
    message = refused(series)
    assert "the gap is a holiday: series.asfreq('B').ffill() keeps the value before" in message
    repaired = eval(calls_in(message)[0], {"series": series})
    assert repaired[days[9]] == repaired[days[8]]


def test_a_missing_week_is_no_holiday() -> None:
    assert "holiday" not in refused(table(IRREGULAR["a missing week"]))


def test_two_rows_get_a_frequency_as_the_message_says() -> None:
    series = pd.Series([1.0, 2.0], pd.DatetimeIndex(["2020-01-01", "2020-01-02"]))

    def forecast() -> Any:
        return SeriesForecaster(Ridge(), lookback=1).fit(series).forecast()

    with pytest.raises(IrregularIndexError, match=r"too short to tell.*series.index.freq = 'D'"):
        forecast()
    series.index.freq = "D"
    assert forecast().index[0] == pd.Timestamp("2020-01-03")
