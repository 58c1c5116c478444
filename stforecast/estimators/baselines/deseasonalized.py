"""Forecasts of what is left of maps and tables once their climatology is taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from stforecast._constraints import Constraint, Integers, Regressors
from stforecast.estimators._inner_estimator import fit_inner, flatten_for_tables
from stforecast.estimators._relative_rows import RelativeRows
from stforecast.estimators.baselines._target_rows import target_rows
from stforecast.estimators.baselines._window_baseline import WindowBaseline
from stforecast.estimators.baselines.climatology import GROUPING, Climatology
from stforecast.windows._windows import Windows

__all__ = ["DeseasonalizedForecaster"]


class DeseasonalizedForecaster(WindowBaseline):
    """Forecast the distance from the climatology by any regressor, and add the climatology back.

    A linear regression on the last maps knows neither the hour nor the month. On distances from
    the mean of that hour or month it need not.

    Parameters
    ----------
    regressor : regressor or pipeline
        Forecasts the distances, from windows of them; one that reads tables only gets the windows
        as rows.
    by : {"hour", "weekday", "month", "yearday"}, sequence of these or None, default=None
        Turns of the calendar, as in `Climatology`.
    spread : int, default=0
        Places before and after that are averaged in, as in `Climatology`.

    Attributes
    ----------
    climatology_ : Climatology
        The fitted climatology.
    regressor_ : regressor or pipeline
        The fitted regressor of the distances.
    leads_ : Leads
        The rows forecast.
    rows_ : TargetRows
        How the target is read from the windows.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.

    Raises
    ------
    IrregularIndexError
        In `fit`, if `by` asks for times that the windows do not have.
    ShapeError
        In `fit`, if the windows do not hold the target.

    See Also
    --------
    DampedAnomaly : Lets the present distance fade.
    sktime.transformations.detrend.Deseasonalizer : Takes the season out of a whole series.

    Notes
    -----
    The climatology is that of the targets of `fit`. It is subtracted from the channels of the
    target in all rows of the windows, as they were made, and from the targets; other channels,
    `known` and `static` enter as they are. A value that is missing stays missing.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import DeseasonalizedForecaster, Persistence
    >>> months = pd.date_range("2000-01-01", periods=48, freq="MS")
    >>> X, y = make_windows(pd.Series(months.month * 1.0, months), lookback=3, horizon=2)
    >>> model = DeseasonalizedForecaster(Persistence(), by="month").fit(X, y)
    >>> model.predict(X[:1])  # nothing but the season: April and May
    array([[4., 5.]])
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "regressor": Regressors(),
        "by": GROUPING,
        "spread": Integers(0),
    }

    def __init__(
        self, regressor: Any, by: str | Sequence[str] | None = None, *, spread: int = 0
    ) -> None:
        self.regressor = regressor
        self.by = by
        self.spread = spread

    def _learn(self, X: Windows, y: Any) -> None:
        self.climatology_ = Climatology(self.by, spread=self.spread).fit(X, y)
        self.rows_ = target_rows("DeseasonalizedForecaster", X, self.leads_)
        distances = np.empty((len(X), self.leads_.outputs))
        for rows, values in self.leads_.batches(y):
            distances[rows] = values.reshape(len(values), -1) - self._usual(X[rows])
        if self.leads_.outputs == 1:
            distances = distances[:, 0]
        regressor = flatten_for_tables(clone(self.regressor))
        self.regressor_ = fit_inner(regressor, self._distances(X), distances)

    def _forecasts(self, X: Windows) -> np.ndarray:
        usual = self._usual(X)
        distances = np.asarray(self.regressor_.predict(self._distances(X)))
        return usual + distances.reshape(usual.shape)

    def _usual(self, X: Windows) -> np.ndarray:
        """Return the climatology of what follows each window, (n, outputs)."""
        means = self.climatology_.group_means(X, self.leads_.steps)
        return means.reshape(len(X), self.leads_.outputs)

    def _distances(self, X: Windows) -> Windows:
        """Return windows of distances from the climatology."""
        climatology = self.climatology_
        means = np.zeros((len(climatology.means_), *X.base.shape[1:]))
        channels = list(self.rows_.channels)  # others have no climatology, and stay as they are
        means[:, channels] = climatology.means_.reshape(means[:, channels].shape)
        rows = RelativeRows(X.base, climatology.groups_.row_groups(X), means)
        return replace(X, base=rows[: len(rows)] if X.in_memory else rows)
