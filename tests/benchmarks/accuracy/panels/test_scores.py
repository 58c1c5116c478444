"""Scores are the competitions'."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.panels.scores import (
    mase,
    msis,
    naive2,
    naive2_means,
    seasonal_naive,
    series_scores,
    smape,
)
from benchmarks.accuracy.panels.series import Panel

SEASON = np.array([10.0, 20.0, 40.0, 30.0])
ROWS = np.tile(SEASON, 6) * np.repeat(1.1 ** np.arange(6), 4)
PANEL = Panel("one", [ROWS], SEASON[None] * 1.1**6, 4)


def test_percentages_are_symmetric() -> None:
    low, high = np.array([[1.0, 3.0]]), np.array([[3.0, 3.0]])
    for truth, forecast in ((low, high), (high, low)):
        assert smape(replace(PANEL, test=truth), forecast) == pytest.approx(50)


def test_the_mean_of_the_series_scores_is_the_score_of_the_panel() -> None:
    panel = Panel("two", [ROWS, ROWS[::-1] + 5], np.tile(PANEL.test, (2, 1)), 4)
    forecast = panel.test * np.array([[1.1], [1.3]])
    means = naive2_means(panel)
    found = series_scores(panel, forecast, means)
    assert found["MAE"].mean() == pytest.approx(np.abs(panel.test - forecast).mean())
    assert found["sMAPE"].tolist() == pytest.approx([200 * 0.1 / 2.1, 200 * 0.3 / 2.3])
    reference = series_scores(panel, naive2(panel), means)
    ratios = found[["sMAPE", "MASE"]].mean() / reference[["sMAPE", "MASE"]].mean()
    assert found["OWA"].mean() == pytest.approx(ratios.mean())


def test_errors_are_in_units_of_the_last_season_repeated_in_training() -> None:
    scale = np.abs(ROWS[4:] - ROWS[:-4]).mean()
    assert mase(PANEL, PANEL.test + 2) == pytest.approx(2 / scale)


def test_seasonal_naive_repeats_and_naive2_has_a_score_of_one() -> None:
    np.testing.assert_array_equal(seasonal_naive(PANEL), ROWS[None, -4:])
    assert series_scores(PANEL, naive2(PANEL), naive2_means(PANEL))[
        "OWA"
    ].tolist() == pytest.approx([1])


def test_naive2_puts_the_season_on_the_last_level() -> None:
    ahead = naive2(PANEL)[0]
    assert ahead.argmax() == 2
    np.testing.assert_allclose(ahead[3], ROWS[-1], rtol=1e-9)  # the same place in the season


def test_naive2_repeats_the_last_value_where_nothing_repeats_or_values_are_zero() -> None:
    walk = np.cumsum(np.random.default_rng(1).normal(size=24)) + 50
    for rows in (walk, np.tile([0.0, 1.0, 2.0, 3.0], 6)):
        panel = Panel("one", [rows], np.ones((1, 4)), 4)
        np.testing.assert_array_equal(naive2(panel), np.full((1, 4), rows[-1]))


def test_interval_scores_add_what_lies_outside() -> None:
    scale = np.abs(ROWS[4:] - ROWS[:-4]).mean()
    inside = msis(PANEL, PANEL.test - 1, PANEL.test + 1)
    outside = msis(PANEL, PANEL.test + 1, PANEL.test + 3)
    assert inside == pytest.approx(2 / scale)
    assert outside == pytest.approx((2 + 40) / scale)
