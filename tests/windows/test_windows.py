"""The container: an array that holds the series once."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import fields

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing, shuffle

from stforecast.exceptions import ShapeError
from stforecast.windows import (
    Crop,
    Flatten,
    FoldTime,
    Framewise,
    Windows,
    _batches,
    make_windows,
)
from stforecast.windows._batches import iter_batches, iter_rows

ROWS = np.arange(40.0).reshape(20, 2)
KEYS = {
    "slice": slice(2, 9),
    "reversed": slice(None, None, -1),
    "empty slice": slice(5, 5),
    "list": [4, 0, 4],
    "negative": [-1, -3],
    "empty list": [],
    "int32 array": np.array([3, 1], dtype=np.int32),
    "mask": np.arange(17) % 3 == 0,
    "mask in a list": [True, False] * 8 + [True],
    "pandas mask": pd.Series(np.arange(17) % 2 == 0),
}


@pytest.fixture(name="X")
def windows_of_rows() -> Windows:
    return make_windows(ROWS, lookback=3)[0]


def transformed(X: Windows) -> Windows:
    """Windows with every kind of step and an appended part."""
    X = X.with_parts({"static": np.arange(float(len(X)))[:, None]})
    for step in (Framewise(), FoldTime(width=2), Crop(1), Flatten()):
        X = step.fit_transform(X)
    return X


@pytest.mark.parametrize("kind", KEYS)
def test_slicing_commutes_with_materialising(X: Windows, kind: str) -> None:
    picked = X[KEYS[kind]]
    assert isinstance(picked, Windows)
    np.testing.assert_array_equal(np.asarray(picked), np.asarray(X)[KEYS[kind]])
    np.testing.assert_array_equal(X.batch(KEYS[kind]), np.asarray(X)[KEYS[kind]])


@given(
    lookback=st.integers(1, 4).map(lambda half: 2 * half),
    rows=st.lists(st.integers(0, 11), max_size=8),
)
def test_slicing_commutes_with_materialising_after_transformers(
    lookback: int, rows: list[int]
) -> None:
    X = transformed(make_windows(ROWS, lookback=lookback)[0])
    whole = np.asarray(X)
    assert whole.shape == X.shape
    assert whole.dtype == X.dtype
    np.testing.assert_array_equal(np.asarray(X[rows]), whole[rows])
    np.testing.assert_array_equal(X.batch(rows), whole[rows])


@pytest.mark.parametrize("key", [3, -1, np.int64(5), np.uint8(2)])
def test_an_integer_gives_one_window(X: Windows, key: int) -> None:
    window = X[key]
    assert type(window) is np.ndarray
    np.testing.assert_array_equal(window, np.asarray(X)[key])


@pytest.mark.parametrize(
    "key",
    [
        (slice(1, 4), -1),
        (2, 0, 1),
        (slice(None), slice(1, 2), 0),
        ([3, 1], slice(None), 1),
        (..., 0),
        (np.array([3, 1]), np.array([0, 2])),
    ],
)
def test_more_than_one_axis_indexes_the_array(X: Windows, key: tuple[object, ...]) -> None:
    np.testing.assert_array_equal(X[key], np.asarray(X)[key])


def test_whole_windows_stay_lazy_however_they_are_written(X: Windows) -> None:
    for key in [(slice(2, 4), slice(None)), ([2, 3], ...), ([2, 3], slice(None), slice(None))]:
        assert isinstance(X[key], Windows)
    assert X[...] is X


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (17, "out of bounds"),
        (-18, "out of bounds"),
        ([17], "out of bounds"),
        (np.ones(3, dtype=bool), "boolean index did not match"),
        (np.array([1.0, 2.0]), "picked by a 1-D array of integers or booleans"),
        (np.zeros((2, 2), dtype=int), r"got one of shape \(2, 2\) of int64"),
        (None, "picked by an integer, several by a slice, index array or mask, got None"),
        ("a", "got 'a'"),
        (1.0, "got 1.0"),
        (True, "got True"),
    ],
)
def test_keys_that_pick_no_windows_are_refused(X: Windows, key: object, message: str) -> None:
    with pytest.raises(IndexError, match=message):
        X[key]


def test_it_looks_like_an_array(X: Windows) -> None:
    assert X.shape == (17, 3, 2)
    assert (X.ndim, X.size, X.dtype, len(X)) == (3, 102, np.float64, 17)
    np.testing.assert_array_equal(np.stack(list(X)), np.asarray(X))


def test_materialising_takes_a_dtype_and_is_always_a_copy(X: Windows) -> None:
    assert np.asarray(X, dtype=np.float32).dtype == np.float32
    assert np.array(X, copy=True).flags.writeable
    assert not np.shares_memory(np.asarray(X), X.base)
    with pytest.raises(ValueError, match="share rows, so an array of them is always a copy"):
        np.asarray(X, copy=False)


def test_repr_tells_what_it_holds_and_what_it_stands_for() -> None:
    X = make_windows(np.zeros((100_000, 2)), lookback=1000)[0]
    assert repr(X) == (
        "Windows(99000 windows of (1000, 2), float64; holds 2.4 MB for 1584.0 MB of windows)"
    )


def test_slices_share_the_series(X: Windows) -> None:
    assert X[3:5].base is X.base
    assert X.nbytes == ROWS.nbytes + 17 * 8


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ([21], "between lookback = 3 and the series' 20 rows, but ends span 21 to 21"),
        ([2, 5], "ends span 2 to 5"),
        ([3.5], r"1-D array of row numbers, got shape \(1,\) of float64"),
        ([[3]], r"got shape \(1, 1\) of int64"),
    ],
)
def test_ends_outside_the_series_are_refused(ends: list[object], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Windows(ROWS, ends, 3)


@pytest.mark.parametrize("part", [np.arange(17), list(range(17)), pd.Series(range(17))])
def test_parts_are_picked_with_the_windows(X: Windows, part: object) -> None:
    carried = X.with_parts({"static": part})
    assert carried[[3, 5]].parts["static"].tolist() == [3, 5]
    assert carried[2:9][[True] + [False] * 6].parts["static"].tolist() == [2]
    assert X.parts == {}


def test_a_part_of_another_length_is_refused(X: Windows) -> None:
    with pytest.raises(ShapeError, match="Part 'static' must have one entry for each of the 17"):
        X.with_parts({"static": np.zeros(3)})


def test_origins_keep_labels_and_frequency() -> None:
    days = pd.date_range("2020-01-01", periods=20, freq="D", name="day")
    X, _ = make_windows(pd.DataFrame(ROWS, days), lookback=3, horizon=2, stride=2)
    assert X.origins.equals(days[2:18:2])
    assert X.origins.freq == 2 * days.freq
    assert X[[4, 0]].origins.tolist() == [days[10], days[2]]
    assert X.times.tolist() == list(range(2, 18, 2))


def test_reach_is_how_far_targets_look_ahead() -> None:
    assert make_windows(ROWS, lookback=3, horizon=4, gap=2)[0].reach == 6
    assert make_windows(ROWS, lookback=3, horizon=0)[0].reach == 0
    assert Windows(ROWS, [3], 3).reach == 1


def test_compacting_keeps_windows_labels_and_times() -> None:
    series = pd.DataFrame(ROWS, pd.date_range("2020-01-01", periods=20, freq="D"))
    X = make_windows(series, lookback=3)[0][[0, 1, 12]]
    small = X.compact()
    assert len(small.base) == 7
    np.testing.assert_array_equal(np.asarray(small), np.asarray(X))
    assert small.origins.tolist() == X.origins.tolist()
    assert small.times.tolist() == X.times.tolist()
    assert small.compact() is small


@given(rows=st.lists(st.integers(0, 16), max_size=6))
def test_a_pickled_slice_holds_the_rows_in_view(rows: list[int]) -> None:
    X = make_windows(ROWS, lookback=3)[0][rows]
    loaded = pickle.loads(pickle.dumps(X))
    view = {row for end in X.ends for row in range(end - 3, end)}
    assert len(loaded.base) == (20 if len(view) >= 10 else len(view))
    np.testing.assert_array_equal(np.asarray(loaded), np.asarray(X))
    np.testing.assert_array_equal(loaded.times, X.times)


def test_a_pickle_of_most_rows_holds_the_very_array(X: Windows) -> None:
    """joblib maps an array it has seen into memory once; a copy it would send anew."""
    assert X[2:16].__getstate__()["base"] is X.base
    few = X[2:5]
    assert few.__getstate__()["base"] is not X.base
    assert few.__getstate__()["base"] is few.__getstate__()["base"]
    assert list(few.__getstate__()) == [one.name for one in fields(Windows)]


@pytest.mark.parametrize(
    "send",
    [
        lambda X: pickle.loads(cloudpickle.dumps(X)),
        copy.deepcopy,
        copy.copy,
        lambda X: joblib.Parallel(n_jobs=1)([joblib.delayed(lambda one: one)(X)])[0],
    ],
)
def test_it_can_be_sent_and_copied(send: Callable[[Windows], Windows]) -> None:
    X = transformed(make_windows(ROWS, lookback=4, target=0)[0])
    received = send(X)
    np.testing.assert_array_equal(np.asarray(received), np.asarray(X))
    assert received.reach == X.reach


def test_joblib_hashes_equal_windows_alike(X: Windows) -> None:
    again = make_windows(ROWS, lookback=3)[0]
    assert joblib.hash(again) == joblib.hash(X)
    assert joblib.hash(X[1:]) != joblib.hash(X)


def test_scikit_learn_indexes_and_splits_it_lazily(X: Windows) -> None:
    y = np.arange(17)
    assert isinstance(_safe_indexing(X, [1, 2]), Windows)
    shuffled, order = shuffle(X, y, random_state=0)
    np.testing.assert_array_equal(np.asarray(shuffled), np.asarray(X)[order])
    train, test = train_test_split(X, test_size=5, shuffle=False)
    assert isinstance(train, Windows)
    np.testing.assert_array_equal(np.asarray(test), np.asarray(X)[12:])


def test_unflatten_gives_the_layout_of_the_source() -> None:
    rows = np.arange(2 * 3 * 20.0).reshape(20, 2, 1, 3)
    X, y = make_windows(rows, lookback=3, horizon=2)
    assert X.unflatten(y).shape == (16, 2, 2, 1, 3)
    np.testing.assert_array_equal(X.unflatten(y)[0], rows[3:5])
    np.testing.assert_array_equal(X[4:6].unflatten(y[4:6])[1], rows[8:10])


def test_unflatten_labels_predictions_of_a_table() -> None:
    days = pd.date_range("2020-01-01", periods=20, freq="D")
    X, y = make_windows(pd.DataFrame(ROWS, days, ["a", "b"]), lookback=3, horizon=2, gap=1)
    labelled = X.unflatten(np.asarray(y))
    pd.testing.assert_frame_equal(labelled, y)
    assert labelled.columns.tolist() == [(2, "a"), (2, "b"), (3, "a"), (3, "b")]


def test_unflatten_refuses_what_does_not_fit(X: Windows) -> None:
    with pytest.raises(ShapeError, match=r"17 rows of horizon x outputs = 1 x 2 values, got"):
        X.unflatten(np.zeros((17, 3)))
    with pytest.raises(ShapeError, match="Pass the predictions of these very windows"):
        X[:2].unflatten(np.zeros((17, 2)))
    with pytest.raises(ValueError, match="made without targets cannot unflatten"):
        Windows(ROWS, [3], 3).unflatten(np.zeros(2))


def test_batches_and_rows_cover_everything_once(X: Windows) -> None:
    np.testing.assert_array_equal(np.concatenate(list(iter_batches(X, 5))), np.asarray(X))
    np.testing.assert_array_equal(
        np.concatenate(list(iter_rows(X[[2, 3, 15]]))), ROWS[[2, 3, 4, 5, 15, 16, 17]]
    )
    assert list(iter_batches(X[:0])) == []


@pytest.mark.parametrize(
    "base",
    [
        np.asfortranarray(ROWS),
        np.repeat(ROWS, 2, axis=1)[:, ::2],
        np.flipud(ROWS[::-1]),
    ],
)
def test_rows_may_lie_anyhow_in_memory(X: Windows, base: np.ndarray) -> None:
    np.testing.assert_array_equal(np.asarray(Windows(base, X.ends, 3)), np.asarray(X))


def test_reading_leaves_the_series_alone(X: Windows) -> None:
    batch = X.batch(slice(None))
    batch[:] = -1
    assert X.base[0, 0] == 0


@given(
    lookback=st.integers(1, 6),
    frame=st.sampled_from([(), (1,), (3,), (0,), (2, 3, 1)]),
    dtype=st.sampled_from(["f4", "f8", "i2", "u1", "?", ">f8"]),
    most=st.sampled_from([8, 2**31]),
)
def test_windows_are_gathered_whatever_their_bytes(
    lookback: int, frame: tuple[int, ...], dtype: str, most: int
) -> None:
    base = np.random.default_rng(0).integers(0, 99, (20, *frame)).astype(dtype)
    ends = np.array([lookback, 20, 9, 9])
    expected = np.stack([base[end - lookback : end] for end in ends])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_batches, "MAX_BYTES", most)
        for array in (base, np.asfortranarray(base)):
            found = _batches.gather(array, ends, lookback)
            assert found.dtype == base.dtype
            assert found.flags.writeable
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "parts", [None, {3: np.zeros(5)}, {"a": ["x"] * 5}, {"a": "text"}, {"a": np.array([None] * 5)}]
)
def test_parts_are_named_arrays_of_numbers(parts):
    X, _ = make_windows(np.arange(7.0), lookback=2)
    with pytest.raises(TypeError, match=r"must be a(n array of numbers| mapping of names to arr)"):
        X.with_parts(parts)


def test_a_notebook_shows_span_columns_target_and_parts() -> None:
    days = pd.date_range("2024-01-01", periods=20)
    table = pd.DataFrame({"<kWh>": np.arange(20.0), "price": np.arange(20.0)}, days)
    X, _ = make_windows(table, lookback=4, horizon=2, target="price", known=table[["price"]])
    html = X._repr_html_()
    assert "2024-01-04 00:00:00 to 2024-01-18 00:00:00" in html
    assert "&lt;kWh&gt;, price" in html
    assert "horizon 2, gap 0" in html
    assert "(15, 2, 1): price" in html
    assert "(15, 4, 2) = (n, T, C)" in html
    assert "origins" not in X[:0]._repr_html_()
