"""The pattern of one forecast of maps with the values of another."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from stforecast._constraints import Constraint, Regressors
from stforecast.estimators._blend import baseline_forecasts, fit_baseline
from stforecast.estimators._inner_estimator import flatten_for_tables
from stforecast.estimators.baselines._window_baseline import WindowBaseline
from stforecast.estimators.baselines.naive import Persistence
from stforecast.windows._windows import Windows

__all__ = ["ProbabilityMatchedForecaster"]


class ProbabilityMatchedForecaster(WindowBaseline):
    """Forecast maps in the pattern of one regressor with the values of another.

    A forecast of least squared error is the mean of what may come. Some steps ahead it has wide
    areas of weak rain and no peaks, so that it misses whatever exceeds a threshold. This keeps the
    order of its cells, from the driest to the wettest, and gives them the values of a forecast that
    does not blur.

    Parameters
    ----------
    regressor : regressor or pipeline
        Says where: a network, a `StackedBaseline` or any other; one that reads tables only gets
        the windows as rows.
    values : regressor, pipeline or None, default=None
        Says how much: `Persistence` for None, the values of the last map; `Advection()` leaves out
        those that have moved beyond the edge.

    Attributes
    ----------
    regressor_ : regressor or pipeline
        The fitted one that says where.
    values_ : regressor or pipeline
        The fitted one that says how much.
    leads_ : Leads
        The rows forecast.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.

    Raises
    ------
    ShapeError
        In `fit`, if one of the two cannot read the windows.

    See Also
    --------
    RainDecoder : Lets a network learn more from heavy rain.
    stforecast.metrics.critical_success_index : What gains from it.

    Notes
    -----
    Each map is matched by itself: step by step, and channel by channel. The cell with the k-th
    smallest forecast gets the k-th smallest value. Cells with equal forecasts get the mean of their
    values. Where the other forecast has fewer cells with a value, as at the edge of a mask, its
    values are interpolated between their ranks; where it has none, the map stays as it is. Missing
    cells stay missing.

    Squared errors grow: use it for thresholds, patterns and pictures, not for means. With a single
    cell nothing but the values remains. A network that is fitted already is not fitted again as
    ``FrozenEstimator(network)`` of `sklearn.frozen`.

    References
    ----------
    Ebert (2001), Ability of a Poor Man's Ensemble to Predict the Probability and Distribution of
    Precipitation, Monthly Weather Review 129,
    https://doi.org/10.1175/1520-0493(2001)129<2461:AOAPMS>2.0.CO;2.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.datasets import make_rain_cells
    >>> from stforecast.estimators import ProbabilityMatchedForecaster, StencilForecaster
    >>> X, y = make_windows(list(make_rain_cells(4, 12, 16, random_state=0)), lookback=3)
    >>> model = ProbabilityMatchedForecaster(StencilForecaster()).fit(X, y)
    >>> last = np.asarray(X)[:, -1].reshape(len(X), -1)
    >>> bool(np.allclose(model.predict(X).max(axis=1), last.max(axis=1)))
    True
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "regressor": Regressors(),
        "values": Regressors() | None,
    }

    def __init__(self, regressor: Any, values: Any = None) -> None:
        self.regressor = regressor
        self.values = values

    def _learn(self, X: Windows, y: Any) -> None:
        values = Persistence() if self.values is None else self.values
        self.regressor_, self.values_ = (
            fit_baseline(flatten_for_tables(clone(one)), X, y) for one in (self.regressor, values)
        )

    def _forecasts(self, X: Windows) -> np.ndarray:
        pattern, values = (
            baseline_forecasts(one, X, self.leads_.outputs).reshape(-1, self.leads_.frame[1])
            for one in (self.regressor_, self.values_)
        )
        matched = [match_values(*maps) for maps in zip(pattern, values, strict=True)]
        return np.reshape(matched, (len(X), len(self.leads_.steps), *self.leads_.frame))


def match_values(pattern: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the values of one map in the order of the cells of another, each of shape (cells,).

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.estimators.baselines.matched import match_values
    >>> match_values(np.array([0.1, 0.3, np.nan, 0.2]), np.array([0.0, 9.0, np.nan, 4.0]))
    array([ 0.,  9., nan,  4.])
    """
    known, found = np.isfinite(pattern), np.sort(values[np.isfinite(values)])
    if not known.any() or not len(found):
        return pattern
    _, level, counts = np.unique(pattern[known], return_inverse=True, return_counts=True)
    cells = len(level)
    if cells != len(found):
        found = np.interp(np.linspace(0, 1, cells), np.linspace(0, 1, len(found)), found)
    # a level of several cells has the mean of their values; levels follow one another
    means = np.add.reduceat(found, np.cumsum(counts) - counts) / counts
    matched = np.full(pattern.shape, np.nan)
    matched[known] = means[level]
    return matched
