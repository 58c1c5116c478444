"""Naive forecasts are the competitions'."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.panels.formulas import naive2, seasonal_naive

SEASON = np.array([10.0, 20.0, 40.0, 30.0])
ROWS = np.tile(SEASON, 6) * np.repeat(1.1 ** np.arange(6), 4)


def test_seasonal_naive_repeats_the_last_season_and_begins_it_again() -> None:
    expected = np.concatenate([ROWS[-4:], ROWS[-4:-2]])
    np.testing.assert_array_equal(seasonal_naive([ROWS], 4, 6), [expected])


def test_naive2_puts_the_season_on_the_last_level() -> None:
    ahead = naive2([ROWS], 4, 4)[0]
    assert ahead.argmax() == 2
    np.testing.assert_allclose(ahead[3], ROWS[-1], rtol=1e-9)  # the same place in the season


def test_naive2_repeats_the_last_value_where_nothing_repeats_or_values_are_zero() -> None:
    walk = np.cumsum(np.random.default_rng(1).normal(size=24)) + 50
    for rows in (walk, np.tile([0.0, 1.0, 2.0, 3.0], 6)):
        np.testing.assert_array_equal(naive2([rows], 4, 4), np.full((1, 4), rows[-1]))
