"""Skill against a reference, and the forecast that nothing changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error

from stforecast.exceptions import ShapeError
from stforecast.metrics import persistence, skill_score
from stforecast.windows import Flatten, Windows, make_windows

RNG = np.random.default_rng(0)
TRUTH, GUESS = RNG.normal(size=(2, 30, 4))


def test_skill_is_the_share_of_error_avoided() -> None:
    reference = np.zeros_like(TRUTH)
    expected = 1 - np.mean((TRUTH - GUESS) ** 2) / np.mean(TRUTH**2)
    assert skill_score(TRUTH, GUESS, reference) == pytest.approx(expected)
    expected = 1 - np.mean(np.abs(TRUTH - GUESS)) / np.mean(np.abs(TRUTH))
    score = skill_score(TRUTH, GUESS, reference, metric=mean_absolute_error)
    assert score == pytest.approx(expected)


@pytest.mark.parametrize("X", [np.zeros((4, 3)), pd.DataFrame({"a": [1.0]}), None])
def test_persistence_of_what_is_no_windows_is_refused(X: Any) -> None:
    with pytest.raises(TypeError, match=r"persistence needs Windows, .* Make them with make_wind"):
        persistence(X)


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


def test_persistence_repeats_the_last_value_of_each_target() -> None:
    frame = pd.DataFrame(np.arange(20.0).reshape(10, 2), columns=["a", "b"])
    X, y = make_windows(frame, lookback=3, horizon=2, gap=1, target=["b"])
    forecast = persistence(X[::2])
    assert forecast.shape == y[::2].shape
    np.testing.assert_array_equal(
        forecast, frame["b"].to_numpy()[X.ends[::2] - 1][:, None] + [0, 0]
    )


def test_persistence_of_maps_reads_the_last_map() -> None:
    maps = RNG.normal(size=(9, 2, 3, 4))
    X, _ = make_windows(maps, lookback=3, horizon=2)
    last = maps[2:7].reshape(5, 1, -1)
    np.testing.assert_array_equal(persistence(X), np.tile(last, (1, 2, 1)).reshape(5, -1))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (make_windows(TRUTH, lookback=3, horizon=0)[0], "a horizon of at least 1"),
        (Windows(TRUTH, [3], 3), "as make_windows returns them"),
        (Flatten().fit_transform(make_windows(TRUTH, lookback=3)[0]), "before any transformer"),
        (make_windows(TRUTH, lookback=3, target=[1])[0], "targets that are columns of the windows"),
        (
            make_windows(pd.DataFrame(TRUTH), lookback=3, target=pd.Series(range(30), name="z"))[0],
            "targets that are columns of the windows",
        ),
    ],
)
def test_persistence_needs_to_find_the_targets(X: Windows, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        persistence(X)
