"""The forecasts that need no weights: the last value stays, the last season comes again."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from stforecast._constraints import Constraint, Integers
from stforecast.estimators.baselines._target_rows import Leads, TargetRows, target_rows
from stforecast.estimators.baselines._window_baseline import WindowBaseline
from stforecast.exceptions import ShapeError
from stforecast.windows._windows import Windows

__all__ = ["Persistence", "SeasonalNaive"]


class Persistence(WindowBaseline):
    """Forecast that every value stays at the last one seen.

    It is the first thing that any forecast is compared with, in tables and in maps.

    Attributes
    ----------
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
    ShapeError
        In `fit`, if the windows do not hold the target.

    See Also
    --------
    SeasonalNaive : The value of one season before.
    stforecast.metrics.skill_score : The share of its error that a forecast avoids.

    Notes
    -----
    In masked windows it is the last value that the window shows; where it shows none, the mean of
    the training windows; NaN where these show none, like land in a map of the sea.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import Persistence
    >>> X, y = make_windows(np.arange(8.0), lookback=3, horizon=2)
    >>> Persistence().fit(X, y).predict(X[:2])
    array([[2., 2.],
           [3., 3.]])
    """

    learns = False
    _constraints: ClassVar[dict[str, Constraint]] = {}

    def _learn(self, X: Windows, y: Any) -> None:
        self.rows_ = target_rows("Persistence", X, self.leads_)

    def _forecasts(self, X: Windows) -> np.ndarray:
        return np.repeat(last_values(self.rows_, X, self.leads_), len(self.leads_.steps), axis=1)


class SeasonalNaive(WindowBaseline):
    """Forecast that every value is the one of a season before.

    Parameters
    ----------
    season_length : int, default=1
        Rows of a season: 24 for a day of hours, 12 for a year of months. 1 is `Persistence`.

    Attributes
    ----------
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
    ShapeError
        In `fit`, if the windows do not hold the target, or are shorter than a season.

    See Also
    --------
    Climatology : The mean over all seasons seen in training.

    Notes
    -----
    A row further ahead than a season takes the value of two seasons before, and so on. In masked
    windows a missing value is that of an earlier season in the window, else the last one seen in
    it, else the mean of the training windows.

    References
    ----------
    Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, section 5.2,
    https://otexts.com/fpp3/simple-methods.html.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import SeasonalNaive
    >>> week = np.tile(np.arange(7.0), 4)
    >>> X, y = make_windows(week, lookback=7, horizon=10)
    >>> bool(np.all(SeasonalNaive(7).fit(X, y).predict(X) == y))
    True
    """

    learns = False
    _constraints: ClassVar[dict[str, Constraint]] = {"season_length": Integers(1)}

    def __init__(self, season_length: int = 1) -> None:
        self.season_length = season_length

    def _learn(self, X: Windows, y: Any) -> None:
        frames = X.undo_steps().shape[1]
        if frames < self.season_length:
            raise ShapeError(
                f"SeasonalNaive(season_length={self.season_length}) reads as many rows, but the "
                f"windows have {frames}. Make windows with lookback={self.season_length} or more."
            )
        self.rows_ = target_rows("SeasonalNaive", X, self.leads_)

    def _forecasts(self, X: Windows) -> np.ndarray:
        forecasts = np.empty((len(X), len(self.leads_.steps), *self.leads_.frame))
        for rows, values in self.rows_.batches(X, fill=False):
            for i, step in enumerate(self.leads_.steps):
                forecasts[rows, i] = self._seasonal_values(values, step)
        if X.masked:
            last = last_values(self.rows_, X, self.leads_)
            np.copyto(forecasts, last, where=np.isnan(forecasts))
        return forecasts

    def _seasonal_values(self, values: np.ndarray, step: int) -> np.ndarray:
        """Return the latest value of the same place in a season that is not missing."""
        first = values.shape[1] - 1 - (-step % self.season_length)
        latest = values[:, first].copy()
        for t in range(first - self.season_length, -1, -self.season_length):
            np.copyto(latest, values[:, t], where=np.isnan(latest))
        return latest


def last_values(rows: TargetRows, X: Windows, leads: Leads, *, fill: bool = True) -> np.ndarray:
    """Return the last values of windows, (n, 1, C, cells)."""
    last = np.empty((len(X), 1, *leads.frame))
    for block, values in rows.batches(X, fill=fill):
        last[block] = values[:, -1:]
    return last
