"""Transformers that move values and leave them as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from stforecast.exceptions import ShapeError
from stforecast.windows import (
    ChannelsFirst,
    ColumnsToGrid,
    Crop,
    Flatten,
    FoldTime,
    LagsToWindows,
    Windows,
    make_windows,
)
from tests.windows.oracles import naive_fold

ROWS = np.arange(120.0).reshape(40, 3)
MAPS = np.arange(40 * 2 * 3 * 2.0).reshape(40, 2, 3, 2)
TRANSFORMERS = [
    Crop(),
    Crop(4),
    FoldTime(width=3),
    FoldTime(2, 3),
    ColumnsToGrid(),
    ColumnsToGrid([[2, None], [0, 1]]),
    LagsToWindows(),
    ChannelsFirst(),
    Flatten(),
]


def windows(lookback: int = 6) -> Windows:
    return make_windows(ROWS, lookback=lookback)[0]


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
def test_windows_stay_lazy_and_arrays_stay_arrays(transformer: Any) -> None:
    X = windows()
    lazy = transformer.fit_transform(X)
    plain = clone(transformer).fit_transform(np.asarray(X))
    assert isinstance(lazy, Windows)
    assert type(plain) is np.ndarray
    assert lazy.shape == plain.shape
    assert lazy.dtype == plain.dtype
    np.testing.assert_array_equal(np.asarray(lazy), plain)


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
def test_a_fitted_one_treats_windows_and_arrays_alike(transformer: Any) -> None:
    X = windows()
    fitted = clone(transformer).fit(X[:10])
    np.testing.assert_array_equal(
        np.asarray(fitted.transform(X[10:])), fitted.transform(np.asarray(X[10:]))
    )
    np.testing.assert_array_equal(
        np.asarray(fitted.transform(X[[]])), np.asarray(fitted.transform(X))[:0]
    )


@pytest.mark.parametrize("transformer", [t for t in TRANSFORMERS if not isinstance(t, Crop)])
def test_the_inverse_is_exact(transformer: Any) -> None:
    X = windows()
    for values in (X, np.asarray(X)):
        fitted = clone(transformer).fit(values)
        back = fitted.inverse_transform(fitted.transform(values))
        np.testing.assert_array_equal(np.asarray(back), np.asarray(X))


@given(
    frames=st.integers(1, 3),
    height=st.integers(1, 3),
    width=st.integers(1, 4),
    channels=st.integers(1, 3),
)
def test_folding_equals_a_loop_over_steps(
    frames: int, height: int, width: int, channels: int
) -> None:
    lookback = frames * height * width
    rows = np.random.default_rng(0).normal(size=(lookback + 4, channels))
    X, _ = make_windows(rows, lookback=lookback)
    fold = FoldTime(height, width)
    folded = fold.fit_transform(X)
    expected = [naive_fold(window, height, width) for window in X]
    np.testing.assert_array_equal(np.asarray(folded), expected)
    np.testing.assert_array_equal(np.asarray(fold.inverse_transform(folded)), np.asarray(X))


@given(data=st.data(), columns=st.integers(1, 5))
def test_columns_placed_on_a_grid_come_back(data: st.DataObject, columns: int) -> None:
    height, width = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    empty = max(0, height * width - columns)
    numbers = [*range(columns), *[-1] * empty][: max(columns, height * width)]
    if len(numbers) != height * width:
        height, width = 1, len(numbers)
    order = data.draw(st.permutations(numbers))
    grid = ColumnsToGrid(np.reshape(order, (height, width)))
    rows = np.random.default_rng(0).normal(size=(9, columns))
    X, _ = make_windows(rows, lookback=3)
    maps = np.asarray(grid.fit_transform(X))
    for number, cell in zip(order, np.ndindex(height, width), strict=True):
        shown = maps[:, :, 0, cell[0], cell[1]]
        np.testing.assert_array_equal(shown, 0 if number < 0 else np.asarray(X)[:, :, number])
    np.testing.assert_array_equal(np.asarray(grid.inverse_transform(maps)), np.asarray(X))


def test_crop_keeps_the_last_frames_and_reads_no_others() -> None:
    X = windows(6)
    cropped = Crop(2).fit_transform(X)
    assert cropped.lookback == 2
    np.testing.assert_array_equal(np.asarray(cropped), np.asarray(X)[:, 4:])
    folded = FoldTime(width=2).fit_transform(X)
    np.testing.assert_array_equal(
        np.asarray(Crop(1).fit_transform(folded)), np.asarray(folded)[:, 2:]
    )


def test_columns_are_placed_by_name() -> None:
    series = pd.DataFrame(ROWS, columns=["north", "south", 7])
    X, _ = make_windows(series, lookback=2)
    grid = ColumnsToGrid([["south", None], [7, np.nan]]).fit_transform(X)
    assert grid[0][0, 0].tolist() == [[1, 0], [2, 0]]


def test_an_empty_cell_of_an_integer_series_is_representable() -> None:
    X, _ = make_windows(ROWS.astype(np.int16), lookback=2)
    assert ColumnsToGrid([[0, -1]]).fit_transform(X).dtype == np.float32
    assert ColumnsToGrid([[0, 1]]).fit_transform(X).dtype == np.int16


def test_lag_tables_get_their_columns_back() -> None:
    X = windows(4)
    table = np.asarray(Flatten().fit_transform(X))
    lags = LagsToWindows(lookback=4)
    np.testing.assert_array_equal(lags.fit_transform(table), np.asarray(X))
    np.testing.assert_array_equal(lags.inverse_transform(np.asarray(X)), table)


def test_channels_move_from_last_to_before_the_cells() -> None:
    keras = np.random.default_rng(0).normal(size=(5, 4, 3, 2, 7))
    move = ChannelsFirst()
    moved = move.fit_transform(keras)
    np.testing.assert_array_equal(moved, np.moveaxis(keras, -1, 2))
    np.testing.assert_array_equal(move.inverse_transform(moved), keras)
    X, _ = make_windows(MAPS, lookback=4)
    np.testing.assert_array_equal(
        np.asarray(move.fit_transform(X)), np.moveaxis(np.asarray(X), -1, 2)
    )


def test_a_part_follows_through_every_transformer() -> None:
    X = windows(6).with_parts({"static": np.arange(34.0)[:, None]})
    for transformer in (Crop(4), FoldTime(width=2), Flatten()):
        X = transformer.fit_transform(X)
    assert np.asarray(X)[:, -1].tolist() == list(range(34))
    assert np.asarray(X[[7, 3]])[:, -1].tolist() == [7, 3]


@pytest.mark.parametrize(
    ("transformer", "message"),
    [
        (Crop(7), r"Crop\(lookback=7\) needs windows of at least 7 frames, got 6. Make the"),
        (Crop(0), "lookback must be an integer of at least 1 or None, got 0"),
        (FoldTime(width=4), r"divisible by 4, got 6. Use a lookback of 4, or Crop to it first"),
        (FoldTime(3, 3), r"divisible by 9, got 6. Use a lookback of 9"),
        (FoldTime(width=1.5), "width must be an integer of at least 1, got 1.5"),
        (FoldTime(height=0), "height must be an integer of at least 1, got 0"),
        (ColumnsToGrid([[0, 1], [2]]), r"rows of one length, got rows of \[2, 1\] cells"),
        (ColumnsToGrid([]), r"rows of one length, got rows of \[\] cells"),
        (ColumnsToGrid([[3]]), "columns of the series, but 3 is not among 0 to 2"),
        (ColumnsToGrid([["x"]]), "but 'x' is not among 0 to 2"),
        (LagsToWindows(4), r"columns divide into 4 steps, got 18 columns"),
        (LagsToWindows(0), "lookback must be an integer of at least 1 or None, got 0"),
    ],
    ids=str,
)
def test_what_does_not_fit_the_windows_is_refused(transformer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        transformer.fit(windows(6))


def test_a_column_that_is_on_no_table_is_named() -> None:
    X, _ = make_windows(pd.DataFrame(ROWS, columns=list("abc")), lookback=2)
    with pytest.raises(ValueError, match=r"'d' is not among \['a', 'b', 'c'\]"):
        ColumnsToGrid([["a", "d"]]).fit(X)


@pytest.mark.parametrize(
    "transformer",
    [FoldTime(width=3), LagsToWindows(3), ColumnsToGrid(), ChannelsFirst(), Flatten()],
    ids=lambda one: type(one).__name__,
)
def test_what_transform_has_not_made_is_not_inverted(transformer: Any) -> None:
    lags = isinstance(transformer, LagsToWindows)
    X = (
        np.zeros((4, 6))
        if lags
        else np.zeros((4, 6, 2, 2, 3))
        if isinstance(transformer, ChannelsFirst)
        else windows()
    )
    made = transformer.fit(X).transform(X)
    transformer.inverse_transform(made)
    with pytest.raises(ShapeError, match=r"inverse_transform takes .* Pass what transform"):
        transformer.inverse_transform(np.asarray(made)[:, :1])


@pytest.mark.parametrize("cells", [3, "ab", [0, 1]])
def test_cells_that_are_no_table_are_refused(cells: Any) -> None:
    with pytest.raises(ValueError, match="cells must be a table, a list of rows of column names"):
        ColumnsToGrid(cells).fit(windows())


def test_maps_are_not_folded() -> None:
    with pytest.raises(ShapeError, match=r"but these are \(3, 2\) maps already"):
        FoldTime(width=2).fit(make_windows(MAPS, lookback=4)[0])


def test_a_column_shown_nowhere_cannot_come_back() -> None:
    grid = ColumnsToGrid([[0, 2]]).fit(windows())
    with pytest.raises(ShapeError, match=r"Columns \[1\] stand in no cell"):
        grid.inverse_transform(grid.transform(windows()))


def test_transform_wants_the_windows_of_fit() -> None:
    with pytest.raises(ShapeError, match=r"of shape \(6, 3\) as in fit, got \(5, 3\)"):
        Flatten().fit(windows(6)).transform(windows(5))


def test_columns_that_changed_places_are_not_taken_for_one_another() -> None:
    table = pd.DataFrame(ROWS, columns=list("abc"))
    X, _ = make_windows(table, lookback=2)
    rule = (
        r"columns \['a', 'b', 'c'\] as in fit, in this order, got \['c', 'b', 'a'\]. Make them of"
    )
    with pytest.raises(ShapeError, match=rule):
        Flatten().fit(X).transform(make_windows(table[list("cba")], lookback=2)[0])
    same = Flatten().fit(X).transform(make_windows(ROWS, lookback=2)[0])  # an array names none
    np.testing.assert_array_equal(np.asarray(same), np.asarray(Flatten().fit_transform(X)))
    single, _ = make_windows(table["a"], lookback=2)
    Flatten().fit(single).transform(make_windows(table["b"], lookback=2)[0])


def test_nothing_follows_flatten() -> None:
    with pytest.raises(
        ShapeError, match=r"got rows of 18 values\. Leave Flatten out before an estimator"
    ):
        Crop().fit(Flatten().fit_transform(windows(6)))


def test_arrays_of_more_axes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"got \(3, 2, 1, 1, 1, 1\)"):
        Crop().fit(np.zeros((3, 2, 1, 1, 1, 1)))
