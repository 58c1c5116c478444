"""Scores of intervals are what they are called, and bounds see nothing of the rows they judge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from coverage_scores import GRID, LEVELS, Judged, table
from coverage_streams import SeasonalNaive, Stream, coarse
from interval_coverage import NETWORK, follow, methods, train
from scipy.stats import norm
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_pinball_loss

from stforecast import SplitConformal


def judged(truth: np.ndarray, spread: float = 1.0) -> Judged:
    """Quantiles of one normal distribution, whatever the truth."""
    quantiles = {level: np.full(truth.shape, spread * norm.ppf(level)) for level in LEVELS}
    return Judged("noise", "normal", "given", quantiles, truth, block=2)


NOISE = np.random.default_rng(0).normal(size=(2000, 3))


def test_a_true_distribution_covers_and_too_narrow_a_one_does_not() -> None:
    for share in (0.8, 0.95):
        assert judged(NOISE).agrees(share)
        assert not judged(NOISE, 0.8).agrees(share)
        assert not judged(NOISE, 1.2).agrees(share)
        low, high = judged(NOISE).interval(share)
        error = np.sqrt(share * (1 - share) / NOISE.size)
        assert high - low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert judged(NOISE).width(0.8) == pytest.approx(2 * norm.ppf(0.9))
    assert table([judged(NOISE, 0.8)]).count("**no**") == 2


def test_blocks_of_forecasts_that_err_together_tell_less() -> None:
    together = np.repeat(NOISE[:400, :1], 3, axis=1).repeat(2, axis=0)
    low, high = judged(together).interval(0.8)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.16 / 400), rel=0.15)


def test_losses_are_those_of_scikit_learn_and_of_the_normal_distribution() -> None:
    one = judged(NOISE)
    expected = np.mean([
        mean_pinball_loss(NOISE.ravel(), one.quantiles[level].ravel(), alpha=level)
        for level in (0.025, 0.1, 0.9, 0.975)
    ])  # fmt: skip
    assert one.pinball() == pytest.approx(expected)
    # of a standard normal about itself 1 / sqrt(pi); the grid leaves the outermost levels out
    assert one.crps() == pytest.approx(1 / np.sqrt(np.pi), rel=0.06)
    assert len(GRID) == 19


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
    for level in LEVELS:
        clean, other = (one.quantiles[level] for one in found)
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


def test_coarse_maps_are_means_of_cells() -> None:
    maps = np.arange(2 * 5 * 4.0).reshape(2, 1, 5, 4)
    found = coarse(maps, 2)
    assert found.shape == (2, 1, 2, 2)
    assert found[0, 0, 0, 0] == np.mean([0, 1, 4, 5])
