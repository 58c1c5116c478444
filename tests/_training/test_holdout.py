"""What is held back to decide when to stop: the latest origins, a gap before them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast._training.holdout import (
    latest_part,
    latest_parts,
    series_numbers,
    validation_part,
)
from stforecast.estimators import LSTMClassifier, Training
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


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60)), min_size=1, max_size=60),
    st.integers(0, 9),
    st.one_of(st.floats(0, 0.9), st.integers(0, 9)),
)
def test_series_are_split_at_once_as_each_by_itself(samples, reach, fraction):
    series, moments = np.array(samples).T
    found = latest_parts(series, moments, reach, fraction)
    for number in np.unique(series):
        rows = np.flatnonzero(series == number)
        for part, alone in zip(found, naive_part(moments[rows], reach, fraction), strict=True):
            assert part[series[part] == number].tolist() == rows[alone].tolist()


def naive_part(times, reach, fraction):
    """One series: the latest origins, if at least half of the others stay to train on."""
    count = min(len(times), fraction if fraction >= 1 else math.ceil(fraction * len(times) - 1e-9))
    valid = times >= sorted(times)[-count] if count else times > times.max()
    train = times <= times[valid].min(initial=times.max()) - max(1, reach) if count else ~valid
    if len(times) < 2 or 2 * train.sum() < max(1, len(times) - count):
        train, valid = np.ones_like(valid), np.zeros_like(valid)
    return np.flatnonzero(train), np.flatnonzero(valid)


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

    def spy(X, held, groups, seed):
        train, valid = validation_part(X, held, groups, seed)
        seen.append((np.sort(X.times[train]), np.sort(X.times[valid])))
        return train, valid

    monkeypatch.setattr(base, "validation_part", spy)
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


@pytest.fixture
def machines():
    """Windows of three machines of different lives, all from age 0 on."""
    panel = [pd.DataFrame(noise(rows, 1, seed)) for seed, rows in enumerate((30, 60, 90))]
    return make_windows(panel, lookback=5, horizon=2)


def test_the_latest_origins_of_every_series_are_held_back(machines):
    X, _ = machines
    train, valid = validation_part(X, 0.1, None, 0)
    series = series_numbers(X)
    for one in range(3):
        ours, held = X.times[train][series[train] == one], X.times[valid][series[valid] == one]
        assert len(held) == np.ceil(0.1 * (series == one).sum())
        assert held.max() == X.times[series == one].max()
        assert ours.max() == held.min() - 2


def test_series_too_short_to_be_split_are_split_from_one_another():
    X, _ = make_windows([noise(7, 1, 0), noise(7, 1, 1), noise(9, 1, 2)], lookback=5, horizon=2)
    assert len(X) == 5
    train, valid = validation_part(X, 0.2, None, 0)
    assert len(valid) == 1
    assert X.times[valid] == X.times.max()
    assert len(train) == 2 + 1


def test_whole_groups_are_held_back(machines):
    X, y = machines
    groups = np.array(["a", "b", "c"])[series_numbers(X)]
    train, valid = validation_part(X, 0.1, groups, 0)
    assert len(set(groups[valid])) == 1
    assert len(train) + len(valid) == len(X)
    assert set(groups[train]).isdisjoint(groups[valid])
    assert len(set(groups[validation_part(X, 2, groups, 0)[1]])) == 2
    model = small().fit(X, y, groups)
    assert "valid_loss" in model.history_


def test_a_number_of_windows_and_a_date_say_what_is_held_back():
    days = pd.date_range("2020", periods=60, name="day")
    X, _ = make_windows(pd.DataFrame(noise(60, 1), days), lookback=5, horizon=2)
    assert len(validation_part(X, 7, None, 0)[1]) == 7
    for date in ("2020-02-20", pd.Timestamp("2020-02-20"), np.datetime64("2020-02-20")):
        train, valid = validation_part(X, date, None, 0)
        assert X.origins[valid].min() == pd.Timestamp("2020-02-20")
        assert X.origins[train].max() == pd.Timestamp("2020-02-18")  # a horizon before


def test_a_date_reaches_the_fit_and_a_baseline():
    days = pd.date_range("2020", periods=60, name="day", tz="Europe/Paris")
    X, y = make_windows(pd.DataFrame(noise(60, 1), days), lookback=5, horizon=2)
    training = Training(validation_fraction="2020-02-20")
    model = small(training=training).fit(X, y)
    assert "valid_loss" in model.history_
    small(training=training, baseline="ridge").fit(X, y)


def test_a_date_outside_the_origins_is_an_error():
    days = pd.date_range("2020", periods=60)
    X, y = make_windows(pd.DataFrame(noise(60, 1), days), lookback=5, horizon=2)
    for date in ("2019-01-01", "2021-01-01"):
        with pytest.raises(ValueError, match=r"must lie between the origins .* Pass a date among"):
            small(training=Training(validation_fraction=date)).fit(X, y)


def test_a_date_needs_dates():
    X, y = table_windows()
    with pytest.raises(ValueError, match=r"rows without dates. Pass a share or a number"):
        small(training=Training(validation_fraction="2020-01-01")).fit(X, y)


@pytest.mark.parametrize("date", ["tenth", "2020-02-20 00:00+01:00"])
def test_what_cannot_be_compared_with_the_origins_is_an_error(date):
    days = pd.date_range("2020", periods=60)
    X, y = make_windows(pd.DataFrame(noise(60, 1), days), lookback=5, horizon=2)
    with pytest.raises(ValueError, match="must be a date that can be compared with 2020-"):
        small(training=Training(validation_fraction=date)).fit(X, y)


def test_a_classifier_takes_no_date():
    X, _ = table_windows()
    model = LSTMClassifier(2, training=Training(validation_fraction="2020-01-01"), device="cpu")
    with pytest.raises(ValueError, match="is a date, but groups and classes are drawn at random"):
        model.fit(X, [0, 1] * (len(X) // 2))
