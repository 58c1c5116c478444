"""Ctrl-C ends a search, and leaves the best candidate so far."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, ParameterGrid

from stforecast.model_selection import InterruptibleGridSearchCV

X = np.random.default_rng(0).normal(size=(40, 3))
Y = X[:, 0]
GRID = {"offset": [3.0, 1.0, 2.0, 0.0, 5.0]}  # the best is never reached


class Interrupting(RegressorMixin, BaseEstimator):
    """Forecasts with an offset; a certain one interrupts the process that searches."""

    def __init__(self, offset=0.0, interrupts=0.0, process=None):
        self.offset = offset
        self.interrupts = interrupts
        self.process = process

    def fit(self, X, y):
        if self.offset == self.interrupts:
            os.kill(self.process or os.getpid(), signal.SIGINT)
        self.fitted_ = True
        return self

    def predict(self, X):
        return X[:, 0] + self.offset


def interrupted(model, **params):
    search = InterruptibleGridSearchCV(model, GRID, cv=2, **params)
    with pytest.warns(UserWarning, match=r"interrupted after \d of 5 candidates; the best of them"):
        return search.fit(X, Y)


def test_an_interrupt_leaves_the_best_candidate_so_far():
    search = interrupted(Interrupting())
    assert search.interrupted_
    assert search.best_params_ == {"offset": 1.0}
    assert search.cv_results_["params"] == list(ParameterGrid({"offset": [3.0, 1.0, 2.0]}))
    np.testing.assert_array_equal(search.predict(X), Y + 1)


def test_an_interrupt_of_a_search_in_two_processes():
    search = interrupted(Interrupting(process=os.getpid()), n_jobs=2)
    assert search.best_params_ == {"offset": 1.0}
    assert len(search.cv_results_["params"]) == 2


def test_without_any_candidate_the_interrupt_goes_up():
    search = InterruptibleGridSearchCV(Interrupting(interrupts=3.0), GRID, cv=2)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, Y)


def test_a_second_interrupt_ends_everything():
    class Twice(Interrupting):
        def fit(self, X, y):
            if len(X) == 40:
                raise KeyboardInterrupt
            return super().fit(X, y)

    search = InterruptibleGridSearchCV(Twice(), GRID, cv=2)
    with (
        pytest.warns(UserWarning, match="was interrupted"),
        pytest.raises(KeyboardInterrupt),
    ):
        search.fit(X, Y)


def test_uninterrupted_it_is_a_grid_search():
    grid = {"alpha": [0.1, 10.0, 1000.0]}
    found = InterruptibleGridSearchCV(Ridge(), grid, cv=3, return_train_score=True).fit(X, Y)
    expected = GridSearchCV(Ridge(), grid, cv=3, return_train_score=True).fit(X, Y)
    assert not found.interrupted_
    assert found.best_params_ == expected.best_params_
    for name in ("mean_test_score", "mean_train_score", "rank_test_score"):
        np.testing.assert_array_equal(found.cv_results_[name], expected.cv_results_[name])
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))
    assert clone(found).get_params()["param_grid"] == grid


def test_callbacks_of_scikit_learn_are_told_of_every_fit():
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9")
    told = []

    class Record:
        def setup(self, estimator, context):
            pass

        teardown = setup

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            told.append(context.task_name)

    search = InterruptibleGridSearchCV(Ridge(), {"alpha": [0.1, 1.0, 2.0]}, cv=2)
    search.set_callbacks(Record()).fit(X, Y)
    assert told.count("candidate-split-evaluation") == 6
