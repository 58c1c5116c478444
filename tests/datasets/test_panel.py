"""A long table of many series, read without a step for each of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from stforecast.datasets import _panel, load_panel
from stforecast.exceptions import DataNotFoundError
from stforecast.windows import make_windows

KEYS = {"series": "shop", "time": "day"}


def long_table(shops: int = 5, rows: int = 9, *, shuffle: bool = False) -> pd.DataFrame:
    """A long table whose shops begin on different days."""
    draw = np.random.default_rng(0)
    names = np.repeat([f"shop {shops - n}" for n in range(shops)], rows)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        (np.arange(rows) + np.arange(shops)[:, None]).ravel(), "D"
    )
    table = pd.DataFrame({"shop": names, "day": days, "sold": draw.normal(size=len(names))})
    table["open"] = draw.integers(0, 2, len(names)).astype(bool)
    table["price"] = draw.integers(0, 99, len(names))
    return table.iloc[draw.permutation(len(table))] if shuffle else table


def expected(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index(["shop", "day"]).astype(np.float64)


def in_parquet(table: pd.DataFrame, folder: Path) -> Path:
    table.to_parquet(folder / "table.parquet", index=False, row_group_size=7)
    return folder / "table.parquet"


def in_folder(table: pd.DataFrame, folder: Path) -> Path:
    for start in range(0, len(table), 20):
        table[start : start + 20].to_parquet(folder / f"part-{start:03d}.parquet", index=False)
    return folder


SOURCES = {
    "pandas": lambda table, _: table,
    "polars": lambda table, _: pl.from_pandas(table),
    "Arrow": lambda table, _: pa.Table.from_pandas(table, preserve_index=False),
    "categories": lambda table, _: table.astype({"shop": "category"}),
    "Parquet": in_parquet,
    "folder": in_folder,
}


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "memory map"])
@pytest.mark.parametrize("kind", SOURCES)
def test_every_source_gives_the_rows_of_the_table(kind: str, stored: bool, tmp_path: Path) -> None:
    table = long_table()
    source = SOURCES[kind](table, tmp_path)
    memory_map = tmp_path / "values.npy" if stored else None
    panel = load_panel(source, **KEYS, memory_map=memory_map)
    assert panel.index.equals(expected(table).index)
    assert list(panel.index.names) == ["shop", "day"]
    np.testing.assert_array_equal(panel.to_numpy(), expected(table).to_numpy())
    assert panel.columns.tolist() == ["sold", "open", "price"]
    X, y = make_windows(panel, lookback=3, target="sold")
    theirs, targets = make_windows(expected(table), lookback=3, target="sold")
    assert X.in_memory != stored
    np.testing.assert_array_equal(np.asarray(X), np.asarray(theirs))
    np.testing.assert_array_equal(np.asarray(y), np.asarray(targets))
    assert X.origins.equals(theirs.origins)


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "memory map"])
def test_rows_in_any_order_are_put_in_order(stored: bool, tmp_path: Path) -> None:
    table = long_table(shuffle=True)
    path = in_parquet(table, tmp_path)
    panel = load_panel(path, **KEYS, memory_map=tmp_path / "values.npy" if stored else None)
    assert panel.index.is_unique
    assert panel.index.get_level_values(0).unique().tolist() == table["shop"].unique().tolist()
    for _, one in panel.groupby(level=0):
        assert one.index.get_level_values(1).is_monotonic_increasing
    pd.testing.assert_frame_equal(panel.sort_index(), expected(table).sort_index())


def test_several_columns_name_a_series() -> None:
    table = long_table().assign(region=lambda one: one["day"].dt.day % 2)
    panel = load_panel(table, series=["region", "shop"], time="day", columns=["sold"])
    assert panel.index.names == ["region", "shop", "day"]
    wanted = table.set_index(["region", "shop", "day"])[["sold"]]
    pd.testing.assert_frame_equal(panel.sort_index(), wanted.sort_index())


def test_missing_values_are_nan_and_single_precision_stays() -> None:
    table = pl.DataFrame({"shop": ["a", "a"], "day": [1, 2], "sold": [1, None]})
    assert load_panel(table, **KEYS)["sold"].tolist() == pytest.approx([1.0, np.nan], nan_ok=True)
    single = load_panel(table.with_columns(pl.col("sold").cast(pl.Float32)), **KEYS)
    assert single["sold"].dtype == np.float32


def test_dates_and_zones_are_times(tmp_path: Path) -> None:
    table = long_table()
    zoned = table.assign(day=table["day"].dt.tz_localize("Europe/Paris"))
    assert load_panel(zoned, **KEYS).index.equals(expected(zoned).index)
    dates = table.assign(day=table["day"].dt.date)
    panel = load_panel(in_parquet(dates, tmp_path), **KEYS)
    assert panel.index.get_level_values(1).equals(expected(table).index.get_level_values(1))


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "memory map"])
def test_files_may_differ_in_the_order_and_the_types_of_their_columns(
    stored: bool, tmp_path: Path
) -> None:
    table = long_table().astype({"price": np.float32, "sold": np.float32})
    del table["open"]
    table[:20].to_parquet(tmp_path / "a.parquet", index=False)
    later = table[20:].assign(price=table["price"][20:].astype(float) + 1e-9)
    later[["price", "day", "sold", "shop"]].to_parquet(tmp_path / "b.parquet", index=False)
    memory_map = tmp_path / "values.npy" if stored else None
    panel = load_panel(tmp_path, **KEYS, memory_map=memory_map)
    wanted = pd.concat([table[:20], later]).set_index(["shop", "day"])[["sold", "price"]]
    np.testing.assert_array_equal(panel.to_numpy(), wanted.to_numpy(dtype=float))
    assert panel.index.equals(wanted.index)
    some = load_panel(tmp_path, **KEYS, columns=["price", "sold"], memory_map=memory_map)
    np.testing.assert_array_equal(some.to_numpy(), wanted[["price", "sold"]].to_numpy(dtype=float))


def test_a_file_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    table = long_table()
    table[:20].to_parquet(tmp_path / "a.parquet", index=False)
    table[20:].drop(columns="price").to_parquet(tmp_path / "b.parquet", index=False)
    with pytest.raises(ValueError, match=r"name columns of \S*b.parquet, .* got 'price'. Name oth"):
        load_panel(tmp_path, **KEYS)
    panel = load_panel(tmp_path, **KEYS, columns=["sold"])
    np.testing.assert_array_equal(panel["sold"], table["sold"])
    table[20:].astype({"price": str}).to_parquet(tmp_path / "b.parquet", index=False)
    with pytest.raises(ValueError, match=r"but 'price' holds .*string in \S*b.parquet\."):
        load_panel(tmp_path, **KEYS)
    table[20:].assign(day=7).to_parquet(tmp_path / "b.parquet", index=False)
    with pytest.raises(ValueError, match=r"\['shop', 'day'\] must be of one type in all files"):
        load_panel(tmp_path, **KEYS)


def test_an_index_of_pandas_is_no_channel(tmp_path: Path) -> None:
    table = long_table(shuffle=True)
    path = tmp_path / "table.parquet"
    for index in (table.index, pd.Index(np.arange(45) * 3, name="row")):
        table.set_axis(index).to_parquet(path)
        assert pl.read_parquet(path).columns[-1] in ("__index_level_0__", "row")
        panel = load_panel(path, **KEYS)
        assert panel.columns.tolist() == ["sold", "open", "price"]
    assert load_panel(path, **KEYS, columns=["row"])["row"].tolist()[0] % 3 == 0
    table.reset_index(drop=True).to_parquet(path)  # whose index is no column of the file
    assert load_panel(path, **KEYS).columns.tolist() == ["sold", "open", "price"]
    table.to_parquet(path)
    assert load_panel(pl.read_parquet(path), **KEYS).columns.tolist() == ["sold", "open", "price"]
    # one by series and time is the index of the panel
    table.set_index(["shop", "day"]).to_parquet(path)
    pd.testing.assert_frame_equal(
        load_panel(path, **KEYS).sort_index(), expected(table).sort_index()
    )


def calls(work: Any) -> int:
    """Count the calls of Python functions."""
    count = 0

    def note(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", ["Parquet", "polars"])
def test_no_step_is_taken_for_each_series(kind: str, tmp_path: Path) -> None:
    counts = []
    for shops in (40, 400):
        source: Any = pl.from_pandas(long_table(shops))
        if kind == "Parquet":
            source.write_parquet(tmp_path / "table.parquet")
            source = tmp_path / "table.parquet"
        load_panel(source, **KEYS)
        counts.append(calls(lambda one=source: load_panel(one, **KEYS)))
    assert counts[1] < 1.1 * counts[0]


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    table = long_table()
    with pytest.raises(ValueError, match=r"must name columns of the table, .* got 'store'"):
        load_panel(table, series="store", time="day")
    with pytest.raises(ValueError, match=r"'shop' holds .*string.* Name the columns to read"):
        load_panel(table, series="price", time="day")
    with pytest.raises(ValueError, match="must have a column of values beside"):
        load_panel(table[["shop", "day"]], **KEYS)
    with pytest.raises(ValueError, match=r"'day' must name .* every row, but 45 rows have none"):
        load_panel(table.assign(day=pd.NaT), **KEYS)
    with pytest.raises(DataNotFoundError, match=r"no Parquet file at .*nowhere"):
        load_panel(tmp_path / "nowhere", **KEYS)
    with pytest.raises(DataNotFoundError, match="no Parquet file at"):
        load_panel(tmp_path, **KEYS)
    with pytest.raises(TypeError, match=r"got LazyFrame\. Collect a lazy frame first"):
        load_panel(pl.from_pandas(table).lazy(), **KEYS)


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"The table must have rows, got none\. Pass one with rows"
    ):
        load_panel(long_table()[:0], **KEYS)


def test_the_remedies_work() -> None:
    table = long_table()
    assert load_panel(table, series="price", time="day", columns=["sold"]).shape == (45, 1)
    lazy = pl.from_pandas(table).lazy()
    assert load_panel(lazy.collect(), **KEYS).shape == (45, 3)


def test_without_pyarrow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"needs the pyarrow package. Install it with pip"):
        load_panel(long_table(), **KEYS)


def test_a_read_that_fails_leaves_the_file_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "values.npy"
    np.save(path, np.ones(3))
    monkeypatch.setattr(_panel, "_as_floats", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load_panel(long_table(), **KEYS, memory_map=path)
    assert np.load(path).tolist() == [1, 1, 1]
    assert [one.name for one in tmp_path.iterdir()] == ["values.npy"]


def test_the_values_are_an_array_that_numpy_reads(tmp_path: Path) -> None:
    panel = load_panel(long_table(), **KEYS, memory_map=tmp_path / "values.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "values.npy"), panel.to_numpy())


def test_one_column_may_be_named_without_a_list() -> None:
    table = long_table()
    pd.testing.assert_frame_equal(
        load_panel(table, **KEYS, columns="sold"), load_panel(table, **KEYS, columns=["sold"])
    )
