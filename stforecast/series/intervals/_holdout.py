"""Which origins are kept from training, for calibration."""

from __future__ import annotations

import numbers
from math import floor

import numpy as np

from stforecast.exceptions import SeriesTooShortError
from stforecast.windows import Windows


def hold_back(X: Windows, origins: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows to train on and the latest ones, whose targets training must not see."""
    times = np.unique(X.times)
    count = _count(origins, len(times))
    first = times[-count]
    train = np.flatnonzero(X.times <= first - X.reach)
    if not len(train):
        raise SeriesTooShortError(
            f"calibration={origins!r} holds back {count} of {len(times)} origins, which leaves "
            "none whose horizon ends before them to train on. Hold back fewer or pass more data."
        )
    return train, np.flatnonzero(X.times >= first)


def _count(origins: float, available: int) -> int:
    """Return how many origins a number or share of them is, one at least."""
    if isinstance(origins, numbers.Integral):
        return min(int(origins), available)
    return max(1, floor(origins * available))
