"""The baseline of several that forecasts best what it did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from stforecast._constraints import Constraint, Integers, Regressors, Sequences
from stforecast._training.holdout import series_numbers
from stforecast.estimators._blend import fit_baseline
from stforecast.estimators._inner_estimator import check_weighs, flatten_for_tables
from stforecast.estimators._weights import window_weights
from stforecast.estimators.baselines._columns import target_batch
from stforecast.estimators.baselines._time_blocks import (
    choice_blocks,
    purge_block,
    time_blocks,
)
from stforecast.estimators.baselines._window_baseline import WindowBaseline
from stforecast.estimators.baselines.advection import Advection
from stforecast.estimators.baselines.climatology import Climatology, DampedAnomaly
from stforecast.estimators.baselines.naive import Persistence
from stforecast.estimators.baselines.stencil import BLOCKS, StencilForecaster, teaching_windows
from stforecast.exceptions import ParameterError
from stforecast.windows._windows import Windows

__all__ = ["BestBaseline"]

Pair = tuple[np.ndarray, np.ndarray]  # samples that teach, and those of a block


class BestBaseline(WindowBaseline):
    """Forecast with the one of several baselines that does best where it did not learn.

    Parameters
    ----------
    regressors : sequence of regressors or None, default=None
        What to choose from; None takes `Persistence`, `Climatology`,
        `DampedAnomaly`, `Advection` and `StencilForecaster`, of which those that cannot read
        the windows are left out.
    blocks : int, default=4
        Blocks of consecutive origins, each of which is forecast by what the others teach.

    Attributes
    ----------
    regressor_ : regressor
        The one chosen, fitted on all windows.
    errors_ : ndarray of shape (regressors,)
        Root mean squared error of each on the blocks, NaN of those left out.
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
    Nothing that is measured on a block has seen its targets: samples whose targets reach into it
    are left out of what teaches. All are measured on the same samples with the same weights: those
    of each block whose targets do not reach into the next, every cell that has all its targets; of
    very many windows, evenly spaced ones. The least mean squared error decides; of equals the first
    is taken. Where one has no forecast, as for a cell whose values begin later, the mean of the
    training targets stands in. Films, many series too short for blocks in time, are held back as a
    whole. With windows too few for two blocks it is the first that fits. A stencil measures itself
    on four blocks while it is fitted, so that a choice on as many takes little more than its fit.

    Weights of windows, their part ``"weight"``, count in the errors, and in what a regressor
    learns that takes them; formulas ignore them.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import BestBaseline
    >>> start = np.random.default_rng(0).random((12, 12))
    >>> maps = np.stack([np.roll(start, t, axis=1) for t in range(40)])  # what moves east
    >>> X, y = make_windows(maps, lookback=2)
    >>> BestBaseline().fit(X, y).regressor_
    StencilForecaster()
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "regressors": Sequences(Regressors(), "regressors") | None,
        "blocks": Integers(2),
    }

    def __init__(self, regressors: Sequence[Any] | None = None, *, blocks: int = 4) -> None:
        self.regressors = regressors
        self.blocks = blocks

    def _learn(self, X: Windows, y: Any) -> None:
        candidates = map_baselines() if self.regressors is None else list(self.regressors)
        readers = [flatten_for_tables(clone(regressor)) for regressor in candidates]
        for reader in readers:
            check_weighs(reader, X)
        pairs = _block_pairs(X, self.blocks)
        errors = np.full((len(readers), max(1, len(pairs))), np.nan)
        fitted: dict[int, Any] = {}
        faults: list[ValueError] = []
        for i, reader in enumerate(readers):
            try:
                errors[i], fitted[i] = self._measure(reader, X, y, pairs)
            except ParameterError:  # a mistake of the user, whatever the others can read
                raise
            except ValueError as fault:  # of what this one cannot read, the others may
                faults.append(fault)
        if np.isnan(errors).all():
            raise faults[0]
        self.errors_ = np.sqrt(errors.mean(axis=1))
        best = int(np.nanargmin(self.errors_))  # of equals the first
        self.regressor_ = fitted[best] or fit_baseline(clone(readers[best]), X, y)

    def _forecasts(self, X: Windows) -> np.ndarray:
        return np.asarray(self.regressor_.predict(X))

    def _measure(
        self, reader: Any, X: Windows, y: Any, pairs: Sequence[Pair]
    ) -> tuple[np.ndarray, Any]:
        """Return the mean squared error of each block, and the reader fitted on all windows if so.

        A stencil measures itself while it is fitted. Without blocks the error is 0 where the fit
        succeeds.
        """
        if not pairs:
            return np.zeros(1), fit_baseline(clone(reader), X, y)
        if isinstance(reader, StencilForecaster) and self.blocks == BLOCKS:
            stencil = clone(reader).fit(X, y)
            if len(stencil.block_errors_) == len(pairs):  # no block was left out
                return stencil.block_errors_, stencil
        return np.array([self._error(reader, X, y, *pair) for pair in pairs]), None

    def _error(
        self, reader: Any, X: Windows, y: Any, train: np.ndarray, block: np.ndarray
    ) -> float:
        """Return the mean squared error on a block of what the other windows teach."""
        model = fit_baseline(clone(reader), X[train], y[train])
        truth = target_batch(y, block)
        forecasts = np.asarray(model.predict(X[block])).reshape(truth.shape)
        # as the sums of a stencil, which teach all steps and channels of a cell together
        cells = (len(block), -1, self.leads_.frame[1])
        known = np.isfinite(truth).reshape(cells).all(axis=1)
        present = np.isfinite(forecasts)
        if not known.any():
            return 0.0
        if not (known & present.reshape(cells).any(axis=1)).any():
            return float("inf")
        if not present.all():
            forecasts = np.where(present, forecasts, self._mean_targets(y[train]))
        errors = np.square(forecasts - truth).reshape(cells).mean(axis=1)
        weights = window_weights(X[block])
        of_cells = None if weights is None else np.repeat(weights, known.shape[1])[known.ravel()]
        return float(np.average(errors[known], weights=of_cells))

    def _mean_targets(self, y: Any) -> np.ndarray:
        """Return the mean (outputs,) of each target, that of all where one has no value."""
        total = count = np.float64(0)
        for _, values in self.leads_.batches(y):
            total = total + np.nansum(values, axis=0)
            count = count + np.isfinite(values).sum(axis=0)
        overall = total.sum() / max(1, count.sum())
        return np.where(count, total / np.maximum(count, 1), overall).ravel()


def map_baselines() -> list[Any]:
    """Return what a forecast of maps is compared with first, the plainest first."""
    return [Persistence(), Climatology(), DampedAnomaly(), Advection(), StencilForecaster()]


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
