"""One linear regression on the cells around a cell, for all cells of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count as count_up
from math import gcd, prod
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from stforecast._constraints import Constraint, Integers, Sequences
from stforecast._fit_tasks import CallbackSupportMixin, FitTasks, close_callbacks
from stforecast._parameters import check_parameters
from stforecast.estimators._examples import Examples
from stforecast.estimators._input_checks import check_baseline_data, check_parts
from stforecast.estimators._weights import drop_weightless, scale_weights, window_weights
from stforecast.estimators.baselines._columns import fit_columns, target_batch
from stforecast.estimators.baselines._moments import Moments, compute_moments, solutions
from stforecast.estimators.baselines._patches import Patches, cells_first, cells_last
from stforecast.estimators.baselines._time_blocks import choice_blocks
from stforecast.estimators.baselines.ridge import MAX_COLUMNS, PENALTY, candidates
from stforecast.exceptions import MissingValuesError, ParameterError, ShapeError
from stforecast.windows._coercion import as_windows, check_windows
from stforecast.windows._windows import Windows

__all__ = ["StencilForecaster"]

SIZES = (3, 5, 9, 15)
FRAMES = (1, 2, 3)
# Penalties tried: maps have far more samples than tables.
ALPHAS = tuple(float(alpha) for alpha in np.logspace(0, 6, 7))
BLOCKS = 4
# Cells that teach at most: those of evenly spaced windows tell as much as all of them.
MAX_CELLS = 2**18
WEEK = 168  # hours


def _check_odd(stencil: StencilForecaster, path: str) -> None:
    for size in candidates(stencil.size, SIZES):
        if size % 2 == 0:
            raise ParameterError(
                f"{path}size must be odd, so that a cell has as many neighbours on each side, got "
                f"{size}. Use {size + 1}."
            )


class StencilForecaster(CallbackSupportMixin, RegressorMixin, BaseEstimator):
    """Forecast each cell of a map by linear regression on the cells around it in the last maps.

    All cells share one set of weights, as those of a convolution do, so that it learns what moves
    and spreads from few maps. What is forecast is the change of a cell from its last value, where
    that is known.

    Parameters
    ----------
    size : int, sequence of int or None, default=None
        Rows and columns of the square of cells that is read, odd. Of several, the one with the
        least error on blocks is taken; None tries 3, 5, 9 and 15, as far as the maps are as large.
    frames : int, sequence of int or None, default=None
        Maps read, the last ones of each window; None tries 1, 2 and 3, and takes all
        of a table, which is a map of one cell.
    alpha : float, sequence of float or None, default=None
        Penalty on the squared weights of columns of unit variance, beside the sum of squared
        errors; None tries 7 from 1 to 1,000,000.

    Attributes
    ----------
    coef_ : ndarray of shape (columns, steps * C)
        Weights of the cells around (frames, channels, rows and columns, flattened), of the last
        value of the cell itself, of `known` and `static`.
    intercept_ : ndarray of shape (steps * C,)
        What is forecast where all columns are 0.
    size_, frames_, alpha_ : tuple of int, int, float
        What was taken; the size as rows and columns.
    block_stencils_ : list of StencilForecaster
        For each block of time an unfitted stencil with the size, frames and penalty that the other
        blocks choose; empty where windows are too few for two blocks.
    patches_ : Patches
        How windows are read.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.
    part_shapes_ : dict of str to tuple of int
        Shape of each named part that is read, for one window.

    Raises
    ------
    ShapeError
        In `fit`, if windows or targets are not maps of one shape.
    ValueError
        In `fit`, if a parameter has a value it cannot have.

    See Also
    --------
    WindowRidge : For tables.

    Notes
    -----
    Beyond the border of a map stands its last cell. A neighbour that never has a value, like land
    in a map of the sea, counts as the cell itself; a value that is missing now and then is replaced
    by the last one seen.

    One pass over the windows sums up the products of the columns in four blocks of time; every
    size, number of frames and penalty is solved from those sums, and is measured on each block by
    the sums of the others. Origins whose targets reach into the next block are in none of them:
    they teach only what is taken in the end. Films, many series too short for blocks of time, make
    four blocks of whole films. Only cells count that have all their targets. With k columns it
    takes ``2 n H W k^2`` multiplications and additions; beyond a quarter of a million cells,
    windows are thinned out evenly, by a step that shares no divisor with the hours of a week, so
    that all hours of the day stay. Of weights, which the part ``"weight"`` of the windows holds,
    only the ratios count, in the sums and in the errors on blocks. With too few windows for two
    blocks the smallest candidate is taken, and the middle penalty.

    References
    ----------
    Ridge regression on lagged neighbours is the space-time autoregressive model of Pfeifer,
    Deutsch (1980), A Three-Stage Iterative Procedure for Space-Time Modeling,
    https://doi.org/10.1080/00401706.1980.10486099.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import StencilForecaster
    >>> start = np.random.default_rng(0).random((12, 12))
    >>> maps = np.stack([np.roll(start, t, axis=1) for t in range(40)])  # what moves east
    >>> X, y = make_windows(maps, lookback=2)
    >>> model = StencilForecaster(3, 1).fit(X[:20], y[:20])
    >>> inner = np.abs(model.predict(X[20:]) - y[20:]).reshape(-1, 12, 12)[:, :, 1:]
    >>> bool(inner.max() < 0.1)
    True
    """

    weighs_windows = True

    _constraints: ClassVar[dict[str, Constraint]] = {
        "size": Integers(1) | Sequences(Integers(1), "integers") | None,
        "frames": Integers(1) | Sequences(Integers(1), "integers") | None,
        "alpha": PENALTY,
    }
    _rules = (_check_odd,)

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        frames: int | Sequence[int] | None = None,
        alpha: float | Sequence[float] | None = None,
    ) -> None:
        self.size = size
        self.frames = frames
        self.alpha = alpha

    @close_callbacks
    def fit(self, X: Any, y: Any) -> Self:
        """Sum up the products of the columns and solve for the weights.

        Parameters
        ----------
        X : Windows or array-like of shape (n, T, H, W) or (n, T, C, H, W)
            Windows of maps.
        y : array-like of shape (n, steps * C * H * W), or lazy Windows
            Maps to forecast, flattened.

        Returns
        -------
        self : object
            The fitted regressor.
        """
        check_parameters(self)
        tasks = FitTasks(self, X, y)
        X, y = drop_weightless(Examples(*check_baseline_data(self, X, y)))[0]
        grid = _grid(X, y.shape[1])
        frames = _frames(self.frames, X.undo_steps().shape[1], grid)
        self._fit(X, y, _stencils(_sizes(self.size, grid), frames, grid[0]), grid)
        tasks.end()
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Forecast the maps that follow each window.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, steps * C * H * W)
            Forecasts in the units of `y`, float64; 1-D where `y` was. NaN where a cell of masked
            windows never had a value.
        """
        check_is_fitted(self)
        X = as_windows(check_windows(self, X, reset=False))
        check_parts(X, self.part_shapes_)
        cells = prod(self.patches_.grid[1:])
        y = np.empty((len(X), cells * len(self.intercept_)))
        for rows, columns, level in self.patches_.batches(X):
            changes = cells_last(columns @ self.coef_ + self.intercept_, cells)
            y[rows] = self.patches_.columns.forecasts(changes, level)
        empty = self.patches_.empty_outputs
        y.reshape(len(X), y.shape[1] // len(empty), len(empty))[:, :, empty] = np.nan
        return y[:, 0] if self.single_output_ else y

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags

    def _fit(
        self, X: Windows, y: Any, stencils: Sequence[Stencil], grid: tuple[int, int, int]
    ) -> None:
        columns = fit_columns(X, y.shape[1], log=False, most=None)
        columns = replace(columns, frames=stencils[-1].frames)
        self.part_shapes_ = {name: tuple(X.parts[name].shape[1:]) for name in columns.parts}
        widest = Patches(columns, grid, stencils[-1].size)
        extra = len(columns.channels) + columns.covariates(X)
        blocks, total, origin = _moments(widest, X, y)
        (stencil, self.alpha_), crosswise = _choose(
            blocks, widest, stencils, candidates(self.alpha, ALPHAS), extra
        )
        places = widest.pick_columns(stencil.size, stencil.frames, extra)
        weights = next(solutions(total.pick(places), [self.alpha_]))
        self.coef_ = weights[1:]
        self.intercept_ = weights[0] - origin[places] @ self.coef_
        self.block_stencils_ = [
            StencilForecaster(max(choice.size), choice.frames, alpha) for choice, alpha in crosswise
        ]
        self.size_, self.frames_ = stencil.size, stencil.frames
        self.patches_ = Patches(replace(columns, frames=stencil.frames), grid, stencil.size)


@dataclass(frozen=True)
class Stencil:
    """A square of cells in the last maps.

    Parameters
    ----------
    size : tuple of int
        Rows and columns.
    frames : int
        Maps.
    """

    size: tuple[int, int]
    frames: int


Trial = tuple[Stencil, float]  # with its penalty


def _grid(X: Windows, outputs: int) -> tuple[int, int, int]:
    C, H, W = (*(X.undo_steps().shape[2:] or (1,)), 1, 1)[:3]
    if outputs % (H * W) == 0:
        return C, H, W
    raise ShapeError(
        f"StencilForecaster forecasts maps from maps, so each target must hold a multiple of {H} x "
        f"{W} values, got {outputs}. Forecast whole maps, or use WindowRidge."
    )


def _sizes(size: Any, grid: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Return rows and columns of each size, which need not reach beyond both borders."""
    H, W = grid[1:]
    fitting = [edge for edge in SIZES if edge <= max(3, H, W)]
    return [(min(edge, 2 * H - 1), min(edge, 2 * W - 1)) for edge in candidates(size, fitting)]


def _frames(frames: Any, T: int, grid: tuple[int, int, int]) -> tuple[int, ...]:
    fitting = [T] if prod(grid[1:]) == 1 else [number for number in FRAMES if number <= T]
    values = candidates(frames, fitting)
    if max(values) > T:
        raise ShapeError(
            f"frames must not exceed the lookback of {T}, got {max(values)}. Lower it, or make "
            "longer windows."
        )
    return values


def _stencils(
    sizes: Sequence[tuple[int, int]], frames: Sequence[int], channels: int
) -> list[Stencil]:
    """Return every size with every number of frames, smallest first, as far as columns allow."""
    sizes, frames = sorted(sizes), sorted(frames)
    while len(sizes) > 1 and frames[-1] * channels * prod(sizes[-1]) > MAX_COLUMNS:
        sizes = sizes[:-1]
    return [Stencil(size, number) for number in frames for size in sizes]


def teaching_windows(windows: int, cells: int) -> slice:
    """Return which windows teach a stencil: all, or of many so few that they suffice.

    Those are evenly spaced, and their maps hold about `MAX_CELLS` cells together. The step shares
    no divisor with the hours of a week, so that no hour of the day or day of the week is left out.

    Examples
    --------
    >>> from stforecast.estimators.baselines.stencil import teaching_windows
    >>> teaching_windows(700, 1600)
    slice(None, None, 5)
    """
    least = -(-windows * cells // MAX_CELLS)
    return slice(None, None, next(step for step in count_up(least) if gcd(step, WEEK) == 1))


def _moments(patches: Patches, X: Windows, y: Any) -> tuple[list[Moments], Moments, np.ndarray]:
    """Return moments of blocks of time, of all samples, and the origin of their columns."""
    teaching = teaching_windows(len(X), prod(patches.grid[1:]))
    X, y = scale_weights(X[teaching]), y[teaching]
    blocks = choice_blocks(X, BLOCKS)
    # what lies between blocks teaches the stencil, and none of those that are measured
    rest = np.setdiff1d(np.arange(len(X)), np.concatenate([np.arange(0), *blocks]))
    origin = _origin(patches, X)
    *of_blocks, of_rest = [
        _sum_moments(patches, X[rows], y[rows], origin) for rows in [*blocks, rest]
    ]
    total = sum(of_blocks, of_rest)
    if not total.count:
        raise MissingValuesError(
            "A cell needs all its targets to be known to teach a regression, but none has. Fill "
            "the series, or shorten the horizon."
        )
    return of_blocks, total, origin


def _origin(patches: Patches, X: Windows) -> np.ndarray:
    """Return the mean of the columns of the first windows: relative to it, sums stay small."""
    _, columns, _ = next(patches.batches(X[:1]))
    return columns.mean(axis=0)


def _sum_moments(patches: Patches, X: Windows, y: Any, origin: np.ndarray) -> Moments:
    cells, outputs = prod(patches.grid[1:]), y.shape[1] // prod(patches.grid[1:])
    total = compute_moments(np.empty((0, len(origin))), np.empty((0, outputs)))
    weights = window_weights(X)
    for rows, columns, level in patches.batches(X):
        changes = cells_first(patches.columns.changes(target_batch(y, rows), level), cells)
        known = np.isfinite(changes).all(axis=1)
        cell_weights = None if weights is None else np.repeat(weights[rows], cells)[known]
        total = total + compute_moments(columns[known] - origin, changes[known], cell_weights)
    return total


def _choose(
    blocks: Sequence[Moments],
    patches: Patches,
    stencils: Sequence[Stencil],
    alphas: Sequence[float],
    extra: int,
) -> tuple[Trial, list[Trial]]:
    """Return the stencil and the penalty of the least squared error on blocks left out.

    Also returns, for each block, what the other blocks choose.
    """
    blocks = [block for block in blocks if block.count]
    if len(blocks) < 2:
        return (stencils[0], alphas[len(alphas) // 2]), []
    trials = [(stencil, alpha) for stencil in stencils for alpha in alphas]
    errors = np.concatenate(
        [
            _errors(blocks, patches.pick_columns(stencil.size, stencil.frames, extra), alphas)
            for stencil in stencils
        ]
    )
    # a block that had a say in the choice would make its own error look too small
    others = errors.sum(axis=1, keepdims=True) - errors
    best = trials[np.argmin(errors.sum(axis=1))]
    return best, [trials[i] for i in others.argmin(axis=0)]


def _errors(blocks: Sequence[Moments], places: np.ndarray, alphas: Sequence[float]) -> np.ndarray:
    """Return the squared error of each penalty on each block, (alphas, blocks)."""
    of_blocks = [block.pick(places) for block in blocks]
    total = sum(of_blocks[1:], of_blocks[0])
    errors = [
        [block.error(weights) for weights in solutions(total - block, alphas)]
        for block in of_blocks
    ]
    return np.transpose(errors)
