"""Splits of forecast origins by time and by series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from stforecast.model_selection import OriginSplit, SeriesSplit
from stforecast.windows import Flatten, Windows, make_windows


def windows(n_rows: int = 60, **sizes: int) -> Windows:
    return make_windows(np.arange(float(n_rows)), **{"lookback": 4, **sizes})[0]


def panel() -> Windows:
    days = pd.date_range("2020-01-01", periods=60, freq="D")
    members = {"u": days[:40], "v": days[10:60], "w": days[25:35]}
    table = pd.concat({name: pd.Series(1.0, index) for name, index in members.items()})
    return make_windows(table, lookback=4, horizon=3)[0]


@given(
    n_splits=st.integers(1, 5),
    horizon=st.integers(1, 6),
    gap=st.integers(0, 3),
    stride=st.integers(1, 4),
    embargo=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_every_training_target_is_known_before_the_first_test_origin(
    n_splits: int, horizon: int, gap: int, stride: int, embargo: int, seed: int
) -> None:
    X = windows(120, horizon=horizon, gap=gap, stride=stride)
    X = X[np.random.default_rng(seed).permutation(len(X))]
    folds = list(OriginSplit(n_splits, embargo=embargo).split(X))
    assert len(folds) == n_splits
    for train, test in folds:
        assert X.times[train].max() + X.reach + embargo <= X.times[test].min()
        assert len(train)


@given(n_splits=st.integers(1, 6), stride=st.integers(1, 3), seed=st.integers(0, 99))
def test_test_parts_follow_one_another_to_the_end(n_splits: int, stride: int, seed: int) -> None:
    X = windows(90, stride=stride)
    order = np.random.default_rng(seed).permutation(len(X))
    tested = [X.times[order][test] for _, test in OriginSplit(n_splits).split(X[order])]
    latest = np.sort(X.times)[-sum(map(len, tested)) :]
    np.testing.assert_array_equal(np.concatenate([np.sort(times) for times in tested]), latest)


def test_it_agrees_with_scikit_learn_where_that_has_the_gap() -> None:
    X = windows(horizon=5)
    ours = list(OriginSplit(4).split(X))
    theirs = list(TimeSeriesSplit(4, gap=4).split(X))
    for (train, test), (other_train, other_test) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(train, other_train)
        np.testing.assert_array_equal(test, other_test)


def test_the_gap_counts_time_not_samples() -> None:
    X = windows(100, horizon=7, stride=7)
    train, test = next(OriginSplit(3).split(X))
    assert X.times[test].min() - X.times[train].max() == 7


def test_a_panel_is_split_at_one_time_for_all_series() -> None:
    X = panel()
    for train, test in OriginSplit(4).split(X):
        assert X.times[train].max() + 3 <= X.times[test].min()
        assert not set(X.times[train]) & set(X.times[test])
    assert {name for name, _ in X.origins[test]} == {"v"}


def test_a_sliding_training_part_keeps_the_latest_origin_times() -> None:
    for (train, _), (grown, _) in zip(
        OriginSplit(4, max_train_size=6).split(panel()), OriginSplit(4).split(panel()), strict=True
    ):
        times = panel().times
        assert len(np.unique(times[train])) == 6
        assert times[train].max() == times[grown].max()


def test_test_size_is_in_origin_times() -> None:
    X = panel()
    for _, test in OriginSplit(3, test_size=5).split(X):
        assert len(np.unique(X.times[test])) == 5


@pytest.mark.parametrize(("gap", "left_out"), [(None, 0), (0, 0), (3, 3)])
def test_plain_arrays_are_taken_row_by_row(gap: int | None, left_out: int) -> None:
    for train, test in OriginSplit(3, gap=gap).split(np.zeros((40, 2))):
        assert train.tolist() == list(range(test[0] - left_out))


def test_a_gap_given_replaces_that_of_the_windows() -> None:
    X = windows(horizon=7)
    train, test = next(OriginSplit(3, gap=1).split(X))
    assert X.times[test].min() - X.times[train].max() == 2


def test_classification_windows_need_no_gap() -> None:
    X = windows(horizon=0)
    train, test = next(OriginSplit(3).split(X))
    assert train[-1] + 1 == test[0]


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (OriginSplit(0), "n_splits must be an integer of at least 1, got 0"),
        (OriginSplit(2.0), "n_splits must be an integer of at least 1, got 2.0"),
        (OriginSplit(2, test_size=0), "test_size must be an integer of at least 1 or None, got 0"),
        (OriginSplit(2, max_train_size=0), "max_train_size must be an integer of at least 1"),
        (OriginSplit(2, gap=-1), "gap must be an integer of at least 0 or None, got -1"),
        (OriginSplit(2, embargo=-1), "embargo must be an integer of at least 0, got -1"),
        (OriginSplit(6, test_size=10), r"6 folds of 10 test times and a gap of 2 steps leave none"),
        (OriginSplit(2, gap=50), r"a gap of 50 steps leave none of 54 origin times"),
        (SeriesSplit(1), "n_splits must be an integer of at least 2, got 1"),
        (SeriesSplit(2), "needs windows of a panel, whose series it can tell apart. Pass groups="),
    ],
    ids=str,
)
def test_folds_that_cannot_be_are_refused(split: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(split.split(windows(horizon=3)))


@pytest.mark.parametrize("X", [None, 3, np.array(3.0), "abc"])
def test_what_holds_no_samples_is_refused(X: Any) -> None:
    with pytest.raises(TypeError, match=r"OriginSplit splits samples, .* X is a .* Pass Windows"):
        next(OriginSplit().split(X))
    with pytest.raises(TypeError, match="SeriesSplit splits samples"):
        next(SeriesSplit(2).split(X, groups=[0, 1]))


def test_too_many_folds_for_the_data_are_refused() -> None:
    with pytest.raises(ValueError, match="Every fold needs a training origin"):
        list(OriginSplit(9).split(windows(8)))


def test_series_are_tested_that_were_not_trained_on() -> None:
    X = panel()
    tested = []
    for train, test in SeriesSplit(3).split(X):
        names = X.origins.get_level_values(0)
        assert not set(names[train]) & set(names[test])
        tested += list(test)
    assert sorted(tested) == list(range(len(X)))


def test_series_of_arrays_are_told_apart() -> None:
    X, _ = make_windows([np.arange(9.0), np.arange(5.0), np.arange(7.0)], lookback=3)
    for _, test in SeriesSplit(3).split(X[::-1]):
        assert len(set(X[::-1].origins[test].codes[0])) == 1


def test_groups_may_be_given() -> None:
    groups = np.arange(56) % 4
    for train, test in SeriesSplit(4).split(windows(), groups=groups):
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.parametrize("split", [OriginSplit(4), SeriesSplit(3)])
def test_it_serves_as_cv(split: Any) -> None:
    days = pd.date_range("2020-01-01", periods=60, freq="D")
    rows = np.random.default_rng(0).normal(size=60)
    table = pd.concat({name: pd.Series(rows, days) for name in "uvw"})
    X, y = make_windows(table, lookback=4)
    scores = cross_val_score(make_pipeline(Flatten(), Ridge()), X, y, cv=split)
    assert len(scores) == split.get_n_splits()
    assert np.isfinite(scores).all()


def test_repr_can_be_read() -> None:
    assert repr(OriginSplit(3, gap=2)) == (
        "OriginSplit(n_splits=3, test_size=None, max_train_size=None, gap=2, embargo=0)"
    )
    assert OriginSplit(3) == OriginSplit(3)
