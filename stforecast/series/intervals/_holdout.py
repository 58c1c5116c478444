"""Which origins are kept from training, for calibration."""

from __future__ import annotations

import numbers

import numpy as np

from stforecast._training.holdout import series_numbers
from stforecast.exceptions import SeriesTooShortError
from stforecast.windows import Windows


def hold_back(X: Windows, origins: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows to train on and the latest of each series, calibrated on.

    The horizon of a window to train on ends before the first target kept of its series.
    """
    series, times = series_numbers(X), X.times
    order, counts = np.lexsort((times, series)), np.bincount(series)
    later = np.cumsum(counts)[series[order]] - 1 - np.arange(len(order))  # ones of the same series
    latest = np.zeros(len(X), dtype=bool)
    latest[order] = later < _counts(origins, counts)[series[order]]
    first = np.full(len(counts), np.iinfo(np.int64).max)
    np.minimum.at(first, series[latest], times[latest])
    train = np.flatnonzero(times <= first[series] - X.reach)
    if not len(train):
        raise SeriesTooShortError(
            f"calibration={origins!r} holds back {latest.sum()} of {len(times)} origins, which "
            "leaves none whose horizon ends before them to train on. Hold back fewer or pass more "
            "data."
        )
    return train, np.flatnonzero(latest)


def _counts(origins: float, available: np.ndarray) -> np.ndarray:
    """Return how many origins of each series a number or share of them is, one at least."""
    if isinstance(origins, numbers.Integral):
        return np.minimum(int(origins), available)
    return np.maximum(1, np.floor(origins * available))
