"""Windows remember the rows they were made of, and which channels hold the target."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline

from stforecast.windows import ColumnsToGrid, Crop, FoldTime, Framewise, make_windows

TABLE = pd.DataFrame(np.arange(60.0).reshape(20, 3), columns=["a", "b", "c"])


@pytest.mark.parametrize(
    "transformer",
    [Crop(2), FoldTime(width=2), ColumnsToGrid(), make_pipeline(FoldTime(2, 2), Crop(1))],
    ids=["crop", "fold", "grid", "fold and crop"],
)
def test_what_moves_values_keeps_the_rows(transformer) -> None:
    X, _ = make_windows(TABLE, lookback=4)
    moved = transformer.fit_transform(X)
    assert moved.shape != X.shape
    assert_array_equal(np.asarray(moved.undo_steps()), np.asarray(X))
    assert_array_equal(np.asarray(moved[5:7].undo_steps()), np.asarray(X[5:7]))


def test_what_changes_values_leaves_the_windows_as_they_are() -> None:
    X, _ = make_windows(TABLE, lookback=4)
    changed = Framewise().fit_transform(FoldTime(width=2).fit_transform(X))
    assert changed.undo_steps() is changed


@pytest.mark.parametrize("part", [slice(None), slice(8, 10)], ids=["all", "few"])
def test_a_pickle_holds_the_rows_that_crop_took_away(part) -> None:
    X, _ = make_windows(TABLE, lookback=6)
    cropped = Crop(2).fit_transform(X)[part]
    back = pickle.loads(pickle.dumps(cropped))
    assert_array_equal(np.asarray(back), np.asarray(cropped))
    assert_array_equal(np.asarray(back.undo_steps()), np.asarray(X[part]))


def test_compacted_windows_are_whole_as_they_stand() -> None:
    X, _ = make_windows(TABLE, lookback=6)
    compact = Crop(2).fit_transform(X)[8:10].compact()
    assert_array_equal(np.asarray(compact.undo_steps()), np.asarray(compact))


@pytest.mark.parametrize(
    ("target", "channels"),
    [(None, (0, 1, 2)), ("b", (1,)), (["c", "a"], (2, 0)), (TABLE["b"] * 2, None)],
    ids=["all", "one", "two", "another"],
)
def test_channels_of_the_target_are_known_where_the_series_holds_it(target, channels) -> None:
    X, _ = make_windows(TABLE, lookback=4, target=target)
    assert X.target is not None
    assert X.target.channels == channels


def test_channels_of_maps_are_counted_from_the_first() -> None:
    X, _ = make_windows(np.zeros((9, 3, 2, 2)), lookback=4, target=[-1])
    assert X.target is not None
    assert X.target.channels == (2,)


def test_scaled_frames_and_labels_of_origins_do_not_hold_the_target() -> None:
    X, _ = make_windows(TABLE, lookback=4)
    scaled = Framewise().fit_transform(X)
    assert scaled.target.channels is None
    X, _ = make_windows(TABLE, lookback=4, horizon=0, target="a")
    assert X.target is not None
    assert X.target.channels is None
