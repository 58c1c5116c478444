"""Tables and grids survive as they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from stforecast.persistence._labelled import (
    pack_grid,
    pack_index,
    pack_table,
    unpack_grid,
    unpack_index,
    unpack_table,
)
from tests.series.data import INDEXES, MAPS, PANEL, TABLE, in_dataset, in_xarray

NANOSECOND = pd.Timedelta(1, unit="ns")
OTHERS = {
    "one day": TABLE.index[:1],
    "names": pd.Index(["a", "b"], name="meter"),
    "mixed names": pd.Index(["a", 3, ("x", 1)], tupleize_cols=False),
    "floats": pd.Index([0.5, 1.5]),
    "fixed zone": pd.date_range("2020-01-01", periods=3, freq="h", tz="UTC"),
    "nanoseconds": pd.date_range("2020-01-01", periods=3, unit="ns"),
    "panel": PANEL.index,
}


@pytest.mark.parametrize("kind", [*INDEXES, *OTHERS])
def test_an_index_survives(kind: str) -> None:
    index = {**INDEXES, **OTHERS}[kind]
    again = unpack_index(pack_index(index))
    pd.testing.assert_index_equal(again, index, exact=True)
    assert again.names == index.names
    assert getattr(again, "freq", None) == getattr(index, "freq", None)


@pytest.mark.parametrize(
    "table",
    [
        TABLE,
        TABLE["a"],
        TABLE["a"].rename(None),
        TABLE[:0],
        PANEL,
        TABLE.astype({"a": "float32", "b": "int8"}),
        TABLE.round().astype("Int64").mask(TABLE > 1),
        TABLE.astype("Float64"),
        TABLE > 0,
        TABLE.set_axis(pd.MultiIndex.from_tuples([(1, "a"), (2, "b")]), axis=1),
        TABLE.mask(TABLE > 1),
    ],
)
def test_a_table_survives(table: Any) -> None:
    again = unpack_table(pack_table(table))
    if isinstance(table, pd.Series):
        pd.testing.assert_series_equal(again, table)
    else:
        pd.testing.assert_frame_equal(again, table)


def test_a_packed_table_holds_no_objects() -> None:
    packed = pack_table(TABLE.astype("Int64", errors="ignore").round())
    assert all(values.dtype != object for values in packed.values)


@pytest.mark.parametrize("grid", [in_xarray(MAPS), in_dataset(MAPS)], ids=["array", "dataset"])
def test_a_grid_survives(grid: Any) -> None:
    grid.attrs["units"] = "K"
    grid = grid.assign_coords(issued=("time", grid.indexes["time"].as_unit("ns") + NANOSECOND))
    again = unpack_grid(pack_grid(grid))
    assert again.identical(grid)
    for name in ("time", "issued"):
        assert np.asarray(again[name]).dtype == np.asarray(grid[name]).dtype
