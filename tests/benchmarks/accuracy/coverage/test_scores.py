"""Scores of intervals are what they are called."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import mean_pinball_loss

from benchmarks.accuracy.coverage.scores import GRID, PROBABILITIES, Judged, table


def judged(truth: np.ndarray, spread: float = 1.0) -> Judged:
    """Quantiles of one normal distribution, whatever the truth."""
    quantiles = {
        probability: np.full(truth.shape, spread * norm.ppf(probability))
        for probability in PROBABILITIES
    }
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
        mean_pinball_loss(NOISE.ravel(), one.quantiles[probability].ravel(), alpha=probability)
        for probability in (0.025, 0.1, 0.9, 0.975)
    ])  # fmt: skip
    assert one.pinball() == pytest.approx(expected)
    # of a standard normal about itself 1 / sqrt(pi); the grid leaves the outermost out
    assert one.crps() == pytest.approx(1 / np.sqrt(np.pi), rel=0.06)
    assert len(GRID) == 19
