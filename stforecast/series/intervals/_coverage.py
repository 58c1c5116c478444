"""Which share of the scores gives a coverage: the same always, or one that learns."""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np
from sklearn.base import BaseEstimator

COVERAGES = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99])
TIE = 1e-9  # shares are sums of many steps, ranks are fractions: equal ones may differ by rounding
DELAYS = 10  # a loop that takes ten delays to settle neither rings nor follows every miss


class Share(Protocol):
    """The share of scores that bounds of one series have to hold for a coverage."""

    def start(self, outputs: int, reach: int) -> Self: ...
    def learn(self, known: np.ndarray, score: np.ndarray) -> None: ...
    def find_share(self, coverage: float) -> Any: ...


class FixedShare(BaseEstimator):
    """The coverage itself."""

    def start(self, outputs: int, reach: int) -> Self:
        return self

    def learn(self, known: np.ndarray, score: np.ndarray) -> None:
        """Take in a score (outputs,) and those (n, outputs) its bounds were made from."""

    def find_share(self, coverage: float) -> Any:
        """Return the share of scores that bounds have to hold."""
        return coverage


class AdaptiveShare(BaseEstimator):
    """A share that rises with every miss and falls with every hit, output by output.

    Shares for the `COVERAGES` are kept, those of the last `reach` origins, whose truth is not yet
    known; shares for others lie on straight lines between them. So neither memory nor time grows
    with the stream, whatever coverage is asked for.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def start(self, outputs: int, reach: int) -> AdaptiveShare:
        """Return a share of a series of its own, which has learned nothing yet."""
        share = AdaptiveShare(self.rate)
        share.gain = delayed_rate(self.rate, reach)
        share.path = np.broadcast_to(COVERAGES[:, None], (reach, len(COVERAGES), outputs)).copy()
        share.oldest = 0  # the path is a ring: the latest share lies before the oldest
        return share

    def learn(self, known: np.ndarray, score: np.ndarray) -> None:
        """Take in a score (outputs,) and those (n, outputs) its bounds were made from."""
        rank = rank_among(known, score)
        missed = rank >= order_shares(self.path[self.oldest]) - TIE  # the share of its origin
        step = np.where(np.isnan(rank), 0.0, self.gain * (missed - (1 - COVERAGES[:, None])))
        # no share above 1 widens bounds further: it would only have to come down again
        self.path[self.oldest] = np.minimum(self.path[self.oldest - 1] + step, 1)
        self.oldest = (self.oldest + 1) % len(self.path)

    def find_share(self, coverage: float) -> np.ndarray:
        """Return the share of scores (outputs,) that bounds have to hold."""
        latest = order_shares(self.path[self.oldest - 1])
        ends = np.zeros_like(latest[:1])
        knots, shares = np.array([0, *COVERAGES, 1]), np.concatenate([ends, latest, ends + 1])
        right = int(np.searchsorted(knots, coverage).clip(1, len(COVERAGES) + 1))
        weight = (coverage - knots[right - 1]) / (knots[right] - knots[right - 1])
        return (1 - weight) * shares[right - 1] + weight * shares[right]


def order_shares(shares: np.ndarray) -> np.ndarray:
    """Return shares (coverages, outputs) of which a higher coverage never has the lower one."""
    return np.maximum.accumulate(shares.clip(0), axis=0)


def delayed_rate(rate: float, reach: int) -> float:
    """Return the gain of shares that learn of a miss only `reach` rows after its origin.

    A correction shows in the misses a delay of ``k = reach - 1`` rows late. Until then it is made
    again and again, so that a gain above ``k**k / (k + 1)**(k + 1)``, about 1 / (2.7 k), makes the
    share swing, and one near it follows the chance in every stretch of k misses.

    Examples
    --------
    >>> from stforecast.series.intervals._coverage import delayed_rate
    >>> [round(delayed_rate(0.01, reach), 4) for reach in (1, 11, 101)]
    [0.01, 0.005, 0.0009]
    """
    return rate / (1 + DELAYS * rate * (reach - 1))


def rank_among(known: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return what share of known scores (n, outputs) is smaller than a score (outputs,).

    It is 1 where all are: bounds of whatever coverage, which reach the largest at most, miss it.
    It is NaN where the score is missing or none is known.
    """
    sizes, size = np.abs(known), np.abs(score)
    smaller, count = (sizes < size).sum(axis=0), np.isfinite(sizes).sum(axis=0)
    rank = np.where(smaller == count, 1.0, smaller / (count + 1))
    return np.where(np.isnan(size) | (count == 0), np.nan, rank)
