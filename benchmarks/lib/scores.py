"""Root mean squared errors, and by a bootstrap how far they depend on the rows of the test."""

from __future__ import annotations

import numpy as np

from stforecast.comparison import PairedDifference, paired_difference

RESAMPLES = 10_000


def rmse(forecasts: np.ndarray, truth: np.ndarray) -> float:
    """Root of the mean squared error over everything."""
    return float(np.sqrt(np.mean((forecasts - truth) ** 2)))


def origin_errors(forecasts: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the mean squared error from each origin.

    Parameters
    ----------
    forecasts : ndarray of shape (origins, ...) or (runs, origins, ...)
        One run, or several.
    truth : ndarray of shape (origins, ...)
        What came to pass.

    Returns
    -------
    ndarray of shape (runs, origins)
    """
    squares = (np.asarray(forecasts).reshape(-1, *truth.shape) - truth) ** 2
    return squares.reshape(*squares.shape[:2], -1).mean(axis=2)


def paired_bootstrap(
    ours: np.ndarray, theirs: np.ndarray, truth: np.ndarray, *, seed: int = 0
) -> PairedDifference:
    """Compare the RMSE of our forecasts, mean over runs, with theirs on resampled origins."""
    first, second = (np.sqrt(origin_errors(one, truth)) for one in (ours, theirs))
    return paired_difference(first, second, root=True, random_state=seed)


def standard_error(forecasts: np.ndarray, truth: np.ndarray, *, seed: int = 0) -> float:
    """Standard error of an RMSE from which origins happened to be the test."""
    resampled = origin_errors(forecasts, truth)[:, _draws(len(truth), seed)]
    return float(_mean_rmse(resampled).std(ddof=1))


def mean_interval(values: np.ndarray, *, block: int = 1, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of a mean over origins; `block` neighbours are drawn together."""
    starts = range(0, len(values), block)
    blocks = np.array([values[start : start + block].mean() for start in starts])
    low, high = np.quantile(blocks[_draws(len(blocks), seed)].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _draws(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, count, size=(RESAMPLES, count))


def _mean_rmse(errors: np.ndarray) -> np.ndarray:
    """RMSE over origins (the last axis), averaged over runs (the first)."""
    return np.sqrt(errors.mean(axis=-1)).mean(axis=0)
