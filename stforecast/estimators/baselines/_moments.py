"""Sums over samples from which linear least squares is solved for every penalty at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stforecast._validation import check_squares

# Penalties tried, for columns of unit variance and the sum of squared errors.
PENALTIES = tuple(float(alpha) for alpha in np.logspace(-2, 4, 13))


@dataclass(frozen=True, eq=False)
class Moments:
    """Products of the columns ``z`` (with a leading 1) and the targets ``y``, summed over samples.

    Parameters
    ----------
    gram : ndarray of shape (p + 1, p + 1)
        Sum of ``z z'``.
    cross : ndarray of shape (p + 1, outputs)
        Sum of ``z y'``.
    square : ndarray of shape (outputs,)
        Sum of ``y y``.
    samples : int
        How many samples were summed, whatever their weights.
    """

    gram: np.ndarray
    cross: np.ndarray
    square: np.ndarray
    samples: int

    @property
    def count(self) -> float:
        """Number of samples, the sum of their weights where they have some."""
        return float(self.gram[0, 0])

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.gram + other.gram,
            self.cross + other.cross,
            self.square + other.square,
            self.samples + other.samples,
        )

    def __sub__(self, other: Moments) -> Moments:
        return Moments(
            self.gram - other.gram,
            self.cross - other.cross,
            self.square - other.square,
            self.samples - other.samples,
        )

    def pick(self, columns: np.ndarray) -> Moments:
        """Return the moments of some of the columns."""
        places = np.concatenate([[0], 1 + columns])
        return Moments(
            self.gram[np.ix_(places, places)], self.cross[places], self.square, self.samples
        )

    def error(self, weights: np.ndarray) -> float:
        """Return the sum of squared errors of weights (p + 1, outputs) on these samples."""
        explained = np.einsum("po,po->", weights, 2 * self.cross - self.gram @ weights)
        return float(self.square.sum() - explained)


def compute_moments(
    columns: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> Moments:
    """Return the moments of samples (n, p) and (n, outputs), each of which counts by its weight."""
    check_squares(columns, targets)
    z = np.concatenate([np.ones((len(columns), 1)), columns], axis=1)
    if weights is not None:
        root = np.sqrt(weights)[:, None]
        z, targets = root * z, root * targets
    square = np.einsum("no,no->o", targets, targets)
    return Moments(z.T @ z, z.T @ targets, square, len(columns))


def solutions(moments: Moments, alphas: Sequence[float]) -> Iterator[np.ndarray]:
    """Yield the weights (p + 1, outputs) of each penalty; one decomposition serves them all.

    The intercept is not penalised, and the penalty is on columns of unit variance.
    """
    # centred, the intercept is apart from the other weights, and so is not penalised
    n, mean, target = moments.count, moments.gram[0, 1:], moments.cross[0]
    gram = moments.gram[1:, 1:] - np.outer(mean, mean) / n
    cross = moments.cross[1:] - np.outer(mean, target) / n
    scale = column_scales(np.diag(gram), np.diag(moments.gram)[1:], n)
    values, vectors = np.linalg.eigh(gram / np.outer(scale, scale))
    values, rotated = np.maximum(values, 0.0), vectors.T @ (cross / scale[:, None])
    for alpha in alphas:
        weights = vectors @ (rotated * _inverse(values + alpha)[:, None]) / scale[:, None]
        yield np.concatenate([(target - mean @ weights)[None] / n, weights])


def generalised_errors(moments: Moments, alphas: Sequence[float]) -> np.ndarray:
    """Return the generalised cross-validation error of each penalty.

    It is the error of leaving samples out, with the mean leverage in place of that of each. The
    mean is over the samples, not over their weights, which may add up to any number.
    """
    n, mean = moments.count, moments.gram[0, 1:]
    gram = moments.gram[1:, 1:] - np.outer(mean, mean) / n
    scale = column_scales(np.diag(gram), np.diag(moments.gram)[1:], n)
    values = np.maximum(np.linalg.eigvalsh(gram / np.outer(scale, scale)), 0.0)
    errors = np.array([moments.error(weights) for weights in solutions(moments, alphas)])
    leverage = np.array([1 + np.sum(values * _inverse(values + alpha)) for alpha in alphas])
    return errors / np.maximum(1 - leverage / moments.samples, 1e-10) ** 2


def column_scales(variation: np.ndarray, square: np.ndarray, n: float) -> np.ndarray:
    """Return standard deviations, 1 for a column that only rounding keeps from being constant."""
    constant = variation <= 1e-12 * np.maximum(square, np.finfo(float).tiny)
    return np.sqrt(np.where(constant, 1.0, variation / n))


def _inverse(values: np.ndarray) -> np.ndarray:
    """Return the pseudo-inverse of eigenvalues, 0 where only rounding keeps them from 0."""
    least = len(values) * np.finfo(float).eps * values.max(initial=0.0)
    return np.where(values > least, 1 / np.where(values > least, values, 1.0), 0.0)
