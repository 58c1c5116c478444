"""Bounds see nothing of the rows they judge, and calibration is that of a new forecaster."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from benchmarks.accuracy.coverage.methods import NETWORK, follow, methods, train
from benchmarks.accuracy.coverage.scores import PROBABILITIES
from benchmarks.accuracy.coverage.streams import SeasonalNaive, Stream
from stforecast.series import SplitConformal

NOISE = np.random.default_rng(0).normal(size=(2000, 3))


def stream(values: np.ndarray) -> Stream:
    days = pd.date_range("2020-01-01", periods=len(values))
    return Stream("noise", pd.Series(values, days), 120, 5, 1, 30, {NETWORK: (Ridge(), 5)})


@pytest.mark.parametrize("number", range(9))
def test_bounds_of_a_horizon_see_nothing_of_it_or_later(number: int) -> None:
    values = NOISE[:140, 0]
    poisoned = np.where(np.arange(140) >= 130, 50.0, values)
    found = []
    for one in map(stream, (values, poisoned)):
        name, part, updates = methods(NETWORK, one.held)[number]
        found.append(follow(one, NETWORK, name, train(one, NETWORK), part, updates))
    for probability in PROBABILITIES:
        clean, other = (one.quantiles[probability] for one in found)
        assert clean.shape == (4, 5)
        np.testing.assert_allclose(clean[:3], other[:3])
    np.testing.assert_array_equal(found[0].truth.ravel(), values[120:])


def test_calibration_is_that_of_a_forecaster_trained_anew() -> None:
    one = stream(NOISE[:140, 0])
    trained = train(one, NETWORK)
    reused = follow(one, NETWORK, "", trained, SplitConformal(30), updates=False)
    low, high = trained.forecast_interval(one.series[:120], coverage=0.8)
    np.testing.assert_allclose(reused.quantiles[0.1][0], low)
    np.testing.assert_allclose(reused.quantiles[0.9][0], high)


def test_the_naive_forecast_is_the_season_before() -> None:
    values = np.tile(np.arange(7.0), 20)
    one = replace(stream(values), horizon=5, models={NETWORK: (SeasonalNaive(7, 5), 14)})
    found = follow(one, NETWORK, "", train(one, NETWORK), SplitConformal(30), updates=True)
    np.testing.assert_array_equal(found.quantiles[0.5], found.truth)
