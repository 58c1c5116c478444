"""Several baselines, weighed by how they forecast what they did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import nnls
from sklearn.base import clone

from stforecast._constraints import Constraint, Integers, Regressors, Sequences
from stforecast._training.holdout import series_numbers
from stforecast.estimators._blend import fit_baseline
from stforecast.estimators._inner_estimator import check_weighs, flatten_for_tables
from stforecast.estimators._weights import window_weights
from stforecast.estimators.baselines._calendar_groups import has_calendar
from stforecast.estimators.baselines._columns import target_batch
from stforecast.estimators.baselines._time_blocks import (
    choice_blocks,
    purge_block,
    time_blocks,
)
from stforecast.estimators.baselines._window_baseline import WindowBaseline
from stforecast.estimators.baselines.advection import Advection
from stforecast.estimators.baselines.climatology import DampedAnomaly
from stforecast.estimators.baselines.deseasonalized import DeseasonalizedForecaster
from stforecast.estimators.baselines.naive import Persistence
from stforecast.estimators.baselines.stencil import BLOCKS, StencilForecaster, teaching_windows
from stforecast.exceptions import ParameterError
from stforecast.windows._windows import Windows

__all__ = ["StackedBaseline"]

# Stencils of distances from a climatology, which each block searches anew: time grows with the
# square of the columns, 162 for 9 x 9 cells of two maps and 675 for 15 x 15 of three.
SMALL_SIZES = (3, 5, 9)

Pair = tuple[np.ndarray, np.ndarray]  # samples that teach, and those of a block


class StackedBaseline(WindowBaseline):
    """Forecast with a weighted mean of several baselines, by how they do where they did not learn.

    Parameters
    ----------
    regressors : sequence of regressors or None, default=None
        What to average; None takes `Persistence`, `DampedAnomaly`, `Advection`,
        `StencilForecaster` and, where rows have times, a smaller stencil on the distances from the
        climatology, which is a `DeseasonalizedForecaster`. Those that cannot read the windows are
        left out.
    blocks : int, default=4
        Blocks of consecutive origins, each of which is forecast by what the others teach.

    Attributes
    ----------
    weights_ : ndarray of shape (regressors, steps)
        Weight of each at each step forecast, 0 or above; those of a step add up to 1.
    regressors_ : list of regressors
        Those with a weight above 0 at some step, in order, fitted on all windows.
    errors_ : ndarray of shape (regressors,)
        Root mean squared error of each on the blocks, NaN of those left out, and of those that
        learn where windows are too few for blocks, infinite of one that forecasts no cell of a
        block.
    leads_ : Leads
        The rows forecast.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.

    Raises
    ------
    ValueError
        In `fit`, if no regressor can read the windows (the reason is that of the first), if one
        takes no weights that windows have, or if a parameter of one has a value it cannot have.

    See Also
    --------
    Baseline : What a network stands on.

    Notes
    -----
    The weights of a step are those of the least mean squared error of the mean on the blocks, among
    all that are not negative and add up to 1 (stacked regression): what moves counts in the first
    steps, what is usual in the later ones. A mean of forecasts whose errors differ
    is often ahead of each of them. What gets less than half of an equal weight is left out, the
    least first, and the rest is weighed anew: forecasts are hardly worse, and take less time.
    Climatology is the damped anomaly of share 0, and needs no weight of its own.

    Nothing that is measured on a block has seen its targets: samples whose targets reach into it
    are left out of what teaches. All are measured on the same samples with the same weights: those
    of each block whose targets do not reach into the next, every cell that has all its targets; of
    very many windows, evenly spaced ones. Where one has no forecast, as for a cell whose values
    begin later, the mean of the training targets stands in; `predict` averages those that have one.
    Films, many series too short for blocks in time, are held back as a whole. With windows too few
    for blocks, only those that learn nothing, such as `Persistence` and `Advection`, get weights,
    by their errors on all windows. If all of them learn, the first that fits is taken. A stencil
    searches its size once, and its weights are solved anew for each block with the size that the
    other blocks choose.

    Weights of windows, their part ``"weight"``, count in the errors, of all blocks together, and in
    what a regressor learns that takes them; formulas ignore them.

    References
    ----------
    Breiman (1996), Stacked Regressions, https://doi.org/10.1007/BF00117832.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import Climatology, Persistence, StackedBaseline
    >>> noise = np.random.default_rng(0).normal(size=(1000, 4, 4))
    >>> maps = np.zeros((1000, 4, 4))
    >>> for t in range(1, 1000):
    ...     maps[t] = 0.5 * maps[t - 1] + noise[t]  # half of a distance from the mean stays
    >>> X, y = make_windows(maps, lookback=2)
    >>> StackedBaseline([Persistence(), Climatology()]).fit(X, y).weights_.round(1)
    array([[0.5],
           [0.5]])
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "regressors": Sequences(Regressors(), "regressors") | None,
        "blocks": Integers(2),
    }

    def __init__(self, regressors: Sequence[Any] | None = None, *, blocks: int = 4) -> None:
        self.regressors = regressors
        self.blocks = blocks

    def _learn(self, X: Windows, y: Any) -> None:
        candidates = map_baselines(X) if self.regressors is None else list(self.regressors)
        readers = [flatten_for_tables(clone(regressor)) for regressor in candidates]
        for reader in readers:
            check_weighs(reader, X)
        pairs = _block_pairs(X, self.blocks)
        fitted: dict[int, Any] = {}
        errors: dict[int, np.ndarray] = {}
        faults: list[ValueError] = []
        for i, reader in enumerate(readers):
            try:
                fitted[i], errors[i] = self._measure(reader, X, y, pairs)
            except ParameterError:  # a mistake of the user, whatever the others can read
                raise
            except ValueError as fault:  # of what this one cannot read, the others may
                faults.append(fault)
        if not errors:
            raise faults[0]
        self.errors_, self.weights_ = _weigh(errors, len(readers), len(self.leads_.steps))
        self.regressors_ = [
            fitted[i] or fit_baseline(clone(readers[i]), X, y)
            for i in np.flatnonzero(self.weights_.any(axis=1))
        ]

    def _forecasts(self, X: Windows) -> np.ndarray:
        total = np.zeros((len(X), len(self.leads_.steps), prod(self.leads_.frame)))
        present = np.zeros_like(total)
        for weights, regressor in zip(self.member_weights(), self.regressors_, strict=True):
            forecasts = np.asarray(regressor.predict(X)).reshape(total.shape)
            known = np.isfinite(forecasts)
            total += weights[:, None] * np.where(known, forecasts, 0.0)
            present += weights[:, None] * known
        return np.where(present > 0, total / np.where(present > 0, present, 1.0), np.nan)

    def member_weights(self) -> np.ndarray:
        """Return the weights of `regressors_`.

        Returns
        -------
        ndarray of shape (members, steps)
            A row for each, as in ``weights_``, without the rows of those that have none.
        """
        return self.weights_[self.weights_.any(axis=1)]

    def _measure(
        self, reader: Any, X: Windows, y: Any, pairs: Sequence[Pair]
    ) -> tuple[Any, np.ndarray]:
        """Return the reader, fitted if that was needed, and its errors on blocks, (steps, errors).

        The sum of the squared errors is the mean squared error. Without blocks, a reader that
        learns nothing is measured on all windows. Any other reader is only fitted, to see whether
        it can read the windows, and its errors are empty.
        """
        if not pairs and getattr(reader, "learns", True):
            return fit_baseline(clone(reader), X, y), np.empty((len(self.leads_.steps), 0))
        every = np.arange(len(X))
        pairs = pairs or [(every, every)]
        fitted, readers = None, [reader] * len(pairs)
        if isinstance(reader, StencilForecaster) and self.blocks == BLOCKS:
            stencil = clone(reader).fit(X, y)
            if len(stencil.block_stencils_) == len(pairs):  # no block was left out
                fitted, readers = stencil, stencil.block_stencils_
        errors, counts = zip(
            *(
                self._block_errors(reader, X, y, *pair)
                for reader, pair in zip(readers, pairs, strict=True)
            ),
            strict=True,
        )
        return fitted, np.concatenate(errors, axis=1) / np.sqrt(sum(counts) or 1.0)

    def _block_errors(
        self, reader: Any, X: Windows, y: Any, train: np.ndarray, block: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Return the errors (steps, errors) on a block of what the other windows teach.

        The squares of the errors are weighted. The second number is the sum of their weights. All
        errors are infinite where none of the cells is forecast.
        """
        model = fit_baseline(clone(reader), X[train], y[train])
        truth = target_batch(y, block)
        forecasts = np.asarray(model.predict(X[block])).reshape(truth.shape)
        # as the sums of a stencil, which teach all steps and channels of a cell together
        (channels, width), steps = self.leads_.frame, len(self.leads_.steps)
        cells = (len(block), steps * channels, width)
        known = np.isfinite(truth).reshape(cells).all(axis=1)
        present = np.isfinite(forecasts)
        weights = window_weights(X[block])
        of_cells = np.ones(known.sum())
        if weights is not None:
            of_cells = np.repeat(weights, known.shape[1])[known.ravel()]
        count = float(of_cells.sum() * steps * channels)
        if known.any() and not (known & present.reshape(cells).any(axis=1)).any():
            return np.full((steps, known.sum() * channels), np.inf), count
        if not present.all():
            forecasts = np.where(present, forecasts, self._mean_targets(y[train]))
        errors = (forecasts - truth).reshape(cells).swapaxes(1, 2)[known]
        scaled = (errors * np.sqrt(of_cells)[:, None]).reshape(-1, steps, channels)
        return scaled.swapaxes(0, 1).reshape(steps, -1), count

    def _mean_targets(self, y: Any) -> np.ndarray:
        """Return the mean (outputs,) of each target, that of all where one has no value."""
        total = count = np.float64(0)
        for _, values in self.leads_.batches(y):
            total = total + np.nansum(values, axis=0)
            count = count + np.isfinite(values).sum(axis=0)
        overall = total.sum() / max(1, count.sum())
        return np.where(count, total / np.maximum(count, 1), overall).ravel()


def map_baselines(X: Windows) -> list[Any]:
    """Return what a forecast of maps is made of first, the plainest first."""
    seasonal = [DeseasonalizedForecaster(_small_stencil(X))] if has_calendar(X) else []
    return [Persistence(), DampedAnomaly(), Advection(), StencilForecaster(), *seasonal]


def _small_stencil(X: Windows) -> StencilForecaster:
    """Return a stencil that searches little, since each block searches anew."""
    T, _, *grid = X.undo_steps().shape[1:]
    sizes = [edge for edge in SMALL_SIZES if edge <= max((3, *grid))]
    return StencilForecaster(sizes, min(2, T))


def simplex_weights(products: np.ndarray) -> np.ndarray:
    """Return the weights, not negative and of sum 1, of the mean with the least squared error.

    Parameters
    ----------
    products : ndarray of shape (k, k)
        Sums of products of the errors of k forecasts.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.estimators.baselines.stacked import simplex_weights
    >>> simplex_weights(np.diag([1.0, 3.0])).round(2)  # independent errors
    array([0.75, 0.25])
    """
    scale = np.trace(products)
    if not scale > 0:  # all of them are perfect
        return np.eye(len(products))[0]
    # the least of w'Gw is that of |L'w|, with G = L L'; a heavy row more asks for a sum of 1
    lower = np.linalg.cholesky(products / scale + 1e-10 * np.eye(len(products)))
    rows = np.vstack([lower.T, np.full(len(products), 1e3)])
    weights = nnls(rows, np.append(np.zeros(len(products)), 1e3))[0]
    return weights / weights.sum()


def sparse_weights(products: np.ndarray) -> np.ndarray:
    """Return weights as `simplex_weights` does, none below half of an equal one but 0.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.estimators.baselines.stacked import sparse_weights
    >>> sparse_weights(np.diag([1.0, 1.0, 9.0])).round(2)
    array([0.5, 0.5, 0. ])
    """
    members, weights = np.arange(len(products)), np.zeros(len(products))
    while True:
        shares = simplex_weights(products[np.ix_(members, members)])
        least = shares.argmin()
        if shares[least] >= 0.5 / len(products):
            break
        members = np.delete(members, least)
    weights[members] = shares
    return weights


def _weigh(errors: dict[int, np.ndarray], count: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the root mean squared error of each of `count` regressors, and its weights."""
    roots, weights = np.full(count, np.nan), np.zeros((count, steps))
    for i, of_blocks in errors.items():
        if of_blocks.size:
            roots[i] = np.sqrt(np.sum(of_blocks**2))
    finite = np.flatnonzero(np.isfinite(roots))
    if not len(finite):
        weights[min(errors)] = 1.0
        return roots, weights
    table = np.stack([errors[i] for i in finite], axis=1)  # (steps, regressors, errors)
    for step, of_step in enumerate(table):
        weights[finite, step] = sparse_weights(of_step @ of_step.T)
    return roots, weights


def _block_pairs(X: Windows, count: int) -> list[Pair]:
    """Return what teaches and what is forecast for each block.

    Of many windows those are forecast that a stencil learns from.
    """
    teaching = np.arange(len(X))[teaching_windows(len(X), prod(X.undo_steps().shape[3:]))]
    blocks = [teaching[block] for block in choice_blocks(X[teaching], count)]
    if time_blocks(X[teaching], count):
        pairs = [(purge_block(X, block), block) for block in blocks]
    else:  # of whole series, whose times say nothing of one another
        series = series_numbers(X)
        pairs = [(np.flatnonzero(~np.isin(series, series[block])), block) for block in blocks]
    return [(train, block) for train, block in pairs if len(train) > 1 and len(block)]
