"""Networks learn a panel from origins in the phase of the forecast's, and see no test row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.panels.methods import boosting, ridge
from benchmarks.accuracy.panels.networks import (
    BOUNDS,
    Setting,
    forecast_by,
    pad,
    prepare,
    training_windows,
)
from benchmarks.accuracy.panels.series import Panel

SETTING = Setting(seasons=2, steps=4)


def panel(lengths: tuple[int, ...] = (40, 53)) -> Panel:
    rng = np.random.default_rng(0)
    season = np.array([1.0, 2.0, 4.0, 3.0])
    train = [np.resize(season, n)[::-1].copy() + rng.random(n) + 1 for n in lengths]
    return Panel("made", train, np.ones((len(lengths), 6)), 4)


@pytest.mark.parametrize(("lengths", "stride", "least"), [((70, 83), 4, 8), ((40, 9, 53), 1, 4)])
def test_origins_of_long_panels_lie_whole_seasons_before_the_last(lengths, stride, least) -> None:
    made = panel(lengths)  # one series of the second has no season and horizon
    X, y = training_windows(made, replace(SETTING, log=False))
    windows, targets = np.asarray(X)[:, :, 0], np.asarray(y)
    ends = [(rows, end) for rows in made.train for end in range(len(rows) - 6, least - 1, -stride)]
    assert len(windows) == len(ends) > 0
    assert X.masked == (stride == 1)  # long panels have nothing to mask
    for rows, end in ends:
        window = pad(rows[:end], 4)[-8:]  # a season at least, missing before the first row
        place = np.flatnonzero((targets == rows[end : end + 6]).all(axis=1))
        assert len(place) == 1
        np.testing.assert_array_equal(windows[place[0]], window)


def test_a_zero_counts_as_half_the_least_positive_value_of_its_series() -> None:
    made = Panel("made", [np.array([4.0, 0.0, 2.0]), np.zeros(2)], np.ones((2, 1)), 1)
    for found, expected in zip(prepare(made, SETTING), ([4.0, 1.0, 2.0], [1, 1]), strict=True):
        np.testing.assert_allclose(np.exp(found), expected)
    negative = replace(made, train=[np.array([1.0, -1.0])])
    assert prepare(negative, SETTING) is negative.train


def test_series_of_all_lengths_are_forecast_by_networks_and_regressions() -> None:
    made = panel((40, 5, 9, 53))
    quantiles = forecast_by(made, replace(SETTING, quantiles=BOUNDS[0].quantiles), 0)
    assert quantiles.shape == (4, 6, 3)
    assert (np.diff(quantiles) >= 0).all()
    for found in (forecast_by(made, SETTING, 0), ridge(made, SETTING), boosting(made, SETTING)):
        assert found.shape == (4, 6)
        assert np.isfinite(found).all()


def test_a_panel_without_a_season_and_a_horizon_is_refused() -> None:
    with pytest.raises(ValueError, match="10 rows, but the longest has 9"):
        training_windows(panel((9, 8)), SETTING)
    assert len(training_windows(replace(panel((9, 8)), season=2), SETTING)[0]) == 3


def test_forecasts_follow_every_series_and_see_no_test_row() -> None:
    made = panel()
    poisoned = replace(made, test=made.test * np.nan)
    found = forecast_by(made, SETTING, 0)
    assert found.shape == (2, 6)
    np.testing.assert_array_equal(found, forecast_by(poisoned, SETTING, 0))
    assert np.isfinite(ridge(poisoned, SETTING)).all()
