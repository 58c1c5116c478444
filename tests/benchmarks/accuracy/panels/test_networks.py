"""Networks learn a panel from origins in the phase of the forecast's, and see no test row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.panels.methods import ridge
from benchmarks.accuracy.panels.networks import Setting, forecast_by, lookback, training_windows
from benchmarks.accuracy.panels.series import Panel

SETTING = Setting(seasons=2, steps=4)


def panel(lengths: tuple[int, ...] = (40, 53)) -> Panel:
    rng = np.random.default_rng(0)
    season = np.array([1.0, 2.0, 4.0, 3.0])
    train = [np.resize(season, n)[::-1].copy() + rng.random(n) + 1 for n in lengths]
    return Panel("made", train, np.ones((len(lengths), 6)), 4)


def test_origins_lie_whole_seasons_before_the_last_row() -> None:
    made = panel()
    X, y = training_windows(made, replace(SETTING, log=False))
    windows, targets = np.asarray(X)[:, :, 0], np.asarray(y)
    for rows in made.train:
        ends = range(len(rows) - 6, 7, -4)  # rows before the first target
        for end in ends:
            place = np.flatnonzero((windows == rows[end - 8 : end]).all(axis=1))
            assert len(place) == 1
            np.testing.assert_array_equal(targets[place[0]], rows[end : end + 6])
    assert len(windows) == sum(len(range(len(rows) - 6, 7, -4)) for rows in made.train)


def test_windows_leave_the_shortest_series_a_target() -> None:
    assert lookback(panel(), SETTING) == 8
    assert lookback(panel((11, 40)), SETTING) == 4
    with pytest.raises(ValueError, match="10 rows, but the shortest has 9"):
        lookback(panel((9, 40)), SETTING)


def test_forecasts_follow_every_series_and_see_no_test_row() -> None:
    made = panel()
    poisoned = replace(made, test=made.test * np.nan)
    found = forecast_by(made, SETTING, 0)
    assert found.shape == (2, 6)
    np.testing.assert_array_equal(found, forecast_by(poisoned, SETTING, 0))
    assert np.isfinite(ridge(poisoned, SETTING)).all()
