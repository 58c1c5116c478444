"""What is held back to decide when to stop: the latest origins, a gap before them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast._training.holdout import latest_part
from stforecast.estimators import Training
from stforecast.estimators import _forecaster as base
from stforecast.windows import make_windows
from tests.estimators.data import (
    ALL_IN_OWN_UNITS,
    OWN_UNITS,
    noise,
    small,
    table_windows,
)

times = st.lists(st.integers(0, 60), min_size=1, max_size=40).map(np.array)


@given(times, st.integers(0, 9), st.floats(0, 0.9))
def test_targets_of_both_parts_share_no_row(times, reach, fraction):
    train, valid = latest_part(times, reach, fraction)
    assert not set(train) & set(valid)
    if len(valid):
        assert len(valid) >= fraction * len(times)
        assert times[train].max() + max(1, reach) <= times[valid].min()
        left_out = np.setdiff1d(np.arange(len(times)), np.concatenate([train, valid]))
        assert (times[left_out] > times[valid].min() - max(1, reach)).all()
    else:
        assert len(train) == len(times)


@given(times, st.integers(0, 9), st.integers(0, 99))
def test_the_split_does_not_depend_on_the_order_of_samples(times, reach, seed):
    order = np.random.default_rng(seed).permutation(len(times))
    for one, other in zip(
        latest_part(times, reach, 0.2), latest_part(times[order], reach, 0.2), strict=True
    ):
        assert sorted(one) == sorted(order[other])


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.8])
def test_a_large_share_is_held_back_when_asked_for(fraction):
    _, valid = latest_part(np.arange(100), 1, fraction)
    assert len(valid) == 100 * fraction


def test_nothing_is_held_back_where_the_gap_would_leave_too_little_to_train():
    assert len(latest_part(np.arange(20), 10, 0.2)[1]) == 0
    assert len(latest_part(np.arange(200), 10, 0.2)[1]) == 40


@pytest.fixture
def parts(monkeypatch):
    """The origins that the fits of a test train on and hold back."""
    seen = []

    def spy(times, reach, fraction):
        train, valid = latest_part(times, reach, fraction)
        seen.append((np.sort(times[train]), np.sort(times[valid])))
        return train, valid

    monkeypatch.setattr(base, "latest_part", spy)
    return seen


def test_fit_holds_back_the_latest_windows_a_horizon_apart(parts):
    X, y = table_windows(83, horizon=3, gap=1)  # 75 windows
    small().fit(X, y)
    train, valid = parts[0]
    assert valid.tolist() == X.times[-8:].tolist()
    assert train.max() == valid.min() - 4  # gap + horizon


def test_shuffled_samples_give_the_same_parts(parts):
    X, y = table_windows()
    order = np.random.default_rng(0).permutation(len(X))
    small().fit(X, y)
    small().fit(X[order], y[order])
    np.testing.assert_array_equal(parts[0][0], parts[1][0])
    np.testing.assert_array_equal(parts[0][1], parts[1][1])


def test_series_of_a_panel_are_split_at_one_time(parts):
    days = pd.date_range("2020", periods=40)
    panel = [pd.DataFrame(noise(40, 1, seed), days) for seed in (0, 1)]
    X, y = make_windows(panel, lookback=5, horizon=2)
    small().fit(X, y)
    train, valid = parts[0]
    assert (np.unique(valid, return_counts=True)[1] == 2).all()
    assert train.max() == valid.min() - 2


def test_what_is_held_back_is_not_trained_on():
    X, y = table_windows()
    poisoned = y.copy()
    poisoned[-5:] = y[-5:][::-1]  # of the 7 held back; their mean and scale stay
    patient = {"training": Training(patience=9), "max_epochs": 3}
    fits = [small(**patient).fit(X, one) for one in (y, poisoned)]
    train = [model.history_["train_loss"] for model in fits]
    valid = [model.history_["valid_loss"] for model in fits]
    pd.testing.assert_series_equal(train[0], train[1])
    assert not np.allclose(valid[0], valid[1])


def test_without_validation_all_samples_are_trained_on(parts):
    X, y = table_windows()
    model = small(training=Training(validation_fraction=0), max_epochs=3).fit(X, y)
    assert len(parts[0][0]) == len(X)
    assert "valid_loss" not in model.history_
    assert len(model.history_) == 3


def test_too_few_samples_are_all_trained_on_for_all_epochs(parts):
    X, y = table_windows(12, horizon=5)
    model = small(max_epochs=4, training=Training(patience=1)).fit(X, y)
    assert len(parts[0][1]) == 0
    assert len(model.history_) == 4


def test_its_steps_are_those_of_the_training_part_alone():
    X, y = table_windows()
    train, _ = latest_part(X.times, X.reach, 0.1)
    held = small(training=OWN_UNITS).fit(X, y)
    alone = small(training=ALL_IN_OWN_UNITS).fit(X[train], y[train])
    np.testing.assert_array_equal(held.history_["train_loss"], alone.history_["train_loss"])
