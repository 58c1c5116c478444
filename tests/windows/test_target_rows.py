"""Targets that are given as tables, maps or lists: each belongs to rows and series of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray
from sklearn.linear_model import Ridge

from stforecast import make_windows
from stforecast.estimators import RelativeForecaster
from stforecast.exceptions import ShapeError
from tests.windows.test_remedies import PANEL, TABLE

TARGET = TABLE["a"].rename("kW")
LIST = [TABLE, TABLE[:15] * 10]
GRID = xarray.DataArray(
    np.random.default_rng(0).normal(size=(20, 2, 3)),
    {"time": TABLE.index.rename("time"), "y": [2.0, 1.0], "x": [1, 2, 3]},
    ["time", "y", "x"],
)


@pytest.mark.parametrize(
    ("target", "match"),
    [
        ([TARGET, TARGET[:15][::-1]], r"that of series 1 has another. Use target\[1\].reindex\("),
        ([TARGET[:15], TARGET], r"each of the \[20, 15\] rows of the series, got \[15, 20\]"),
        ([TABLE[["a"]], TABLE[["b"]][:15]], r"same columns for each series, got \['a'\] and oth"),
        ([np.arange(15), np.arange(20)], r"one entry for each of the \[20, 15\] rows"),
    ],
    ids=["reversed", "swapped", "other columns", "swapped arrays"],
)
def test_each_target_of_a_list_belongs_to_its_series(target, match) -> None:
    with pytest.raises(ShapeError, match=match):
        make_windows(LIST, lookback=3, target=target)


def test_targets_of_a_list_keep_their_name() -> None:
    y = make_windows(LIST, lookback=3, target=[TARGET, TARGET[:15] + 100])[1]
    assert list(y.columns) == [(1, "kW")]
    assert y.to_numpy().ravel().tolist() == [*range(3, 20), *range(103, 115)]
    labels = [np.array(["on"] * 20), np.array(["off"] * 15)]
    y = make_windows(LIST, lookback=3, horizon=0, target=labels)[1]
    assert y.tolist() == ["on"] * 18 + ["off"] * 13


def test_targets_by_series_of_a_mixed_panel_stay_with_their_series() -> None:
    mixed = PANEL.sort_index(level=1, kind="stable")
    target = [np.arange(20.0), np.arange(20.0) + 100]
    found = [make_windows(one, lookback=3, target=target)[1] for one in (PANEL, mixed)]
    np.testing.assert_array_equal(*map(np.asarray, found))


def test_maps_of_xarray_may_be_the_target_of_maps() -> None:
    X, y = make_windows(GRID, lookback=3, target=GRID.transpose("time", "x", "y") * 2)
    np.testing.assert_allclose(y, 2 * np.asarray(make_windows(GRID, lookback=3)[1]))
    assert X.unflatten(y).shape == (17, 1, 1, 2, 3)


@pytest.mark.parametrize(("other", "dim"), [(GRID[:, ::-1], "y"), (GRID[:, :, ::-1], "x")])
def test_maps_that_lie_otherwise_are_refused_with_a_call_that_works(other, dim) -> None:
    with pytest.raises(ShapeError, match=rf"along '{dim}', in .*target.reindex_like\(series\)"):
        make_windows(GRID, lookback=3, target=other)
    y = make_windows(GRID, lookback=3, target=other.reindex_like(GRID))[1]
    np.testing.assert_array_equal(y, make_windows(GRID, lookback=3)[1])


def test_levels_of_series_need_names() -> None:
    relative = RelativeForecaster(Ridge(), level="series")
    X, y = make_windows(LIST, lookback=3)
    with pytest.raises(ValueError, match=r"needs series with names, .*by series and time, pd.conc"):
        relative.fit(X, y)
    named = make_windows(pd.concat(dict(enumerate(LIST))), lookback=3)
    relative.fit(*named)
    with pytest.raises(ValueError, match="place alone tells which is which"):
        relative.predict(make_windows(LIST[::-1], lookback=3)[0])


@pytest.mark.parametrize(
    "labels",
    [
        TABLE.index.to_period("D"),
        TABLE.index.tz_localize("UTC"),
        pd.Index([day.date() for day in TABLE.index], dtype=object),
    ],
    ids=["periods", "times of a zone", "dates"],
)
def test_labels_of_another_kind_belong_to_the_rows_that_they_name(labels: pd.Index) -> None:
    found = make_windows(TABLE, lookback=3, target=TARGET.set_axis(labels))[1]
    np.testing.assert_array_equal(found, make_windows(TABLE, lookback=3, target="a")[1])
    with pytest.raises(ShapeError, match="must have the index of the series"):
        make_windows(TABLE, lookback=3, target=TARGET.set_axis(labels)[::-1])


def test_a_target_numbered_from_0_is_in_the_order_of_dated_rows() -> None:
    expected = make_windows(TABLE, lookback=3, target="a")[1]
    found = make_windows(TABLE, lookback=3, target=TARGET.reset_index(drop=True))[1]
    np.testing.assert_array_equal(found, expected)
    listed = [TARGET.reset_index(drop=True), TARGET[:15]]
    assert len(make_windows(LIST, lookback=3, target=listed)[1]) == 29
    for labels in (range(1, 21), range(19, -1, -1), list("abcdefghijklmnopqrst")):
        with pytest.raises(ShapeError, match=r"label it so: target.reset_index\(drop=True\)"):
            make_windows(TABLE, lookback=3, target=TARGET.set_axis(labels))


def test_a_target_numbered_from_0_names_rows_where_these_are_numbered() -> None:
    numbered = TABLE.set_axis(range(20, 40))
    with pytest.raises(ShapeError, match=r"label it so: target.set_axis\(series.index\)"):
        make_windows(numbered, lookback=3, target=TARGET.reset_index(drop=True))


def test_targets_of_a_list_may_be_labelled_by_another_kind_of_time() -> None:
    listed = [TARGET, TARGET[:15].set_axis(TABLE.index[:15].to_period("D"))]
    assert len(make_windows(LIST, lookback=3, target=listed)[1]) == 29
