"""Errors, and the bootstrap on origins whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.lib.scores import (
    mean_interval,
    origin_errors,
    paired_bootstrap,
    rmse,
    standard_error,
)

TRUTH = np.zeros((46, 7))


def errors_of(weekly: np.ndarray) -> np.ndarray:
    return np.repeat(weekly[:, None], 7, axis=1)


def test_errors_are_those_of_each_origin_and_run() -> None:
    runs = np.stack([errors_of(np.arange(46.0)), errors_of(np.ones(46))])
    np.testing.assert_allclose(origin_errors(runs, TRUTH), [np.arange(46.0) ** 2, np.ones(46)])


def test_a_forecast_against_itself_differs_by_nothing() -> None:
    forecasts = np.random.default_rng(0).normal(size=TRUTH.shape)
    difference = paired_bootstrap(forecasts, forecasts, TRUTH)
    assert (difference.estimate, difference.standard_error) == (0.0, 0.0)


def test_origins_that_are_all_alike_leave_no_doubt() -> None:
    difference = paired_bootstrap(np.full((46, 7), 3.0), np.full((46, 7), 5.0), TRUTH)
    assert difference.estimate == pytest.approx(-2.0)
    assert difference.standard_error == pytest.approx(0.0, abs=1e-12)
    assert difference.verdict == "ahead"


def test_origins_hard_for_both_cancel_out() -> None:
    hard = np.random.default_rng(0).uniform(1, 10, 46)
    ours, theirs = errors_of(hard), errors_of(hard + 1)
    assert paired_bootstrap(ours, theirs, TRUTH).standard_error < 0.1 * standard_error(ours, TRUTH)


def test_the_standard_error_is_that_of_the_mean_over_origins() -> None:
    weekly = np.sqrt(np.random.default_rng(0).uniform(90, 110, 46))  # nearly linear in the mean
    squares = weekly**2
    expected = squares.std() / np.sqrt(46) / (2 * np.sqrt(squares.mean()))  # delta method
    assert standard_error(errors_of(weekly), TRUTH) == pytest.approx(expected, rel=0.05)


def test_runs_are_averaged_as_errors_not_as_forecasts() -> None:
    opposite = np.stack([np.full((46, 7), 4.0), np.full((46, 7), -4.0)])
    difference = paired_bootstrap(opposite, TRUTH, TRUTH)
    assert difference.estimate == pytest.approx(4.0)


def test_the_interval_holds_what_it_should() -> None:
    noise = np.random.default_rng(0).normal(size=(2, 46, 7))
    difference = paired_bootstrap(noise[0], 2 * noise[1], TRUTH)
    assert difference.low < difference.estimate < difference.high < 0


def test_rmse_is_over_everything() -> None:
    forecasts = np.zeros((2, 7))
    forecasts[0, 0] = 7.0
    assert rmse(forecasts, np.zeros((2, 7))) == pytest.approx(np.sqrt(49 / 14))


def test_errors_of_maps_are_means_over_cells() -> None:
    truth = np.zeros((3, 2, 4))
    np.testing.assert_allclose(origin_errors(np.full((3, 2, 4), 2.0), truth), [[4.0, 4.0, 4.0]])


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(0).normal(size=400)
    low, high = mean_interval(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)


def test_neighbours_that_are_alike_widen_the_interval_when_drawn_together() -> None:
    values = np.repeat(np.random.default_rng(0).normal(size=100), 4)
    (low, high), (apart_low, apart_high) = mean_interval(values, block=4), mean_interval(values)
    assert high - low == pytest.approx(2 * (apart_high - apart_low), rel=0.05)
