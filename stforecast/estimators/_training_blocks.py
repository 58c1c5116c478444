"""Which samples judge what a network adds to its baseline, and which teach both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast._training.holdout import Parts, latest_part, series_numbers
from stforecast.estimators.baselines._time_blocks import purge_block, share_clock, time_blocks
from stforecast.windows._windows import Windows

# Windows up to which several blocks are worth their time.
FEW_WINDOWS = 5_000
# Share of the windows in a single block.
LATEST_SHARE = 0.2
# Series of which one is held back.
HELD_FROM = 5


def training_blocks(X: Windows, count: int, seed: int) -> list[Parts]:
    """Return samples to learn from and samples of the block, for each block.

    They are the latest `count` of `count` + 1 blocks of consecutive origins; one, the latest
    origins, above 5,000 windows, and for a panel, where these are the latest origins of each
    series. There are fewer blocks where one would leave less than a third of the windows to learn
    from. Where the latest origins would, as of short films, a fifth of the series are held back,
    drawn by the seed; of fewer than five series, none. Series that share a clock are parted at one
    time instead: what the others did then would tell what those held back did.
    """
    most = 1 if len(X) > FEW_WINDOWS or isinstance(X.index, pd.MultiIndex) else count
    for number in range(most, 1, -1):
        blocks = time_blocks(X, number + 1)[1:]
        pairs = [(purge_block(X, block), block) for block in blocks]
        if pairs and _are_enough(X, pairs):
            return pairs
    clock_pairs = [latest_part(X.times, X.reach, LATEST_SHARE)] if share_clock(X) else []
    pairs = [latest_origins(X), *clock_pairs, *held_series(X, seed)]
    return next(([pair] for pair in pairs if _are_enough(X, [pair])), [])


def held_series(X: Windows, seed: int) -> list[Parts]:
    """Return the samples of the other series and of a fifth of them; none of a few series.

    Films are too short to hold their latest origins back. They may be in order, of their makers or
    of what they show, so that those held back are drawn.
    """
    series = series_numbers(X)
    count = series.max(initial=-1) + 1
    if count < HELD_FROM or share_clock(X):
        return []
    numbers = np.random.default_rng(seed).permutation(count)[: count // HELD_FROM]
    is_block = np.isin(series, numbers)
    return [(np.flatnonzero(~is_block), np.flatnonzero(is_block))]


def latest_origins(X: Windows) -> Parts:
    """Return the earlier and the latest origins of each series, apart."""
    series, times = series_numbers(X), X.times
    order = np.lexsort((times, series))
    counts = np.bincount(series)
    # how many origins of its series come after each one
    later_counts = np.cumsum(counts)[series[order]] - 1 - np.arange(len(order))
    valid = np.zeros(len(X), dtype=bool)
    valid[order] = later_counts < np.ceil(LATEST_SHARE * counts)[series[order]]
    first = np.full(len(counts), np.iinfo(np.int64).max)
    np.minimum.at(first, series[valid], times[valid])
    # what teaches must end before the block begins, or its targets would tell of those of the block
    earlier = times <= first[series] - X.reach
    return np.flatnonzero(earlier), np.flatnonzero(valid)


def _are_enough(X: Windows, pairs: list[Parts]) -> bool:
    return all(len(block) and len(train) >= max(2, len(X) / 3) for train, block in pairs)


def holds_back_series(train: Windows, block: Windows) -> bool:
    """Return whether a block is of series that teach nothing."""
    names = _series_names(block)
    return bool(names) and names.isdisjoint(_series_names(train))


def _series_names(X: Windows) -> set[Any]:
    if not isinstance(X.index, pd.MultiIndex):
        return set()
    return set(X.index.get_level_values(0)[X.ends - 1])
