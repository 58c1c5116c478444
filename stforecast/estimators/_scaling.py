"""Standardising inputs and targets from the training rows, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from stforecast._training.samples import Samples
from stforecast._validation import FILL_OR_MASK, TOO_LARGE, check_finite
from stforecast.estimators._weights import scale_weights
from stforecast.exceptions import MissingValuesError
from stforecast.windows import Windows
from stforecast.windows._batches import iter_batches, iter_rows, map_frames
from stforecast.windows._parts import WEIGHT

# Windows whose frames were regrouped repeat every row; this many values suffice for a mean.
SAMPLE_VALUES = 2**26


@dataclass(frozen=True, eq=False)
class Standardizer:
    """Subtract a mean and divide by a scale along one axis; a step for `Windows`.

    Parameters
    ----------
    mean, scale : ndarray of shape (C,)
        Statistics of each channel. A target of scale 0 is constant, and comes back so whatever
        stands for it.
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
        mean, scale = self.broadcast(batch.ndim)
        try:
            # a network would take infinity for a large value, and forecast as if nothing were
            with np.errstate(over="raise"):
                values = batch - mean
                values /= np.where(scale == 0, 1.0, scale)
                small = values.astype(np.float32, copy=False)
        except FloatingPointError as error:
            raise _scale_error(batch, mean, scale, self.axis) from error
        return small if self.precision == np.float32 else values.astype(self.precision, copy=False)

    def inverse(self, batch: np.ndarray) -> np.ndarray:
        """Return standardised values in their own units."""
        return restore(batch, *self.broadcast(batch.ndim))

    @property
    def divisor(self) -> np.ndarray:
        """What each channel is divided by: 1 where it is constant."""
        return np.where(self.scale == 0, 1.0, self.scale)

    def broadcast(self, ndim: int) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and scale, shaped for batches of `ndim` axes."""
        shape = (-1, *[1] * (ndim - self.axis - 1))
        return self.mean.reshape(shape), self.scale.reshape(shape)

    def repeat(self, shape: tuple[int, ...], axis: int) -> Standardizer:
        """Return the same for rows that are flattened arrays of `shape`, channels on `axis`."""
        expand = [np.newaxis] * len(shape)
        expand[axis] = slice(None)
        mean, scale = (
            np.broadcast_to(values[tuple(expand)], shape).ravel()
            for values in (self.mean, self.scale)
        )
        return Standardizer(mean, scale, 1, self.precision)


def _scale_error(batch: np.ndarray, mean: Any, scale: Any, axis: int) -> ValueError:
    """Return the error that names the largest value of a batch, and its channel."""
    divisor = np.where(scale == 0, 1.0, scale)
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.nan_to_num(np.abs(batch.astype(np.float64) - mean) / divisor, posinf=np.inf)
    place = np.unravel_index(np.argmax(sizes), sizes.shape)
    return ValueError(
        "Values must lie within 3e38 standard deviations of the mean of the rows trained on, but "
        f"channel {place[axis]} holds {batch[place]:g}. Replace it, or measure in larger units and "
        "fit again."
    )


@dataclass(frozen=True, eq=False)
class Scalers:
    """What stands around a network: how windows, parts and targets are standardised.

    Parameters
    ----------
    x : Standardizer
        Of the windows' frames.
    parts : mapping of str to Standardizer
        Of each named part.
    y : Standardizer, optional
        Of the targets; class scores have no units.
    """

    x: Standardizer
    parts: Mapping[str, Standardizer]
    y: Standardizer | None = None

    def samples(self, X: Windows, targets: Any = None, precision: Any = np.float32) -> Samples:
        """Return standardised windows and parts, with targets that are standardised already."""
        parts = {
            name: apply_scaler(X.parts[name], scaler, precision)
            for name, scaler in self.parts.items()
        }
        if targets is not None and WEIGHT in X.parts:
            parts[WEIGHT] = scale_weights(X).parts[WEIGHT].astype(precision)
        return Samples(apply_scaler(X.frames(), self.x, precision), parts, targets)

    def free_constants(self, y: Any) -> Scalers:
        """Return scalers for which no target is constant that varies in y."""
        if self.y is None or self.y.scale.all():
            return self
        varies = np.zeros(len(self.y.scale), dtype=bool)
        for block in iter_batches(y) if isinstance(y, Windows) else [np.asarray(y)]:
            varies |= (np.isfinite(block) & (block != self.y.mean)).any(axis=0)
        scale = np.where(varies, self.y.divisor, self.y.scale)
        return replace(self, y=replace(self.y, scale=scale))

    def targets(self, y: Any) -> Any:
        """Return standardised targets."""
        return y if self.y is None else apply_scaler(y, self.y, np.float32)


def restore(values: Any, mean: Any, scale: Any) -> Any:
    """Return standardised values in their own units, as an array or a tensor."""
    return values * scale + mean


def apply_scaler(values: Any, scaler: Standardizer, precision: Any) -> Any:
    """Return standardised values: lazy windows stay lazy."""
    scaler = replace(scaler, precision=precision)
    return map_frames(values, scaler) if isinstance(values, Windows) else scaler(values)


def learn_scalers(X: Windows, y: Any = None, shape: tuple[int, ...] = ()) -> Scalers:
    """Learn how windows, parts and 2-D targets, flattened arrays of a shape, are standardised."""
    parts = {name: fit_part(part) for name, part in X.parts.items() if name != WEIGHT}
    return Scalers(fit_windows(X), parts, None if y is None else fit_rows(y, shape, X.masked))


def identity_scalers(X: Windows, y: Any) -> Scalers:
    """Return scalers that change nothing but the type."""
    parts = {
        name: identity(part.shape[-1], part.ndim - 1)
        for name, part in X.parts.items()
        if name != WEIGHT
    }
    return Scalers(identity(X.shape[2] if X.ndim > 2 else 1, 2), parts, identity(y.shape[1], 1))


def fit_windows(X: Windows) -> Standardizer:
    """Learn mean and scale of every channel from the rows in view."""
    if X.steps:
        every = max(1, X.size // SAMPLE_VALUES)
        axis = min(2, X.ndim - 1)
        return fit_blocks(iter_batches(X[::every]), axis, masked=X.masked)
    return _standardizer(_moments(iter_rows(X), 1, X.masked), 2)


def fit_part(part: Any) -> Standardizer:
    """Learn mean and scale of the channels of windows, or of any array with one entry a window."""
    if isinstance(part, Windows):
        return fit_windows(part)
    return fit_blocks([part], min(2, part.ndim - 1), masked=False)


def fit_blocks(blocks: Iterable[np.ndarray], axis: int, *, masked: bool) -> Standardizer:
    """Learn mean and scale of the channels, which lie along an axis, over arrays."""
    return _standardizer(_moments(blocks, axis, masked), axis)


def fit_rows(values: Any, shape: tuple[int, ...], masked: bool) -> Standardizer:
    """Learn mean and scale of 2-D rows that are flattened arrays (steps, C, cells)."""
    if isinstance(values, Windows):
        every = max(1, values.size // SAMPLE_VALUES)
        blocks: Iterable[np.ndarray] = iter_batches(values[::every])
    else:
        blocks = [values]
    moments = _moments((block.reshape(len(block), *shape) for block in blocks), 2, masked)
    if masked:
        _check_counts(moments.count)
    return _standardizer(moments, 2, constant=0.0).repeat(shape, 1)


def identity(channels: int, axis: int) -> Standardizer:
    """Return the standardiser that changes nothing but the type."""
    return Standardizer(np.zeros(channels), np.ones(channels), axis)


@dataclass(frozen=True, eq=False)
class _Moments:
    """How many values each channel has, their mean, sum of squared deviations and range."""

    count: Any
    mean: np.ndarray
    square: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def join(self, other: _Moments) -> _Moments:
        """Return the moments of both."""
        # deviations from a mean add up where values squared would lose the digits that differ
        total = np.maximum(self.count + other.count, 1)
        shift = other.mean - self.mean
        return _Moments(
            self.count + other.count,
            self.mean + shift * other.count / total,
            self.square + other.square + shift**2 * self.count * other.count / total,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
        )


_EMPTY_MOMENTS = _Moments(0.0, np.zeros(1), np.zeros(1), np.full(1, np.inf), np.full(1, -np.inf))


def _standardizer(moments: _Moments, axis: int, constant: float = 1.0) -> Standardizer:
    """Return what standardises channels of these moments; `constant` is the scale of one value."""
    count, square = moments.count, moments.square
    is_constant = moments.low == moments.high
    # the mean of one value many times is not quite that value
    mean = np.where(is_constant, moments.low, moments.mean)
    if not np.any(count):
        raise MissingValuesError(
            "X and y must hold values to learn from, but all are missing in the rows to train on. "
            "Pass rows that hold some."
        )
    scale = np.sqrt(square / np.maximum(count, 1))
    if not np.isfinite(scale).all():
        raise ValueError(TOO_LARGE)
    tiny = 10 * np.finfo(np.float64).eps * np.abs(mean)
    scale = np.where(scale <= tiny, 1.0, scale)
    return Standardizer(mean, np.where(is_constant, constant, scale), axis)


def _check_counts(count: np.ndarray) -> None:
    if np.any(count) and not np.all(count):
        raise MissingValuesError(
            f"Every target needs known values to learn from, but column {int(np.argmin(count))} of "
            "the target has none in the training rows. Leave it out of target, or pass more data."
        )


@np.errstate(over="ignore", invalid="ignore")  # _standardizer raises in words
def _moments(blocks: Iterable[np.ndarray], axis: int, masked: bool) -> _Moments:
    """Return the moments of each channel over all blocks."""
    moments, row = [], 0
    for block in blocks:
        if not masked:
            check_finite("X and y", block, FILL_OR_MASK, first_row=row)
        row += len(block)
        moments.append(_block_moments(block, axis, masked))
    return reduce(_Moments.join, moments) if moments else _EMPTY_MOMENTS


def _block_moments(block: np.ndarray, axis: int, masked: bool) -> _Moments:
    values = np.moveaxis(block, axis, -1).reshape(-1, block.shape[axis]).astype(np.float64)
    present = np.isfinite(values) if masked else True
    n = np.sum(present, axis=0) if masked else np.float64(len(values))
    known = np.where(present, values, 0.0) if masked else values
    mean = known.sum(axis=0) / np.maximum(n, 1)
    spread = np.where(present, values - mean, 0.0) if masked else values - mean
    low = values.min(axis=0, initial=np.inf, where=present)
    high = values.max(axis=0, initial=-np.inf, where=present)
    return _Moments(n, mean, np.einsum("ij,ij->j", spread, spread), low, high)
