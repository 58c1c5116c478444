"""Ridge regression of a table in memory, with the exact error of leaving each sample out."""

from __future__ import annotations

from collections.abc import Sequence

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
        How many times each sample counts, above 0; once by default.
    """

    def __init__(
        self, columns: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
    ) -> None:
        self.mean = np.average(columns, axis=0, weights=weights)
        self.target = np.average(targets, axis=0, weights=weights)
        self.weights_column = np.ones((len(columns), 1)) if weights is None else weights[:, None]
        self.total = float(self.weights_column.sum())
        root = np.sqrt(self.weights_column)
        centred, weighted = (columns - self.mean) * root, columns * root
        variation = np.einsum("np,np->p", centred, centred)
        square = np.einsum("np,np->p", weighted, weighted)
        self.scale = column_scales(variation, square, self.total)
        self.left, self.values, self.right = np.linalg.svd(
            centred / self.scale, full_matrices=False
        )
        self.changes = (targets - self.target) * root
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
        # What is left of a sample when it does not teach is its residual over 1 - its leverage;
        # where it counts several times, one of its copies is left out.
        leverage = np.einsum("nr,nr,r->n", self.left, self.left, shares)[:, None]
        leverage = leverage / self.weights_column + 1 / self.total
        return float(np.sum((left / np.maximum(1 - leverage, 1e-10)) ** 2))

    def _shares(self, alpha: float) -> np.ndarray:
        """Return how much of each direction is kept: all, half where its square is alpha."""
        least = np.finfo(float).eps * max(self.left.shape) * self.values.max(initial=0.0)
        square = np.where(self.values > least, self.values, 0.0) ** 2
        return square / np.where(square + alpha > 0, square + alpha, 1.0)


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
    groups = _groups(targets)
    solved = [
        Decomposition(
            columns[seen], targets[seen][:, of], None if weights is None else weights[seen]
        )
        for seen, of in groups
    ]
    found = np.zeros((1 + columns.shape[1], targets.shape[1]))
    alpha = _choose_alpha(solved, alphas)
    for (_, of), one in zip(groups, solved, strict=True):
        found[:, of] = one.weights(alpha)
    return alpha, found


def _choose_alpha(solved: Sequence[Decomposition], alphas: Sequence[float]) -> float:
    if len(alphas) == 1:
        return alphas[0]
    if max((len(one.left) for one in solved), default=0) < 2:
        return max(alphas)
    errors = sum(one.errors(alphas) for one in solved if len(one.left) > 1)
    return alphas[int(np.argmin(errors))]


def _groups(targets: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return samples and outputs of each pattern of missing targets, wholly missing ones aside."""
    seen = np.isfinite(targets)
    if seen.all():
        return [(np.arange(len(targets)), np.arange(targets.shape[1]))]
    patterns, which = np.unique(seen, axis=1, return_inverse=True)
    which = which.ravel()
    return [
        (np.flatnonzero(pattern), np.flatnonzero(which == i))
        for i, pattern in enumerate(patterns.T)
        if pattern.any()
    ]
