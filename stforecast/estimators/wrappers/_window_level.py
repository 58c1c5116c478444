"""Level and scale of each window, as a step that takes them out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stforecast.windows._blocks import iter_batches
from stforecast.windows._windows import Windows


@dataclass(frozen=True)
class Relative:
    """Subtract the level of each window, and divide by its scale; a step for `Windows`.

    Parameters
    ----------
    level : {"last", "mean"}
        What to subtract.
    scaled : bool
        Whether to divide by the standard deviation over time.
    """

    level: str
    scaled: bool

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def dtype(self, dtype: np.dtype) -> np.dtype:
        return np.result_type(dtype, np.float32)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        a, b = self._pair(batch)
        return ((batch - a[:, None]) / b[:, None]).astype(self.dtype(batch.dtype), copy=False)

    def inputs(self, X: Windows) -> Windows:
        """Return the windows, each relative to its own level."""
        return X.with_step(self)

    def pairs(self, X: Windows) -> tuple[np.ndarray, np.ndarray]:
        """Return level and scale (n, *frame) of every window."""
        if self.level == "last" and not self.scaled:
            X = replace(X, lookback=1)
        a, b = zip(*map(self._pair, iter_batches(replace(X, parts={}))), strict=True)
        return np.concatenate(a), np.concatenate(b)

    def _pair(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = batch.astype(np.float64, copy=False)
        a = values[:, -1] if self.level == "last" else values.mean(axis=1)
        if not self.scaled:
            return a, np.ones_like(a)
        b = values.std(axis=1)
        tiny = 10 * np.finfo(np.float64).eps * np.abs(values).max(axis=1)
        return a, np.where(b <= tiny, 1.0, b)
