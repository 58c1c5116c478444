"""Which origins are kept from training, for calibration."""

from __future__ import annotations

import numbers
from math import floor
from typing import Any

import numpy as np

from stforecast.exceptions import SeriesTooShortError
from stforecast.windows import Windows


def hold_back(X: Windows, origins: Any) -> tuple[np.ndarray, np.ndarray]:
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


def _count(origins: Any, available: int) -> int:
    """Return how many origins a number or share of them is, one at least."""
    whole = isinstance(origins, numbers.Integral) and not isinstance(origins, bool)
    if whole and origins > 0:
        return min(int(origins), available)
    if isinstance(origins, numbers.Real) and not whole and 0 < origins < 1:
        return max(1, floor(origins * available))
    raise ValueError(
        "calibration must hold back a number of origins (an integer from 1) or a share of them "
        f"(between 0 and 1), got {origins!r}. 0 as a whole switches it off."
    )
