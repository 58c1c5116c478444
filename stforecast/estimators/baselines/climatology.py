"""Forecasts from the mean of the same hour, day or month in training."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from stforecast._constraints import Constraint, Flags, Integers, Options, Sequences
from stforecast._training.holdout import series_numbers
from stforecast.estimators.baselines._calendar_groups import calendar_groups
from stforecast.estimators.baselines._target_rows import target_rows
from stforecast.estimators.baselines._window_baseline import WindowBaseline
from stforecast.estimators.baselines.naive import last_values
from stforecast.windows._calendar import CYCLES
from stforecast.windows._windows import Windows

__all__ = ["Climatology", "DampedAnomaly"]

GROUPING = Options(*CYCLES) | Sequences(Options(*CYCLES), "turns of the calendar") | None


class Climatology(WindowBaseline):
    """Forecast the mean of the same hour, day or month in training, cell by cell.

    Parameters
    ----------
    by : {"hour", "weekday", "month", "yearday"}, sequence of these or None, default=None
        Turns of the calendar in which a row has its place: ``("month", "hour")`` takes the mean of
        each hour in each month. None takes the hour where rows are less than a day apart, and the
        month where the training rows span a year or are a day or more apart; the mean of all rows
        where rows have no times.
    spread : int, default=0
        Places before and after in the first turn that are averaged in: ``by="yearday",
        spread=15`` takes the mean of the days within half a month, which few years need.

    Attributes
    ----------
    means_ : ndarray of shape (groups, C * cells)
        Mean of each place in the calendar, NaN where a cell never had a value.
    groups_ : CalendarGroups
        The turns of the calendar taken, and the step from row to row.
    leads_ : Leads
        The rows forecast.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.

    Raises
    ------
    IrregularIndexError
        In `fit`, if `by` asks for times that the windows do not have.

    See Also
    --------
    DampedAnomaly : Lets the present distance from the climatology fade.

    Notes
    -----
    The means are those of the targets that `fit` is given: where a fold or a block is held back,
    nothing of it enters. Of windows that `make_windows` made each row counts once; targets of plain
    arrays, which do not say what they share, all count. A place without rows takes the mean of all.
    Weights of windows are ignored but for 0, which leaves a window out: a row is part of several
    windows, of one weight or another.

    References
    ----------
    WMO (2017), Guidelines on the Calculation of Climate Normals, WMO-No. 1203.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import Climatology
    >>> months = pd.date_range("2000-01-01", periods=48, freq="MS")
    >>> X, y = make_windows(pd.Series(months.month * 1.0, months), lookback=3, horizon=2)
    >>> Climatology("month").fit(X, y).predict(X[:1])  # of April and May
    array([[4., 5.]])
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"by": GROUPING, "spread": Integers(0)}

    def __init__(self, by: str | Sequence[str] | None = None, *, spread: int = 0) -> None:
        self.by = by
        self.spread = spread

    def _learn(self, X: Windows, y: Any) -> None:
        by = (self.by,) if isinstance(self.by, str) else self.by
        self.groups_ = calendar_groups(by if by is None else tuple(by), X)
        groups = self.groups_.find_groups(X, self.leads_.steps)
        first = _first_places(X, self.leads_.steps)
        size, width = prod(self.groups_.counts), prod(self.leads_.frame)
        total, count = np.zeros((size, width)), np.zeros((size, width))
        for rows, values in self.leads_.batches(y):
            is_first = first[rows]
            targets = values.reshape(*is_first.shape, width)[is_first]
            known = np.isfinite(targets)
            of_group = _one_hot(groups[rows][is_first], size)
            total += of_group @ np.where(known, targets, 0.0)
            count += of_group @ known.astype(np.float64)
        self.means_ = self._divide_sums(total, count)

    def _divide_sums(self, total: np.ndarray, count: np.ndarray) -> np.ndarray:
        rows = count.sum(axis=0)
        overall = np.where(rows, total.sum(axis=0) / np.maximum(rows, 1), np.nan)
        total, count = (self.groups_.spread(sums, self.spread) for sums in (total, count))
        return np.where(count, total / np.maximum(count, 1), overall)

    def _forecasts(self, X: Windows) -> np.ndarray:
        return self.group_means(X, self.leads_.steps)

    def group_means(self, X: Windows, steps: Sequence[int]) -> np.ndarray:
        """Return the climatology of rows ahead of each origin.

        Parameters
        ----------
        X : Windows
            Windows with times as in `fit`.
        steps : sequence of int
            Rows from the origin; 0 is the origin itself.

        Returns
        -------
        ndarray of shape (n, steps, C, cells)
            Means of their places in the calendar.
        """
        means = self.means_[self.groups_.find_groups(X, steps)]
        return means.reshape(*means.shape[:2], *self.leads_.frame)


class DampedAnomaly(WindowBaseline):
    """Forecast the climatology plus a share of the present distance from it, lead by lead.

    What is warmer than usual stays so for a while: the share is the regression of the anomaly
    ahead on the one of today, which fades from 1, persistence, to 0, climatology. On monthly and
    daily fields it is hard to beat.

    Parameters
    ----------
    by : {"hour", "weekday", "month", "yearday"}, sequence of these or None, default=None
        Turns of the calendar, as in `Climatology`.
    spread : int, default=0
        Places before and after that are averaged in, as in `Climatology`.
    per_cell : bool, default=False
        Whether each cell has shares of its own; they are pooled over the cells of a channel
        otherwise, which needs fewer rows.

    Attributes
    ----------
    shares_ : ndarray of shape (steps, C, cells) or (steps, C, 1)
        Share of the anomaly that is left at each step, in [0, 1].
    climatology_ : Climatology
        The fitted climatology.
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

    Notes
    -----
    With the climatology m and the share a of lead k, ``m(t + k) + a (x(t) - m(t))``; ``a`` is the
    least-squares slope through zero over the training windows, held to [0, 1]. A value that is
    missing at the origin counts as an anomaly of zero. Weights of windows are ignored, as by
    `Climatology`.

    References
    ----------
    Lorenz (1973), On the Existence of Extended Range Predictability,
    https://doi.org/10.1175/1520-0450(1973)012<0543:OTEOER>2.0.CO;2.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import DampedAnomaly
    >>> noise = np.random.default_rng(0).normal(size=2000)
    >>> series = np.zeros(2000)
    >>> for t in range(1, 2000):
    ...     series[t] = 0.8 * series[t - 1] + noise[t]
    >>> X, y = make_windows(series, lookback=3, horizon=2)
    >>> DampedAnomaly().fit(X, y).shares_.ravel().round(1)  # 0.8 and its square
    array([0.8, 0.6])
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "by": GROUPING,
        "spread": Integers(0),
        "per_cell": Flags(),
    }

    def __init__(
        self, by: str | Sequence[str] | None = None, *, spread: int = 0, per_cell: bool = False
    ) -> None:
        self.by = by
        self.spread = spread
        self.per_cell = per_cell

    def _learn(self, X: Windows, y: Any) -> None:
        self.climatology_ = Climatology(self.by, spread=self.spread).fit(X, y)
        self.rows_ = target_rows("DampedAnomaly", X, self.leads_)
        axes = (0,) if self.per_cell else (0, 3)
        product = square = np.float64(0)
        for rows, values in self.leads_.batches(y):
            now, usual = self._anomalies(X[rows]), self._climatologies(X[rows], self.leads_.steps)
            known = np.isfinite(values)
            ahead = np.where(known, values - usual, 0.0)
            product = product + (ahead * now).sum(axis=axes, keepdims=True)
            square = square + (known * now**2).sum(axis=axes, keepdims=True)
        self.shares_ = np.clip(product / np.where(square > 0, square, 1.0), 0.0, 1.0)[0]

    def _forecasts(self, X: Windows) -> np.ndarray:
        return self._climatologies(X, self.leads_.steps) + self.shares_ * self._anomalies(X)

    def _anomalies(self, X: Windows) -> np.ndarray:
        """Return distances from the climatology at the origins, (n, 1, C, cells)."""
        last = last_values(self.rows_, X, self.leads_, fill=False)
        return np.nan_to_num(last - self._climatologies(X, (0,)))

    def _climatologies(self, X: Windows, steps: Sequence[int]) -> np.ndarray:
        return self.climatology_.group_means(X, steps)


def _first_places(X: Windows, steps: Sequence[int]) -> np.ndarray:
    """Return where in (n, steps) each row of the series stands first.

    Plain arrays do not say which of their targets are the same row: all of them stand.
    """
    if X.target is None:
        return np.ones((len(X), len(steps)), dtype=bool)
    # a row that many windows forecast would count many times, one at the edge once
    rows = X.times[:, None] + np.array(steps)
    rows -= rows.min()
    keys = (series_numbers(X)[:, None] * (rows.max() + 1) + rows).ravel()
    first = np.zeros(len(keys), dtype=bool)
    first[np.unique(keys, return_index=True)[1]] = True
    return first.reshape(-1, len(steps))


def _one_hot(groups: np.ndarray, size: int) -> Any:
    ones = np.ones(len(groups))
    return sparse.csr_matrix((ones, (groups, np.arange(len(groups)))), shape=(size, len(groups)))
