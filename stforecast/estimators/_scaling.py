"""Standardising inputs and targets from the training rows, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stforecast._validation import check_finite
from stforecast.exceptions import MissingValuesError
from stforecast.windows import Windows
from stforecast.windows._blocks import iter_batches, iter_rows

# Windows whose frames were regrouped repeat every row; so many values tell their mean and scale.
SAMPLE_VALUES = 2**26


@dataclass(frozen=True, eq=False)
class Standardizer:
    """Subtract a mean and divide by a scale along one axis; a step for `Windows`.

    Parameters
    ----------
    mean, scale : ndarray of shape (C,)
        Statistics of each channel.
    axis : int
        Where the channels are in a batch.
    precision : numpy.dtype
        Type of the result.
    """

    mean: np.ndarray
    scale: np.ndarray
    axis: int
    precision: Any = np.float32

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def dtype(self, dtype: np.dtype) -> np.dtype:
        return np.dtype(self.precision)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        values = batch - self._along(self.mean, batch.ndim)
        values /= self._along(self.scale, batch.ndim)
        return values.astype(self.precision, copy=False)

    def inverse(self, batch: np.ndarray) -> np.ndarray:
        """Return standardised values in their own units."""
        mean, scale = self._along(self.mean, batch.ndim), self._along(self.scale, batch.ndim)
        return batch * scale + mean

    def repeated(self, shape: tuple[int, ...], axis: int) -> Standardizer:
        """Return the same for rows that are flattened arrays of `shape`, channels on `axis`."""
        expand = [np.newaxis] * len(shape)
        expand[axis] = slice(None)
        mean, scale = (
            np.broadcast_to(values[tuple(expand)], shape).ravel()
            for values in (self.mean, self.scale)
        )
        return Standardizer(mean, scale, 1, self.precision)

    def _along(self, values: np.ndarray, ndim: int) -> np.ndarray:
        return values.reshape(-1, *[1] * (ndim - self.axis - 1))


def fit_windows(X: Windows) -> Standardizer:
    """Learn mean and scale of every channel from the rows in view."""
    if X.steps:
        every = max(1, X.size // SAMPLE_VALUES)
        return _fit(iter_batches(X[::every]), min(2, X.ndim - 1), X.masked)
    fitted = _fit(iter_rows(X), 1, X.masked)
    return Standardizer(fitted.mean, fitted.scale, 2)


def fit_part(part: Any) -> Standardizer:
    """Learn mean and scale of the channels of windows, or of any array with one entry a window."""
    if isinstance(part, Windows):
        return fit_windows(part)
    return _fit([part], min(2, part.ndim - 1), False)


def fit_rows(values: Any, shape: tuple[int, ...], masked: bool) -> Standardizer:
    """Learn mean and scale of 2-D rows that are flattened arrays (steps, C, cells)."""
    if isinstance(values, Windows):
        every = max(1, values.size // SAMPLE_VALUES)
        blocks: Iterable[np.ndarray] = iter_batches(values[::every])
    else:
        blocks = [values]
    moments = _moments((block.reshape(len(block), *shape) for block in blocks), 2, masked)
    _check_known(moments[0])
    return _standardizer(*moments, 2).repeated(shape, 1)


def identity(channels: int, axis: int) -> Standardizer:
    """Return the standardiser that changes nothing but the type."""
    return Standardizer(np.zeros(channels), np.ones(channels), axis)


def _fit(blocks: Iterable[np.ndarray], axis: int, masked: bool) -> Standardizer:
    return _standardizer(*_moments(blocks, axis, masked), axis)


def _standardizer(
    count: np.ndarray, mean: np.ndarray, square: np.ndarray, axis: int
) -> Standardizer:
    if not np.any(count):
        raise MissingValuesError(
            "X and y must hold values to learn from, but all are missing in the rows to train on. "
            "Pass rows that hold some."
        )
    scale = np.sqrt(square / np.maximum(count, 1))
    if not np.isfinite(scale).all():
        raise ValueError(
            "X and y must be small enough to be squared, at most 1e150, to be standardised. "
            "Measure them in larger units."
        )
    tiny = 10 * np.finfo(np.float64).eps * np.abs(mean)
    return Standardizer(mean, np.where(scale <= tiny, 1.0, scale), axis)


def _check_known(count: np.ndarray) -> None:
    if np.any(count) and not np.all(count):
        raise MissingValuesError(
            f"Every target needs known values to learn from, but column {int(np.argmin(count))} of "
            "the target has none in the training rows. Leave it out of target, or pass more data."
        )


@np.errstate(over="ignore", invalid="ignore")  # told by _standardizer, in words
def _moments(blocks: Iterable[np.ndarray], axis: int, masked: bool) -> tuple[Any, Any, Any]:
    """Return how many values each channel has, their mean and their sum of squared deviations."""
    count, mean, square, seen = 0.0, np.zeros(1), np.zeros(1), 0
    for block in blocks:
        if not masked:
            remedy = "Fill them, or make the windows with missing='mask'."
            check_finite("X and y", block, remedy, first_row=seen)
        seen += len(block)
        n, m, s = _block_moments(block, axis, masked)
        total = np.maximum(count + n, 1)
        shift = m - mean
        mean = mean + shift * n / total
        square = square + s + shift**2 * count * n / total
        count = count + n
    return count, mean, square


def _block_moments(
    block: np.ndarray, axis: int, masked: bool
) -> tuple[Any, np.ndarray, np.ndarray]:
    values = np.moveaxis(block, axis, -1).reshape(-1, block.shape[axis]).astype(np.float64)
    present = np.isfinite(values) if masked else True
    n = np.sum(present, axis=0) if masked else np.float64(len(values))
    values = np.where(present, values, 0.0) if masked else values
    mean = values.sum(axis=0) / np.maximum(n, 1)
    spread = np.where(present, values - mean, 0.0) if masked else values - mean
    return n, mean, np.einsum("ij,ij->j", spread, spread)
