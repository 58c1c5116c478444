"""Level and scale of each window, as a step that takes them out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stforecast.windows._batches import iter_batches
from stforecast.windows._windows import Windows


@dataclass(frozen=True)
class Relative:
    """Subtract the level of each window, and divide by its scale; a step for `Windows`.

    Parameters
    ----------
    level : {"last", "mean"}
        What to subtract.
    has_scale : bool
        Whether to divide by the standard deviation over time.
    """

    level: str
    has_scale: bool

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def dtype(self, dtype: np.dtype) -> np.dtype:
        return np.result_type(dtype, np.float32)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        a, b = self._level_and_scale(batch)
        return ((batch - a[:, None]) / b[:, None]).astype(self.dtype(batch.dtype), copy=False)

    def inputs(self, X: Windows) -> Windows:
        """Return the windows, each relative to its own level."""
        return X.with_step(self)

    def pairs(self, X: Windows) -> tuple[np.ndarray, np.ndarray]:
        """Return level and scale (n, *frame) of every window."""
        if self.level == "last" and not self.has_scale and not X.masked:
            X = replace(X, lookback=1)
        levels, scales = np.empty((len(X), *X.shape[2:])), np.empty((len(X), *X.shape[2:]))
        start = 0
        for batch in iter_batches(replace(X, parts={})):
            rows = slice(start, start + len(batch))
            levels[rows], scales[rows] = self._level_and_scale(batch)
            start = rows.stop
        return levels, scales

    def scales(self, X: Windows) -> np.ndarray:
        """Return the scale (n, *frame) of every window, read only where it may differ from 1."""
        may_differ = self.has_scale or X.masked  # NaN for a cell of which a window shows no value
        return self.pairs(X)[1] if may_differ else np.ones((len(X), *X.shape[2:]))

    def _level_and_scale(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return level and scale (n, *frame) of windows, NaN where all of one is missing."""
        values = batch.astype(np.float64, copy=False)
        finite = np.isfinite(values)
        if finite.all():
            return self._present_level(values)
        filled, count = np.where(finite, values, 0), np.maximum(finite.sum(axis=1), 1)
        mean = filled.sum(axis=1) / count
        a = last_present(values, finite) if self.level == "last" else mean
        b = np.ones_like(mean)
        if self.has_scale:
            deviations = np.where(finite, values - mean[:, None], 0)
            b = replace_tiny_scales(np.sqrt((deviations**2).sum(axis=1) / count), filled)
        known = finite.any(axis=1)
        return np.where(known, a, np.nan), np.where(known, b, np.nan)

    def _present_level(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        a = values[:, -1] if self.level == "last" else values.mean(axis=1)
        return a, replace_tiny_scales(
            values.std(axis=1), values
        ) if self.has_scale else np.ones_like(a)


def last_present(values: np.ndarray, finite: np.ndarray) -> np.ndarray:
    """Return the latest value (n, *frame) of windows that is not missing."""
    last = values.shape[1] - 1 - finite[:, ::-1].argmax(axis=1)
    return np.take_along_axis(values, last[:, None], axis=1)[:, 0]


def replace_tiny_scales(scale: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return scales (n, *frame) of windows, 1 where it is but the rounding of their values."""
    tiny = 10 * np.finfo(np.float64).eps * np.abs(values).max(axis=1)
    return np.where(scale <= tiny, 1.0, scale)
