"""Tables whose rows stand in any order or more than once, and columns that files hold as texts."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stforecast.exceptions import IrregularIndexError
from stforecast.windows import make_windows

DAYS = pd.date_range("2024-01-01", periods=12, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(12, 2)), DAYS, ["a", "b"])
LONG = pd.concat({"Köpenick": TABLE, "Mitte": TABLE[2:] + 9}, names=["Filiale"])


def calls_of(series: Any) -> list[str]:
    """Return the calls that the refusal of a series proposes."""
    with pytest.raises(IrregularIndexError) as error:
        make_windows(series, lookback=2)
    return re.findall(r"series[.\[].*?[)\]](?=[.,] (?:or|Where)|\.$)", str(error.value))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("numbers", [False, True])
def test_a_table_by_series_and_time_may_have_its_rows_in_any_order(
    seed: int, numbers: bool
) -> None:
    series = LONG.reset_index()
    if numbers:
        series["day"] = series["day"].dt.dayofyear
    series = series.set_index(["Filiale", "day"])
    shuffled = series.sample(frac=1.0, random_state=seed)
    first = shuffled.index[0][0]
    names = sorted(["Köpenick", "Mitte"], key=lambda name: name != first)
    X, y = make_windows(shuffled, lookback=3, target="a")
    expected, targets = make_windows(
        pd.concat({name: series.loc[name] for name in names}, names=["Filiale"]),
        lookback=3,
        target="a",
    )
    np.testing.assert_array_equal(np.asarray(X), np.asarray(expected))
    pd.testing.assert_frame_equal(y, targets)


def test_times_that_are_no_level_in_order_are_sorted_too() -> None:
    codes = [[0] * 12, list(range(12))[::-1]]
    index = pd.MultiIndex([["u"], DAYS[::-1]], codes, names=["id", "day"])
    X, _ = make_windows(TABLE.set_axis(index), lookback=3)
    np.testing.assert_array_equal(np.asarray(X), np.asarray(make_windows(TABLE, lookback=3)[0]))


def test_a_target_beside_rows_in_any_order_is_that_of_each_row() -> None:
    shuffled = LONG.sample(frac=1.0, random_state=1)
    _, named = make_windows(shuffled, lookback=3, target="a")
    for target in (shuffled["a"], shuffled["a"].to_numpy()):
        _, beside = make_windows(shuffled, lookback=3, target=target)
        np.testing.assert_array_equal(beside, named)


def test_a_row_twice_is_refused_in_any_order() -> None:
    twice = pd.concat([LONG, LONG[4:5]]).sample(frac=1.0, random_state=0)
    with pytest.raises(IrregularIndexError, match=r"Series 'Köpenick': .*05 00.* more than once"):
        make_windows(twice, lookback=2)


def test_a_column_of_texts_that_separates_most_rows_makes_a_panel() -> None:
    flat = LONG.reset_index("Filiale")
    flat = pd.concat([flat, flat.iloc[[3, 15]]]).sort_index()
    calls = calls_of(flat)
    assert calls == ["series.set_index('Filiale', append=True).swaplevel()"]
    series = eval(calls[0], {"series": flat})
    remedies = calls_of(series.assign(note="x"))
    assert remedies == [
        "series.groupby(level=[0, 1]).mean(numeric_only=True)",
        "series[~series.index.duplicated()]",
    ]
    for call in remedies:
        repaired = eval(call, {"series": series})
        pd.testing.assert_frame_equal(repaired.loc[["Köpenick"]], LONG.loc[["Köpenick"]])
        assert len(make_windows(repaired, lookback=2)[0]) == 18


def test_a_column_of_texts_that_separates_few_rows_makes_none() -> None:
    twice = pd.concat([TABLE, TABLE]).sort_index().assign(note="x")
    twice.iloc[0, 2] = "y"
    calls = calls_of(twice)
    assert calls[0] == "series.groupby(level=0).mean(numeric_only=True)"
    pd.testing.assert_frame_equal(eval(calls[0], {"series": twice}), TABLE, check_freq=False)


FILE = "day;kW\n01.01.2024;1.250,5\n02.01.2024;-\n03.01.2024;3,25\n04.01.2024;n/a\n05.01.2024;7,0"


def test_markers_beside_decimal_commas_are_named_and_read_as_nan() -> None:
    table = pd.read_csv(io.StringIO(FILE), sep=";", keep_default_na=False).set_index("day")
    table.index = pd.to_datetime(table.index, dayfirst=True)
    with pytest.raises(ValueError, match=r"beside them stands '-' and 'n/a'\. Read") as error:
        make_windows(table, lookback=2)
    options = re.search(r"pd.read_csv\(\.\.\.(, .*?)\), or", str(error.value))
    statement = re.search(r"(table\['kW'\] = .*\))\. Then fill", str(error.value))
    assert options
    assert statement
    read = eval(f"pd.read_csv(file, sep=';'{options[1]})", {"pd": pd, "file": io.StringIO(FILE)})
    exec(statement[1], {"table": table, "pd": pd, "np": np})
    for column in (read["kW"], table["kW"]):
        np.testing.assert_array_equal(column, [1250.5, np.nan, 3.25, np.nan, 7.0])
    assert len(make_windows(table, lookback=2, missing="mask")[0]) == 3


def test_many_markers_beside_decimal_commas_become_nan() -> None:
    texts = [f"{i},5" for i in range(8)] + [f"off {i}" for i in range(6)]
    table = pd.DataFrame({"kW": texts}, pd.date_range("2024-01-01", periods=14))
    with pytest.raises(ValueError, match=r"beside them stand texts such as 'off 0'") as error:
        make_windows(table, lookback=2)
    statement = re.search(r"(table\['kW'\] = .*\)), and fill", str(error.value))
    assert statement
    exec(statement[1], {"table": table, "pd": pd})
    assert table["kW"].tolist()[:8] == [i + 0.5 for i in range(8)]
    assert table["kW"][8:].isna().all()
