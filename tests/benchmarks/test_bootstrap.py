"""The bootstrap on weeks whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from bootstrap import paired_bootstrap, standard_error, weekly_errors

TRUTH = np.zeros((46, 7))


def errors_of(weekly: np.ndarray) -> np.ndarray:
    return np.repeat(weekly[:, None], 7, axis=1)


def test_errors_are_those_of_each_week_and_run() -> None:
    runs = np.stack([errors_of(np.arange(46.0)), errors_of(np.ones(46))])
    np.testing.assert_allclose(weekly_errors(runs, TRUTH), [np.arange(46.0) ** 2, np.ones(46)])


def test_a_forecast_against_itself_differs_by_nothing() -> None:
    forecasts = np.random.default_rng(0).normal(size=TRUTH.shape)
    difference = paired_bootstrap(forecasts, forecasts, TRUTH)
    assert (difference.mean, difference.error) == (0.0, 0.0)


def test_weeks_that_are_all_alike_leave_no_doubt() -> None:
    difference = paired_bootstrap(np.full((46, 7), 3.0), np.full((46, 7), 5.0), TRUTH)
    assert difference.mean == pytest.approx(-2.0)
    assert difference.error == pytest.approx(0.0, abs=1e-12)
    assert str(difference) == "-2.0 ± 0.0"


def test_weeks_hard_for_both_cancel_out() -> None:
    hard = np.random.default_rng(0).uniform(1, 10, 46)
    ours, theirs = errors_of(hard), errors_of(hard + 1)
    assert paired_bootstrap(ours, theirs, TRUTH).error < 0.1 * standard_error(ours, TRUTH)


def test_the_standard_error_is_that_of_the_mean_over_weeks() -> None:
    weekly = np.sqrt(np.random.default_rng(0).uniform(90, 110, 46))  # nearly linear in the mean
    squares = weekly**2
    expected = squares.std() / np.sqrt(46) / (2 * np.sqrt(squares.mean()))  # delta method
    assert standard_error(errors_of(weekly), TRUTH) == pytest.approx(expected, rel=0.05)


def test_runs_are_averaged_as_errors_not_as_forecasts() -> None:
    opposite = np.stack([np.full((46, 7), 4.0), np.full((46, 7), -4.0)])
    difference = paired_bootstrap(opposite, TRUTH, TRUTH)
    assert difference.mean == pytest.approx(4.0)


def test_the_interval_holds_what_it_should() -> None:
    noise = np.random.default_rng(0).normal(size=(2, 46, 7))
    difference = paired_bootstrap(noise[0], 2 * noise[1], TRUTH)
    assert difference.low < difference.mean < difference.high < 0
