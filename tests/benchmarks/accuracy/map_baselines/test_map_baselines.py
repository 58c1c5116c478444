"""The stack stands beside the best, and nothing of the test part teaches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.map_baselines.__main__ import compare, errors, row
from benchmarks.accuracy.map_baselines.sets import MapSet, short_sets
from stforecast import make_windows
from stforecast.estimators import Persistence


def walk() -> MapSet:
    """Maps whose best forecast is the last one."""
    maps = np.random.default_rng(0).normal(size=(120, 4, 5)).cumsum(axis=0)
    X, y = make_windows(maps, lookback=3)
    return MapSet("walk", "K", (X[:90], y[:90]), (X[90:], y[90:]), 1)


def test_errors_are_those_of_each_origin() -> None:
    one = walk()
    truth = np.asarray(one.test[1]).reshape(len(one.test[0]), 20)
    last = np.asarray(one.test[0])[:, -1].reshape(truth.shape)
    expected = np.sqrt(((last - truth) ** 2).mean(axis=1))
    np.testing.assert_allclose(errors(Persistence().fit(*one.train), one), expected)


def test_a_missing_forecast_counts_as_the_mean_of_the_truth() -> None:
    class Missing(Persistence):
        def predict(self, X):
            return np.full((len(X), 20), np.nan)

    one = walk()
    found = errors(Missing().fit(*one.train), one)
    np.testing.assert_allclose(found, np.sqrt(np.var(np.asarray(one.test[1], dtype=float))))


def test_a_row_has_the_weights_and_how_far_the_mean_is_from_the_best() -> None:
    label, *cells = row(walk())
    roots, (stacked, weights, less, _) = list(map(float, cells[:5])), cells[5:]
    assert label == "walk, K"
    assert sum(map(float, weights.split())) == pytest.approx(1, abs=0.02)
    assert float(less.split()[0]) == pytest.approx(float(stacked) - min(roots), abs=0.002)


def test_the_test_part_teaches_nothing() -> None:
    one = walk()
    poisoned = replace(one, test=(one.test[0], 1e6 + np.asarray(one.test[1])))
    weights = [compare(case)[1].weights_ for case in (one, poisoned)]
    np.testing.assert_array_equal(*weights)


@pytest.mark.parametrize("development", [True, False])
def test_training_ends_before_what_is_forecast(development: bool) -> None:
    air, films = short_sets(development=development)
    assert air.train[0].origins[-1] < air.test[0].origins[0]
    assert len(air.test[0]) == 5
    assert not np.array_equal(films.train[0][0], films.test[0][0])
