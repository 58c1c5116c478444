"""Skill against a reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error

from stforecast.exceptions import ShapeError
from stforecast.metrics import skill_score

RNG = np.random.default_rng(0)
TRUTH, GUESS = RNG.normal(size=(2, 30, 4))


def test_skill_is_the_share_of_error_avoided() -> None:
    reference = np.zeros_like(TRUTH)
    expected = 1 - np.mean((TRUTH - GUESS) ** 2) / np.mean(TRUTH**2)
    assert skill_score(TRUTH, GUESS, reference) == pytest.approx(expected)
    expected = 1 - np.mean(np.abs(TRUTH - GUESS)) / np.mean(np.abs(TRUTH))
    score = skill_score(TRUTH, GUESS, reference, metric=mean_absolute_error)
    assert score == pytest.approx(expected)


def test_a_metric_is_a_function() -> None:
    with pytest.raises(
        TypeError, match="metric must be a function of truth and forecast, got 'mse'"
    ):
        skill_score(TRUTH, GUESS, TRUTH + 1, metric="mse")


def test_the_ends_of_the_scale() -> None:
    assert skill_score(TRUTH, TRUTH, GUESS) == 1
    assert skill_score(TRUTH, GUESS, GUESS) == 0
    assert skill_score(TRUTH, TRUTH + 2 * (GUESS - TRUTH), GUESS) == pytest.approx(-3)


def test_missing_targets_do_not_count() -> None:
    truth = np.where(TRUTH > 1, np.nan, TRUTH)
    there = TRUTH <= 1
    expected = skill_score(TRUTH[there], GUESS[there], np.zeros(there.sum()))
    assert skill_score(truth, GUESS, np.zeros_like(TRUTH)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((TRUTH, GUESS[:5], GUESS), ShapeError, r"one shape, got \(30, 4\), \(5, 4\) and"),
        ((TRUTH, GUESS, TRUTH), ValueError, "the error of y_reference, but that is 0"),
        ((TRUTH * np.nan, GUESS, GUESS), ValueError, "at least one target that is not NaN"),
    ],
)
def test_skill_that_has_no_meaning_is_refused(
    arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        skill_score(*arguments)
