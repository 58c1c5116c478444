"""How long a fit takes where the samples decide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast._training.budget import make_budget
from stforecast.estimators import LSTMForecaster, Training
from tests.estimators.data import same_weights, small, table_windows

AUTO = ("auto", "auto", "auto")


@given(st.integers(5, 10**6))
def test_few_samples_make_enough_steps(samples):
    budget = make_budget(samples, *AUTO)
    steps = -(-samples // budget.batch_size)
    assert budget.batch_size <= min(64, samples / 5)
    assert budget.max_epochs * steps >= 500
    assert budget.patience * steps >= 100


@pytest.mark.parametrize("samples", [1_000, 100_000])
def test_many_samples_take_the_usual_epochs(samples):
    budget = make_budget(samples, *AUTO)
    assert (budget.max_epochs, budget.batch_size, budget.patience) == (50, 64, 10)


@given(st.integers(1, 4))
def test_a_handful_of_samples_is_a_step_each(samples):
    assert make_budget(samples, *AUTO).batch_size == 1


@given(st.integers(1, 10**6), st.integers(1, 99), st.integers(1, 99), st.integers(1, 99))
def test_numbers_that_are_given_stay(samples, epochs, size, patience):
    budget = make_budget(samples, epochs, size, patience)
    assert (budget.max_epochs, budget.batch_size, budget.patience) == (epochs, size, patience)


def test_the_budget_reaches_the_net():
    X, y = table_windows(50)  # 44 windows, of which 5 are held back, and 1 between
    model = LSTMForecaster(2, baseline=None, device="cpu", lr=1e-12, random_state=0).fit(X, y)
    assert model.net_.batch_size == 44 // 5  # the last fit is on all
    first = LSTMForecaster(2, baseline=None, device="cpu", lr=1e-12, random_state=0)
    first.set_params(training=Training(refit=False)).fit(X, y)
    steps = -(-38 // 7)
    assert first.net_.batch_size == 7
    assert len(first.history_) == 1 + np.ceil(100 / steps)  # the first epoch was the best


def test_net_params_have_the_last_word_on_the_budget():
    X, y = table_windows()
    asked = small(max_epochs="auto", batch_size="auto", net_params={"max_epochs": 2})
    asked.set_params(training=Training(refit=False))
    assert len(asked.fit(X, y).history_) == 2


def test_the_budget_is_the_same_each_time():
    X, y = table_windows(30)
    one, other = (small(max_epochs="auto", batch_size="auto").fit(X, y) for _ in range(2))
    assert same_weights(one, other)
