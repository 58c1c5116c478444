"""Ridge regression on windows relative to their last value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from stforecast._constraints import Constraint, Flags, Numbers, Sequences
from stforecast._fit_tasks import CallbackSupportMixin, FitTasks, close_callbacks
from stforecast._parameters import check_parameters
from stforecast.estimators._examples import Examples
from stforecast.estimators._input_checks import check_baseline_data, check_parts
from stforecast.estimators._weights import drop_weightless, scale_weights, window_weights
from stforecast.estimators.baselines._columns import Columns, fit_columns, target_batch
from stforecast.estimators.baselines._leave_one_out import solve_table
from stforecast.estimators.baselines._moments import (
    PENALTIES,
    Moments,
    compute_moments,
    generalised_errors,
    solutions,
)
from stforecast.exceptions import MissingValuesError
from stforecast.windows._coercion import as_windows, check_windows
from stforecast.windows._windows import Windows

__all__ = ["WindowRidge"]

PENALTY = Numbers(0) | Sequences(Numbers(0), "penalties") | None

# Columns at most: more of them take longer than a network.
MAX_COLUMNS = 2048
# Numbers of a table that is held in memory; a larger one is summed up as it is read.
CACHE_VALUES = 2**25


class WindowRidge(CallbackSupportMixin, RegressorMixin, BaseEstimator):
    """Forecast by ridge regression on the window relative to its last value.

    The last value of the target is subtracted from the window's values of the target and from the
    target itself, and is added back: what is learned is how the series goes on from where it is,
    so that a series above everything it was in training still looks familiar. Other columns,
    `known` and `static` enter as they are.

    Parameters
    ----------
    alpha : float, sequence of float or None, default=None
        Penalty on the squared weights of columns of unit variance, beside the sum of squared
        errors. Of several, the one with the least error on left-out samples is taken; None tries
        13 from 0.01 to 10,000.
    log : bool, default=False
        Whether to read the target, and to forecast it, as logarithms: changes are ratios then.
        Forecasts are medians rather than means. All values must be above 0.

    Attributes
    ----------
    coef_ : ndarray of shape (columns, outputs)
        Weight of each column: the rows of the window, oldest first, then `known` and `static`.
    intercept_ : ndarray of shape (outputs,)
        What is forecast where all columns are 0.
    alpha_ : float
        The penalty taken.
    columns_ : Columns
        How windows are read.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.
    part_shapes_ : dict of str to tuple of int
        Shape of each named part that is read, for one window.

    Raises
    ------
    ValueError
        In `fit`, if a parameter has a value it cannot have, or `log` meets values of 0 or below.

    See Also
    --------
    StencilForecaster : For maps.
    RelativeForecaster : Any regressor on windows relative to their level.

    Notes
    -----
    The last value is known of `Windows` that `make_windows` made with a horizon and a target among
    the columns of the series, whatever `Crop`, `FoldTime` or `ColumnsToGrid` made of them: the
    regression reads the rows as they were made. Of plain arrays, targets from elsewhere and scaled
    frames it is not, and the regression is an absolute one.

    One singular value decomposition of the samples serves all penalties, and gives the exact error
    of leaving out each sample. Where the samples would take more than 256 MB, or lie on disk, one
    pass sums up their products instead; the error is that of generalised cross-validation. Windows
    of more than 2,048 values are read from their last frames only. Masked values are replaced by
    the last one seen; samples count for the targets that they show.

    Of weights, which the part ``"weight"`` of the windows holds, only the ratios count: they are
    scaled to the mean one, so that the penalty stands beside as many samples as there are. Errors
    of left-out samples are weighted in the same way, each sample left out as a whole.

    References
    ----------
    Hoerl, Kennard (1970), Ridge Regression: Biased Estimation for Nonorthogonal Problems,
    https://doi.org/10.1080/00401706.1970.10488634.
    Golub, Heath, Wahba (1979), Generalized Cross-Validation as a Method for Choosing a Good Ridge
    Parameter, https://doi.org/10.1080/00401706.1979.10489751.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import WindowRidge
    >>> t = np.arange(100.0)
    >>> X, y = make_windows(t + np.sin(t), lookback=10, horizon=2)
    >>> model = WindowRidge().fit(X[:50], y[:50])
    >>> bool(np.abs(model.predict(X[50:]) - y[50:]).max() < 0.01)
    True
    """

    weighs_windows = True

    _constraints: ClassVar[dict[str, Constraint]] = {"alpha": PENALTY, "log": Flags()}

    def __init__(self, alpha: float | Sequence[float] | None = None, *, log: bool = False) -> None:
        self.alpha = alpha
        self.log = log

    @close_callbacks
    def fit(self, X: Any, y: Any) -> Self:
        """Solve for the weights.

        Parameters
        ----------
        X : Windows or array-like of shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W)
            Windows.
        y : array-like of shape (n,) or (n, horizon * outputs), or lazy Windows
            Targets, step-major.

        Returns
        -------
        self : object
            The fitted regressor.
        """
        check_parameters(self)
        tasks = FitTasks(self, X, y)
        X, y = drop_weightless(Examples(*check_baseline_data(self, X, y)))[0]
        X = scale_weights(X)
        self.columns_ = fit_columns(X, y.shape[1], log=self.log, most=MAX_COLUMNS)
        self.part_shapes_ = {name: tuple(X.parts[name].shape[1:]) for name in self.columns_.parts}
        self.alpha_, weights = _solve(self.columns_, X, y, candidates(self.alpha, PENALTIES))
        self.intercept_, self.coef_ = weights[0], weights[1:]
        tasks.end()
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Forecast the horizon of each window.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, horizon * outputs)
            Forecasts in the units of `y`, float64; 1-D where `y` was.
        """
        check_is_fitted(self)
        X = as_windows(check_windows(self, X, reset=False))
        check_parts(X, self.part_shapes_)
        y = np.empty((len(X), len(self.intercept_)))
        for rows, columns, level in self.columns_.batches(X):
            y[rows] = self.columns_.forecasts(columns @ self.coef_ + self.intercept_, level)
        return y[:, 0] if self.single_output_ else y

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags


def candidates(value: Any, defaults: Sequence[Any]) -> tuple[Any, ...]:
    """Return the values of a parameter to try: one, each of a sequence, or those for None."""
    if value is None:
        return tuple(defaults)
    return tuple(value) if isinstance(value, Sequence) else (value,)


def _solve(
    columns: Columns, X: Windows, y: Any, alphas: Sequence[float]
) -> tuple[float, np.ndarray]:
    """Return the penalty of the least error on left-out samples, and its weights."""
    if X.in_memory and len(X) * columns.width(X) <= CACHE_VALUES:
        return solve_table(*_table(columns, X, y), alphas, window_weights(X))
    moments, origin = _sum_moments(columns, X, y)
    alpha = alphas[int(np.argmin(generalised_errors(moments, alphas)))]
    weights = next(solutions(moments, [alpha]))
    weights[0] -= origin @ weights[1:]
    return alpha, weights


def _table(columns: Columns, X: Windows, y: Any) -> tuple[np.ndarray, np.ndarray]:
    z, changes = np.empty((len(X), columns.width(X))), np.empty(y.shape)
    for rows, block, level in columns.batches(X):
        z[rows] = block
        changes[rows] = columns.changes(target_batch(y, rows), level)
    return z, changes


def _sum_moments(columns: Columns, X: Windows, y: Any) -> tuple[Moments, np.ndarray]:
    """Return moments of the columns relative to an origin, which keeps sums of squares small."""
    total, origin, weights = None, np.zeros(columns.width(X)), window_weights(X)
    for rows, block, level in columns.batches(X):
        changes = columns.changes(target_batch(y, rows), level)
        known = np.isfinite(changes).all(axis=1)
        if not known.any():
            continue
        if total is None:
            origin = block[known].mean(axis=0)
        count = None if weights is None else weights[rows][known]
        moments = compute_moments(block[known] - origin, changes[known], count)
        total = moments if total is None else total + moments
    if total is None:
        raise MissingValuesError(
            "A window needs all its targets to be known to teach a regression, but each of the "
            f"{len(X)} misses some. Fill the series, or shorten the horizon."
        )
    return total, origin
