"""How sure a difference between two forecasts is: a paired bootstrap over weeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000


@dataclass(frozen=True)
class Difference:
    """Difference of two RMSEs, with its standard error and 95 % interval."""

    mean: float
    error: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.1f} ± {self.error:.1f}"


def weekly_errors(forecasts: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean squared error of each week, (runs, weeks), for one run (weeks, 7) or several."""
    return np.mean((np.asarray(forecasts).reshape(-1, *truth.shape) - truth) ** 2, axis=2)


def paired_bootstrap(
    ours: np.ndarray, theirs: np.ndarray, truth: np.ndarray, *, seed: int = 0
) -> Difference:
    """Compare the RMSE of our forecasts, mean over runs, with theirs on resampled weeks.

    Both are read on the same draw of weeks each time, so that weeks hard for everyone cancel out.
    """
    draws = np.random.default_rng(seed).integers(0, len(truth), size=(RESAMPLES, len(truth)))
    a, b = weekly_errors(ours, truth), weekly_errors(theirs, truth)
    resampled = _mean_rmse(a[:, draws]) - _mean_rmse(b[:, draws])
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Difference(
        float(_mean_rmse(a) - _mean_rmse(b)), float(resampled.std(ddof=1)), float(low), float(high)
    )


def standard_error(forecasts: np.ndarray, truth: np.ndarray, *, seed: int = 0) -> float:
    """Standard error of an RMSE from which weeks happened to be the test."""
    draws = np.random.default_rng(seed).integers(0, len(truth), size=(RESAMPLES, len(truth)))
    return float(_mean_rmse(weekly_errors(forecasts, truth)[:, draws]).std(ddof=1))


def _mean_rmse(errors: np.ndarray) -> np.ndarray:
    """RMSE over weeks (the last axis), averaged over runs (the first)."""
    return np.sqrt(errors.mean(axis=-1)).mean(axis=0)
