"""Where windows begin and end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast.exceptions import SeriesTooShortError
from stforecast.windows._geometry import (
    check_long_enough,
    ends_among,
    panel_ends,
    rows_in_view,
    runs,
)
from tests.windows.oracles import naive_rows_in_view, naive_windows

sizes = st.integers(1, 6)


@given(
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=4),
    lookback=sizes,
    horizon=st.integers(0, 5),
    gap=st.integers(0, 3),
    stride=sizes,
)
def test_panel_ends_equal_a_loop_over_rows(
    lengths: list[int], lookback: int, horizon: int, gap: int, stride: int
) -> None:
    bounds = np.cumsum([0, *lengths])
    members = [np.arange(n, dtype=float)[:, None] for n in lengths]
    ends = panel_ends(bounds, lookback=lookback, horizon=horizon, gap=gap, stride=stride)
    _, _, origins = naive_windows(
        members, lookback=lookback, horizon=horizon, gap=gap, stride=stride
    )
    assert ends.tolist() == [int(bounds[series]) + origin + 1 for series, origin in origins]


@given(n_rows=st.integers(1, 40), lookback=sizes, horizon=sizes, gap=st.integers(0, 3))
def test_every_origin_comes_once(n_rows: int, lookback: int, horizon: int, gap: int) -> None:
    ends = panel_ends(np.array([0, n_rows]), lookback=lookback, horizon=horizon, gap=gap)
    possible = [e for e in range(n_rows + 1) if e >= lookback and e + gap + horizon <= n_rows]
    assert ends.tolist() == possible


@given(
    ends=st.lists(st.integers(6, 40), max_size=12),
    lookback=sizes,
)
def test_rows_in_view_are_those_of_the_windows(ends: list[int], lookback: int) -> None:
    view = rows_in_view(np.array(ends, dtype=np.int64), lookback, 40)
    assert set(np.flatnonzero(view)) == naive_rows_in_view(np.array(ends), lookback, 40)


@given(ends=st.lists(st.integers(6, 40), min_size=1, max_size=12), lookback=sizes)
def test_ends_among_kept_rows_hold_the_same_values(ends: list[int], lookback: int) -> None:
    series, positions = np.arange(40), np.array(ends)
    kept = rows_in_view(positions, lookback, 40)
    moved = ends_among(positions, kept)
    for before, after in zip(positions, moved, strict=True):
        whole = series[before - lookback : before]
        np.testing.assert_array_equal(series[kept][after - lookback : after], whole)


@given(
    ends=st.lists(st.integers(6, 60), max_size=20),
    lookback=sizes,
    longest=st.integers(1, 30),
)
def test_runs_hold_every_window_once_and_span_no_gap(
    ends: list[int], lookback: int, longest: int
) -> None:
    positions = np.array(ends, dtype=np.int64)
    groups = runs(positions, lookback, longest)
    assert sorted(np.concatenate(groups).tolist() if groups else []) == list(range(len(ends)))
    for group in groups:
        held = positions[group]
        assert held.max() - held.min() + lookback <= max(longest, lookback)
        covered = naive_rows_in_view(held, lookback, 60)
        assert len(covered) == held.max() - held.min() + lookback


def test_a_short_series_is_told_what_it_lacks() -> None:
    with pytest.raises(
        SeriesTooShortError,
        match=r"lookback \+ gap \+ horizon = 28 \+ 0 \+ 7 = 35 rows, but the series has 20\. "
        r"Shorten the lookback or pass more data\.",
    ):
        check_long_enough(np.array([0, 20]), lookback=28, horizon=7, gap=0)


def test_a_panel_is_as_long_as_its_longest_series() -> None:
    check_long_enough(np.array([0, 2, 12]), lookback=7, horizon=2, gap=1)
    with pytest.raises(SeriesTooShortError, match="but the longest series has 10"):
        check_long_enough(np.array([0, 2, 12]), lookback=8, horizon=2, gap=1)
