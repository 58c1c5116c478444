"""Which origins are kept from training, for calibration."""

from __future__ import annotations

import numbers
import warnings

import numpy as np

from stforecast._training.holdout import latest_masks, series_numbers
from stforecast.exceptions import SeriesTooShortError, ShortSeriesWarning
from stforecast.series.intervals._scores import series_keys
from stforecast.windows import Windows

# Series that the warning names.
_MAX_NAMES = 5


def hold_back(X: Windows, origins: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows to train on and the latest of each series, calibrated on.

    The horizon of a window to train on ends before the first target held back of its series. Of
    another series it may reach later: series are split each by itself.
    """
    series = series_numbers(X)
    counts = np.bincount(series)
    earlier, latest = latest_masks(series, X.times, X.reach, _sizes(origins, counts))
    if not earlier.any():
        raise SeriesTooShortError(
            f"calibration={origins!r} holds back {latest.sum()} of {len(series)} origins, which "
            "leaves none whose horizon ends before them to train on. Hold back fewer or pass more "
            "data."
        )
    _warn_of_untrained(X, origins, np.bincount(series, earlier, minlength=len(counts)) == 0)
    return np.flatnonzero(earlier), np.flatnonzero(latest)


def _warn_of_untrained(X: Windows, origins: float, untrained: np.ndarray) -> None:
    """Warn of series all of whose origins calibrate, or lie too near those that do."""
    if not untrained.any():
        return
    firsts = np.unique(series_numbers(X), return_index=True)[1][untrained]
    keys = series_keys(X[firsts])
    more = ", ..." if len(keys) > _MAX_NAMES else ""
    warnings.warn(
        f"calibration={origins!r} leaves no origin to train on of {len(keys)} of {len(untrained)} "
        f"series, {', '.join(map(repr, keys[:_MAX_NAMES]))}{more}: they calibrate alone. Hold back "
        "fewer origins, or drop these series first.",
        ShortSeriesWarning,
        stacklevel=8,
    )


def _sizes(origins: float, available: np.ndarray) -> np.ndarray:
    """Return how many origins of each series a number or share of them is, one at least."""
    if isinstance(origins, numbers.Integral):
        return np.minimum(int(origins), available)
    return np.maximum(1, np.floor(origins * available)).astype(np.int64)
