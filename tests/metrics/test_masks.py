"""Scores that leave missing targets out, and are scikit-learn's where none is missing."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_val_score

from stforecast.exceptions import ShapeError
from stforecast.metrics import masked_scorer

NAMES = [
    "explained_variance",
    "neg_mean_absolute_error",
    "neg_mean_absolute_percentage_error",
    "neg_mean_squared_error",
    "neg_median_absolute_error",
    "neg_root_mean_squared_error",
    "r2",
]
Y, NOISE = np.random.default_rng(0).normal(3, size=(2, 40, 6))


class Guess(RegressorMixin, BaseEstimator):
    """Predicts the input."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Guess:
        self.fitted_ = True
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(X)


@pytest.mark.parametrize("name", NAMES)
def test_without_gaps_the_score_is_scikit_learns(name: str) -> None:
    model = Guess().fit(NOISE, Y)
    assert masked_scorer(name)(model, NOISE, Y) == pytest.approx(get_scorer(name)(model, NOISE, Y))


@pytest.mark.parametrize("name", NAMES)
def test_each_output_is_scored_over_what_it_has(name: str) -> None:
    truth = Y.copy()
    truth[np.random.default_rng(1).random(Y.shape) < 0.2] = np.nan
    truth[:, 2] = np.nan
    model = Guess().fit(NOISE, Y)
    each = []
    for output in (0, 1, 3, 4, 5):
        rows = ~np.isnan(truth[:, output])
        each.append(get_scorer(name)(model, NOISE[rows, output], truth[rows, output]))
    assert masked_scorer(name)(model, NOISE, truth) == pytest.approx(np.mean(each))


def test_what_stands_where_targets_are_missing_does_not_matter() -> None:
    truth = np.where(Y > 3, np.nan, Y)
    wild = np.where(Y > 3, 1e9, NOISE)
    score = masked_scorer("neg_mean_squared_error")
    assert score(Guess(), wild, truth) == score(Guess(), NOISE, truth)


def test_it_scores_a_cross_validation_that_scikit_learns_scorers_refuse() -> None:
    truth = np.where(Y > 4, np.nan, Y)
    name = "neg_mean_absolute_error"
    scores = cross_val_score(Guess(), NOISE, truth, scoring=masked_scorer(name), cv=4)
    assert np.isfinite(scores).all()
    with pytest.raises(ValueError, match="contains NaN"):
        cross_val_score(Guess(), NOISE, truth, scoring=name, cv=4, error_score="raise")


def test_masked_targets_are_missing_targets() -> None:
    score = masked_scorer("neg_mean_squared_error")
    hidden = np.ma.masked_array(Y, Y > 3)
    assert score(Guess(), NOISE, hidden) == score(Guess(), NOISE, np.where(Y > 3, np.nan, Y))


def test_one_axis_is_one_output() -> None:
    score = masked_scorer("neg_mean_absolute_error")
    assert score(Guess(), np.array([1.0, 2.0]), np.array([np.nan, 5.0])) == -3


def test_it_can_be_sent_to_a_worker_and_read() -> None:
    scorer = masked_scorer("r2")
    again = pickle.loads(pickle.dumps(scorer))
    assert again(Guess(), NOISE, Y) == scorer(Guess(), NOISE, Y)
    assert "masked r2_score" in repr(scorer)


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(ValueError, match=r"name must be 'explained_variance', .* got 'f1'"):
        masked_scorer("f1")
    with pytest.raises(ValueError, match="at least one target that is not NaN, got none"):
        masked_scorer("r2")(Guess(), NOISE, Y * np.nan)
    with pytest.raises(ShapeError, match=r"shape of the targets, \(40, 6\), got \(40, 5\)"):
        masked_scorer("r2")(Guess(), NOISE[:, :5], Y)
