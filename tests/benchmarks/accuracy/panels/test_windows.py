"""Windows of a panel are learned in the phase of the forecast's, from series of all lengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.panels.windows import (
    Layout,
    after_log,
    make_layout,
    pad,
    prepare,
    training_windows,
)


def series(lengths: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    season = np.array([1.0, 2.0, 4.0, 3.0])
    return [np.resize(season, n)[::-1].copy() + rng.random(n) + 1 for n in lengths]


def layout(made: list[np.ndarray], *, season: int = 4, log: bool = False) -> Layout:
    return make_layout(made, season, 6, seasons=2, log=log)


@pytest.mark.parametrize(("lengths", "stride", "least"), [((70, 83), 4, 8), ((40, 9, 53), 1, 4)])
def test_origins_of_long_panels_lie_whole_seasons_before_the_last(
    lengths: tuple[int, ...], stride: int, least: int
) -> None:
    made = series(lengths)  # one series of the second has no season and horizon
    X, y = training_windows(made, layout(made))
    windows, targets = np.asarray(X)[:, :, 0], np.asarray(y)
    ends = [(rows, end) for rows in made for end in range(len(rows) - 6, least - 1, -stride)]
    assert len(windows) == len(ends) > 0
    assert X.masked == (stride == 1)  # long panels have nothing to mask
    for rows, end in ends:
        window = pad(rows[:end], 4)[-8:]  # a season at least, missing before the first row
        place = np.flatnonzero((targets == rows[end : end + 6]).all(axis=1))
        assert len(place) == 1
        np.testing.assert_array_equal(windows[place[0]], window)


def test_a_zero_counts_as_half_the_least_positive_value_of_its_series() -> None:
    made = [np.array([4.0, 0.0, 2.0]), np.zeros(2)]
    logs = layout(made, log=True)
    for rows, expected in zip(prepare(made, logs), ([4.0, 1.0, 2.0], [1, 1]), strict=True):
        np.testing.assert_allclose(after_log(rows, logs), expected)
    negative = [*made, np.array([1.0, -1.0])]
    assert prepare(negative, layout(negative, log=True)) is negative


def test_a_panel_without_a_season_and_a_horizon_is_refused() -> None:
    made = series((9, 8))
    with pytest.raises(ValueError, match="10 rows, but the longest has 9"):
        training_windows(made, layout(made))
    assert len(training_windows(made, replace(layout(made), season=2, lookback=4))[0]) == 3
