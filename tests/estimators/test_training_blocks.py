"""Which samples judge a network, and which teach it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.testing import assert_array_equal

from stforecast.estimators._training_blocks import held_series, training_blocks
from tests.estimators.data import walk, windows


def test_blocks_are_apart_by_the_reach_of_the_targets():
    X, _ = windows(horizon=5)
    for train, block in training_blocks(X, 3, 0):
        rows = {row for i in block for row in range(X.ends[i], X.ends[i] + 5)}
        assert not rows & {row for i in train for row in range(X.ends[i], X.ends[i] + 5)}


def test_blocks_of_a_panel_are_the_latest_origins_of_every_series():
    panel = [walk(60, seed).to_numpy() for seed in range(3)] + [walk(90, 3).to_numpy()]
    X, _ = windows(panel)
    ((train, block),) = training_blocks(X, 3, 0)
    series = X.index.codes[0][X.ends - 1]
    for one in range(4):
        ours = X.ends[series == one]
        held, kept = X.ends[block][series[block] == one], X.ends[train][series[train] == one]
        assert_array_equal(held, ours[-len(held) :])
        assert len(held) == np.ceil(0.2 * len(ours))
        assert kept.max() <= held.min() - X.reach


def test_many_windows_are_judged_by_the_latest():
    X, _ = windows(np.zeros((6000, 1)))
    ((train, block),) = training_blocks(X, 3, 0)
    assert train.max() < block.min()
    assert block.max() == len(X) - 1


def shops(starts: list[str]) -> list[pd.Series]:
    """Series of two windows each, too short to hold their latest origins back."""
    return [pd.Series(np.arange(6.0), pd.date_range(start, periods=6)) for start in starts]


def test_series_of_one_clock_are_not_held_back_as_a_whole():
    X, _ = windows(shops(["2020-01-01"] * 11), lookback=2, horizon=3)
    assert training_blocks(X, 2, 0) == []
    apart = [str(day.date()) for day in pd.date_range("2020-01-01", periods=11, freq="30D")]
    X, _ = windows(shops(apart), lookback=2, horizon=3)
    assert len(held_series(X, 0)) == 1


def test_short_series_of_one_clock_are_parted_at_one_time():
    starts = [str(day.date()) for day in pd.date_range("2020-01-01", periods=30)]
    X, _ = windows(shops(starts), lookback=2, horizon=3)
    ((train, block),) = training_blocks(X, 2, 0)
    assert X.times[train].max() <= X.times[block].min() - X.reach
