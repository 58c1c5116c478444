"""Windows and targets: which rows, which columns, which labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast.exceptions import MissingValuesError, SeriesTooShortError, ShapeError
from stforecast.windows import Windows, latest_windows, make_windows
from tests.windows.oracles import naive_windows

DAYS = pd.date_range("2020-01-01", periods=20, freq="D")
FRAME = pd.DataFrame(np.arange(40.0).reshape(20, 2), DAYS, ["a", "b"])
CLASSES = np.array(["on", "off"] * 10)


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
@given(
    lengths=st.lists(st.integers(0, 25), min_size=1, max_size=3),
    lookback=st.integers(1, 6),
    horizon=st.integers(1, 5),
    gap=st.integers(0, 3),
    stride=st.integers(1, 4),
    frame=st.sampled_from([(1,), (3,), (2, 2, 3)]),
)
def test_windows_and_targets_equal_a_loop_over_rows(
    lengths: list[int],
    lookback: int,
    horizon: int,
    gap: int,
    stride: int,
    frame: tuple[int, ...],
) -> None:
    rng = np.random.default_rng(0)
    members = [rng.normal(size=(n, *frame)) for n in (*lengths, lookback + gap + horizon)]
    X, y = make_windows(members, lookback=lookback, horizon=horizon, gap=gap, stride=stride)
    windows, targets, origins = naive_windows(
        members, lookback=lookback, horizon=horizon, gap=gap, stride=stride
    )
    np.testing.assert_array_equal(np.asarray(X), windows)
    np.testing.assert_array_equal(np.asarray(y), targets)
    assert X.times.tolist() == [row for _, row in origins]


def test_targets_of_a_table_are_labelled_by_origin_step_and_column() -> None:
    X, y = make_windows(FRAME, lookback=3, horizon=2, gap=1)
    assert y.index.equals(DAYS[2:17])
    assert y.columns.names == ["step", "target"]
    assert y.columns.tolist() == [(2, "a"), (2, "b"), (3, "a"), (3, "b")]
    assert y.loc["2020-01-03", (2, "a")] == FRAME.loc["2020-01-05", "a"]
    assert y.index.equals(X.origins)


def test_targets_keep_the_precision_of_the_source() -> None:
    for dtype in ("float32", "float64", "int16"):
        assert make_windows(FRAME.to_numpy().astype(dtype), lookback=3)[1].dtype == dtype


@pytest.mark.parametrize(
    ("target", "columns"),
    [
        (None, ["a", "b"]),
        ("b", ["b"]),
        (["b"], ["b"]),
        (["b", "a"], ["b", "a"]),
        (("b", "a"), ["b", "a"]),
        (pd.Index(["b"]), ["b"]),
    ],
)
def test_targets_are_picked_by_column_name(target: Any, columns: list[str]) -> None:
    X, y = make_windows(FRAME, lookback=3, target=target)
    assert X.shape == (17, 3, 2)
    np.testing.assert_array_equal(y, FRAME[columns][3:])
    assert y.columns.get_level_values("target").tolist() == columns


@pytest.mark.parametrize(("target", "columns"), [(1, [1]), (-1, [-1]), ([1, 0], [1, 0])])
def test_targets_of_an_array_are_picked_by_number(target: Any, columns: list[int]) -> None:
    values = FRAME.to_numpy()
    np.testing.assert_array_equal(
        make_windows(values, lookback=3, target=target)[1], values[3:, columns]
    )
    maps = np.arange(20 * 2 * 3 * 3.0).reshape(20, 2, 3, 3)
    _, y = make_windows(maps, lookback=3, target=target)
    assert isinstance(y, Windows)
    np.testing.assert_array_equal(np.asarray(y), maps[3:, columns].reshape(17, -1))


@pytest.mark.parametrize(
    ("target", "columns"),
    [
        (np.arange(20), [0]),
        (pd.Series(np.arange(20), DAYS, name="load"), ["load"]),
        (pd.DataFrame({"u": np.arange(20), "v": 0}, DAYS), ["u", "v"]),
    ],
)
def test_targets_may_be_an_aligned_array(target: Any, columns: list[Any]) -> None:
    _, y = make_windows(FRAME, lookback=3, horizon=2, target=target)
    assert y.columns.get_level_values("target").tolist() == columns * 2
    assert y.iloc[0, 0] == 3
    assert y.iloc[0, len(columns)] == 4


def test_maps_may_be_forecast_from_a_table() -> None:
    maps = np.arange(20 * 4.0).reshape(20, 1, 2, 2)
    X, y = make_windows(FRAME, lookback=3, horizon=2, target=maps)
    np.testing.assert_array_equal(X.unflatten(y)[0], maps[3:5])


def test_a_panel_takes_one_target_array_for_each_series() -> None:
    targets = [np.arange(20.0), 100 + np.arange(9.0)]
    _, y = make_windows([FRAME, FRAME[:9]], lookback=3, target=targets)
    assert y.iloc[[0, -1], 0].tolist() == [3.0, 108.0]


@pytest.mark.parametrize("target", [CLASSES, pd.Series(CLASSES, DAYS, dtype="category")])
def test_without_a_horizon_the_target_belongs_to_the_origin(target: Any) -> None:
    X, y = make_windows(FRAME, lookback=3, horizon=0, target=target)
    assert len(X) == 18
    assert y.tolist() == CLASSES[2:].tolist()
    assert y.index.equals(X.origins)


def test_labels_of_an_array_are_a_plain_array() -> None:
    values = FRAME.to_numpy()
    for target in (CLASSES, CLASSES.tolist()):
        _, y = make_windows(values, lookback=3, horizon=0, target=target)
        assert type(y) is np.ndarray
        assert y.tolist() == CLASSES[2:].tolist()
    assert make_windows(values, lookback=3, horizon=0, target=0)[1].shape == (18,)
    assert make_windows(values, lookback=3, horizon=0)[1].shape == (18, 2)
    assert make_windows(FRAME, lookback=3, horizon=0)[1].columns.tolist() == ["a", "b"]


@pytest.mark.parametrize("name", ["lookback", "horizon", "gap", "stride"])
@pytest.mark.parametrize("value", [2.0, True, "3", -1, None])
def test_sizes_must_be_integers(name: str, value: Any) -> None:
    minimum = 0 if name in ("horizon", "gap") else 1
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least {minimum}, got"):
        make_windows(FRAME, **{"lookback": 3, name: value})


def test_sizes_may_be_of_numpy() -> None:
    X, y = make_windows(FRAME, lookback=np.int32(3), horizon=np.uint8(2))
    assert (X.shape, y.shape) == ((16, 3, 2), (16, 4))


@pytest.mark.parametrize(
    ("series", "target", "message"),
    [
        (FRAME, "z", r"must name columns of the series, but 'z' is not among \['a', 'b'\]"),
        (FRAME, ["a", "z"], "'z' is not among"),
        (FRAME, [], "the list is empty"),
        (FRAME.to_numpy(), 2, r"number channels of the series from 0 to 1, got \[2\]"),
        (FRAME.to_numpy(), -3, r"got \[-3\]"),
        (FRAME.to_numpy(), [], r"got \[\]"),
        (FRAME.to_numpy(), slice(0, 1), "number channels .* or have one entry for each of the 20"),
        (FRAME, np.arange(3), r"one entry for each of the 20 rows, got array.* of shape \(3,\)"),
    ],
)
def test_targets_that_are_not_there_are_named(series: Any, target: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_windows(series, lookback=3, target=target)


def test_a_target_table_must_have_the_index_of_the_series() -> None:
    with pytest.raises(ShapeError, match=r"Use target\.reindex\(series\.index\)"):
        make_windows(FRAME, lookback=3, target=FRAME["a"][::-1])


@pytest.mark.parametrize(
    "target",
    [CLASSES, CLASSES.astype(object), pd.Series(CLASSES, DAYS), np.arange(20) + 1j],
)
def test_what_is_no_number_is_classified_and_not_forecast(target: Any) -> None:
    with pytest.raises(ValueError, match=r"forecast must be numeric, .* horizon=0 to classify"):
        make_windows(FRAME, lookback=3, target=target)
    assert len(make_windows(FRAME, lookback=3, horizon=0, target=target)[1]) == 18


@pytest.mark.parametrize(("series", "target"), [(FRAME, ["a", "a"]), (FRAME.to_numpy(), [0, 0])])
def test_an_output_named_twice_is_refused(series: Any, target: Any) -> None:
    with pytest.raises(ValueError, match=r"target must name each output once, but .* is there twi"):
        make_windows(series, lookback=3, target=target)


@pytest.mark.parametrize("target", [[True, False], True])
def test_flags_are_no_channel_numbers(target: Any) -> None:
    with pytest.raises(ShapeError, match=r"number channels \(in a list\), .* got \[?True"):
        make_windows(FRAME.to_numpy(), lookback=3, target=target)


def test_a_list_of_numbers_is_one_series() -> None:
    for numbers in (list(range(20)), list(np.arange(20.0)), list(np.arange(20) > 4)):
        X, y = make_windows(numbers, lookback=3)
        assert X.shape == (17, 3, 1)
        np.testing.assert_array_equal(y[:, 0], numbers[3:])


def test_a_sum_that_overflows_is_no_missing_value() -> None:
    values = np.full(20, 1e308)
    np.testing.assert_array_equal(make_windows(values, lookback=3)[1], values[3:, None])


def test_a_target_with_gaps_is_refused() -> None:
    target = np.arange(20.0)
    target[4] = np.nan
    with pytest.raises(MissingValuesError, match="target must hold finite numbers, but 1 of its"):
        make_windows(FRAME, lookback=3, target=target)


def test_missing_must_be_a_choice() -> None:
    with pytest.raises(ValueError, match="missing must be 'error' or 'mask', got 'drop'"):
        make_windows(FRAME, lookback=3, missing="drop")


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_series_too_short_is_told_so(rows: int) -> None:
    with pytest.raises(SeriesTooShortError, match=f"2 \\+ 0 \\+ 1 = 3 rows, but .* has {rows}"):
        make_windows(FRAME[:rows], lookback=2)


def test_a_huge_lookback_is_an_error_and_costs_nothing() -> None:
    with pytest.raises(SeriesTooShortError, match="the series has 20"):
        make_windows(FRAME, lookback=10**12)


def test_no_window_or_target_sees_other_rows() -> None:
    """Poison all rows but those of one window, then all but its targets: nothing changes."""
    X, y = make_windows(FRAME.to_numpy(), lookback=4, horizon=2, gap=1)
    for i in range(len(X)):
        seen, ahead = slice(i, i + 4), slice(i + 5, i + 7)
        poisoned = np.full((20, 2), np.nan)
        poisoned[seen] = FRAME[seen]
        other_X, _ = make_windows(poisoned, lookback=4, horizon=2, gap=1, missing="mask")
        np.testing.assert_array_equal(other_X[i], X[i])
        poisoned = np.full((20, 2), np.nan)
        poisoned[ahead] = FRAME[ahead]
        _, other_y = make_windows(poisoned, lookback=4, horizon=2, gap=1, missing="mask")
        np.testing.assert_array_equal(other_y[i], y[i])


def test_the_latest_window_ends_with_the_data() -> None:
    known = pd.DataFrame({"k": np.arange(24.0)}, pd.date_range("2020-01-01", periods=24))
    X = latest_windows(FRAME, lookback=4, horizon=3, target="a", known=known)
    np.testing.assert_array_equal(np.asarray(X), FRAME.to_numpy()[None, 16:])
    assert X.parts["known"][0].ravel().tolist() == [20, 21, 22]
    late = latest_windows(FRAME, lookback=4, horizon=3, target="a", known=known, gap=1)
    assert late.parts["known"][0].ravel().tolist() == [21, 22, 23]


def test_the_forecast_from_the_latest_window_has_its_labels() -> None:
    X = latest_windows(FRAME, lookback=4, horizon=2, target="a")
    labelled = X.unflatten([[1.0, 2.0]])
    assert labelled.index.tolist() == [DAYS[19]]
    assert labelled.columns.tolist() == [(1, "a"), (2, "a")]


def test_a_series_shorter_than_the_window_has_no_latest_window() -> None:
    with pytest.raises(SeriesTooShortError, match="lookback"):
        latest_windows(FRAME[:3], lookback=4)
    with pytest.raises(ValueError, match="horizon"):
        latest_windows(FRAME, lookback=4, horizon=0)


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_the_latest_windows_of_a_panel_leave_short_series_out() -> None:
    X = latest_windows(
        [FRAME, FRAME[:2], FRAME[:9]], lookback=4, horizon=3, static=[[1.0], [2.0], [3.0]]
    )
    assert X.origins.tolist() == [(0, DAYS[19]), (2, DAYS[8])]
    assert X.parts["static"].ravel().tolist() == [1, 3]
