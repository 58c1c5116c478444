"""Which quantile of the scores gives a coverage: the same always, or one that learns."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from stforecast.series.intervals._scores import Scores


class FixedLevels(BaseEstimator):
    """The coverage itself."""

    def observe(self, before: Scores, fresh: Scores, reach: int) -> None:
        """Take in scores of a stream, and those that were known before it."""

    def at(self, key: Hashable, coverage: float) -> Any:
        """Return the share of scores that bounds of a series have to hold."""
        return coverage


class AdaptiveLevels(BaseEstimator):
    """A coverage that rises with every miss and falls with every hit, output by output.

    What is kept of the stream is each score's rank among those known when its forecast was made:
    it tells for any coverage whether the truth was missed.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.reach = 1
        self.ranks: Scores = {}

    def observe(self, before: Scores, fresh: Scores, reach: int) -> None:
        self.reach = reach
        for key in before.keys() & fresh.keys():
            found = stream_ranks(before[key], fresh[key], reach)
            self.ranks[key] = np.concatenate([self.ranks.get(key, found[:0]), found])

    def at(self, key: Hashable, coverage: float) -> Any:
        if key not in self.ranks:
            return coverage
        return adapted(self.ranks[key], coverage, self.rate, self.reach)


def stream_ranks(before: np.ndarray, fresh: np.ndarray, reach: int) -> np.ndarray:
    """Return what share of the scores known at each origin of a stream is smaller than its own.

    It is 1 where all are: bounds of whatever coverage, which reach the largest at most, miss it.
    """
    both = np.abs(np.concatenate([before, fresh]))
    count = max(1, len(before) - reach + 1)  # later ones were still to come at the origin
    ranks = np.empty(fresh.shape)
    for i, score in enumerate(both[len(before) :]):
        known = both[i : i + count]
        smaller, there = (known < score).sum(axis=0), np.isfinite(known).sum(axis=0)
        ranks[i] = np.where(smaller == there, 1.0, smaller / (there + 1))
    ranks[np.isnan(fresh)] = np.nan
    return ranks


def adapted(ranks: np.ndarray, coverage: float, rate: float, reach: int) -> np.ndarray:
    """Return the share of scores to hold after a stream (n, outputs) of ranks.

    Bounds of an origin were made `reach` rows before its rank was known, with the share of then.
    """
    path = deque([np.full(ranks.shape[1], coverage)], maxlen=reach)
    for rank in ranks:
        missed = rank >= path[0] - 1e-9
        step = np.where(np.isnan(rank), 0.0, rate * (missed - (1 - coverage)))
        path.append(np.clip(path[-1] + step, 0, 1))
    return path[-1]
