"""A network on a baseline: what it learns, and how the two make one forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stforecast._validation import as_predictions
from stforecast.estimators._inner_estimator import fit_inner
from stforecast.estimators.baselines._window_baseline import WindowBaseline
from stforecast.estimators.baselines.ridge import WindowRidge
from stforecast.estimators.baselines.stencil import StencilForecaster
from stforecast.windows._batches import iter_batches
from stforecast.windows._windows import Windows

# Windows that a baseline forecasts together where targets stay on disk.
BATCH = 1024


@dataclass(frozen=True, eq=False)
class Blend:
    """A fitted baseline and the share of the network's correction.

    Parameters
    ----------
    baseline : regressor
        Fitted on all windows.
    share : float
        Share of the correction, in [0, 1].
    gain : float
        Part of the baseline's loss that the correction avoided on blocks, NaN without blocks.
    residuals : bool
        Whether the network forecasts what the baseline leaves, rather than the targets.
    """

    baseline: Any
    share: float
    gain: float
    residuals: bool

    @property
    def weights(self) -> tuple[float, float]:
        """Weight of what the network forecasts, and of the baseline's forecast."""
        return self.share, 1.0 if self.residuals else 1.0 - self.share

    def combine(self, X: Windows, forecasts: np.ndarray, median: int) -> np.ndarray:
        """Return forecasts (n, outputs, quantiles) from those of the network, one the median.

        The share weighs the correction of the median. The distances of the other quantiles from it
        stay whole: the network alone says how far the truth lies from the forecast.
        """
        base = baseline_forecasts(self.baseline, X, forecasts.shape[1])
        return blend_forecasts(base, forecasts, median, self.share, self.residuals)


def blend_forecasts(
    base: np.ndarray, forecasts: np.ndarray, median: int, share: float, residuals: bool
) -> np.ndarray:
    """Return forecasts (n, outputs, quantiles) of a baseline (n, outputs) and of a network."""
    middle = forecasts[..., median]
    correction = middle if residuals else middle - base
    center = base + share * correction
    return np.asarray(center[..., None] + (forecasts - middle[..., None]))


def fit_baseline(regressor: Any, X: Windows, y: Any) -> Any:
    """Fit a baseline; targets are read where it cannot do so itself."""
    if not isinstance(regressor, WindowRidge | StencilForecaster | WindowBaseline):
        y = np.asarray(y)
        y = y.ravel() if y.shape[1] == 1 else y
    return fit_inner(regressor, X, y)


def baseline_forecasts(baseline: Any, X: Windows, outputs: int) -> np.ndarray:
    """Return what a fitted baseline forecasts, (n, outputs)."""
    return as_predictions(baseline.predict(X), len(X), outputs, masked=X.masked)


def correction_targets(blend: Blend | None, X: Windows, y: Any) -> Any:
    """Return what a network is to learn from targets (n, outputs)."""
    if blend is None or not blend.residuals:
        return y
    return baseline_residuals(blend.baseline, X, y)


def baseline_residuals(baseline: Any, X: Windows, y: Any) -> np.ndarray:
    """Return what a baseline leaves of targets; of lazy ones in single precision."""
    if not isinstance(y, Windows):
        return np.asarray(y, dtype=np.float64) - baseline_forecasts(baseline, X, y.shape[1])
    # residuals cannot stay on disk as their targets do: in half the memory, as the loss takes them
    left = np.empty(y.shape, np.float32)
    for i, batch in enumerate(iter_batches(y, BATCH)):
        rows = slice(i * BATCH, i * BATCH + len(batch))
        left[rows] = batch - baseline_forecasts(baseline, X[rows], y.shape[1])
    return left
