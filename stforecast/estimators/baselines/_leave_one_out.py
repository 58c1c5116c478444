"""Ridge regression of a table in memory, with the exact error of leaving each sample out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stforecast._validation import check_squares
from stforecast.estimators.baselines._moments import column_scales


class Decomposition:
    """The centred samples as ``U diag(s) V'``, from which every penalty is solved.

    Parameters
    ----------
    columns : ndarray of shape (n, p)
        The samples.
    targets : ndarray of shape (n, outputs)
        Their targets, none of them missing.
    weights : ndarray of shape (n,), optional
        How much each sample counts, above 0; all the same by default.
    """

    def __init__(
        self, columns: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
    ) -> None:
        total = float(len(columns) if weights is None else weights.sum())
        self.mean, self.target = _means(columns, weights), _means(targets, weights)
        self.intercept_leverage: Any = 1 / total if weights is None else weights[:, None] / total
        # a table may take most of the memory that there is: one copy, changed in place
        centred, self.changes = columns - self.mean, targets - self.target
        if weights is not None:
            root = np.sqrt(weights)[:, None]
            centred *= root
            self.changes *= root
        variation = np.einsum("np,np->p", centred, centred)
        self.scale = column_scales(variation, variation + total * self.mean**2, total)
        centred /= self.scale
        self.left, self.values, self.right = np.linalg.svd(centred, full_matrices=False)
        self.rotated_changes = self.left.T @ self.changes

    def errors(self, alphas: Sequence[float]) -> np.ndarray:
        """Return the sum of squared errors of each penalty, each sample left out once."""
        return np.array([self._error(alpha) for alpha in alphas])

    def weights(self, alpha: float) -> np.ndarray:
        """Return intercept and weights (p + 1, outputs)."""
        shrunk = self._shares(alpha) / np.where(self.values > 0, self.values, 1.0)
        weights = self.right.T @ (shrunk[:, None] * self.rotated_changes) / self.scale[:, None]
        return np.concatenate([(self.target - self.mean @ weights)[None], weights])

    def _error(self, alpha: float) -> float:
        shares = self._shares(alpha)
        left = self.changes - self.left @ (shares[:, None] * self.rotated_changes)
        # What is left of a sample when it does not teach is its residual over 1 - its leverage. A
        # sample is left out as a whole, whatever its weight: taking a weight of 1 from one that
        # has less would leave a sample that counts less than nothing.
        leverage = np.einsum("nr,nr,r->n", self.left, self.left, shares)[:, None]
        leverage = leverage + self.intercept_leverage
        return float(np.sum((left / np.maximum(1 - leverage, 1e-10)) ** 2))

    def _shares(self, alpha: float) -> np.ndarray:
        """Return how much of each direction is kept: all, half where its square is alpha."""
        least = np.finfo(float).eps * max(self.left.shape) * self.values.max(initial=0.0)
        square = np.where(self.values > least, self.values, 0.0) ** 2
        return square / np.where(square + alpha > 0, square + alpha, 1.0)


def _means(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return the mean of each column; np.average would copy the table for its weights."""
    return values.mean(axis=0) if weights is None else weights @ values / weights.sum()


def solve_table(
    columns: np.ndarray,
    targets: np.ndarray,
    alphas: Sequence[float],
    weights: np.ndarray | None = None,
) -> tuple[float, np.ndarray]:
    """Return the penalty of the least error and its weights (p + 1, outputs).

    Missing targets do not count; targets missing in the same samples are solved together, and a
    target missing in all of them stays at 0.
    """
    check_squares(columns, targets)
    patterns = _target_patterns(targets)
    tables = [
        Decomposition(
            columns[rows], targets[rows][:, outputs], None if weights is None else weights[rows]
        )
        for rows, outputs in patterns
    ]
    coefficients = np.zeros((1 + columns.shape[1], targets.shape[1]))
    alpha = _choose_alpha(tables, alphas)
    for (_, outputs), table in zip(patterns, tables, strict=True):
        coefficients[:, outputs] = table.weights(alpha)
    return alpha, coefficients


def _choose_alpha(tables: Sequence[Decomposition], alphas: Sequence[float]) -> float:
    if len(alphas) == 1:
        return alphas[0]
    if max((len(table.left) for table in tables), default=0) < 2:
        return max(alphas)
    errors = sum(table.errors(alphas) for table in tables if len(table.left) > 1)
    return alphas[int(np.argmin(errors))]


def _target_patterns(targets: np.ndarray) -> list[tuple[Any, Any]]:
    """Return samples and outputs of each pattern of missing targets, wholly missing ones aside."""
    known = np.isfinite(targets)
    if known.all():
        return [(slice(None), slice(None))]  # which take views, where positions would copy
    patterns, numbers = np.unique(known, axis=1, return_inverse=True)
    numbers = numbers.ravel()
    return [
        (np.flatnonzero(pattern), np.flatnonzero(numbers == i))
        for i, pattern in enumerate(patterns.T)
        if pattern.any()
    ]
