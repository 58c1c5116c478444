"""Forecasts beyond the horizon: forecasts become the window of the next ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stforecast.series._checks import check_rolls_out
from stforecast.series._covariates import resolve_covariates
from stforecast.series._regressor import predict_windows
from stforecast.series._series_windows import SeriesWindows
from stforecast.windows import Windows
from stforecast.windows._covariates import covariate_part
from stforecast.windows._target import Target
from stforecast.windows.sources._time_series import TimeSeries


class RolledForecasts(SeriesWindows):
    """Forecasts of any number of rows, of a forecaster with a fitted `estimator_`."""

    estimator_: Any

    def _predict(self, windows: Windows) -> np.ndarray:
        return predict_windows(self.estimator_, windows)

    def _roll_out(self, series: TimeSeries, known: Any, static: Any, rows: int) -> np.ndarray:
        """Forecast rows (series, rows, *frame), each horizon from the forecasts before it."""
        blocks = math.ceil(rows / self.horizon)
        if blocks > 1:
            check_rolls_out(self, series, rows)
            known = self._known_to_end(series, known, blocks * self.horizon)
        forecasts = [self._forecast_block(series, known, static)]
        while len(forecasts) < blocks:
            series = series.append(self._new_rows(self._label(forecasts[-1], series)))
            forecasts.append(self._forecast_block(series, known, static))
        return np.concatenate(forecasts, axis=1)[:, :rows]

    def _forecast_block(self, series: TimeSeries, known: Any, static: Any) -> np.ndarray:
        windows = self._last_windows(series, known, static)
        assert windows.target is not None
        return self._predict(windows).reshape(len(windows), self.horizon, *windows.target.frame)

    def _known_to_end(self, series: TimeSeries, known: Any, ahead: int) -> Any:
        """Return covariates of a series and of all rows ahead, or say how far they must reach.

        Horizon by horizon a plan that ends early would be refused once for each of them.
        """
        if known is None:
            return None
        known = resolve_covariates(known, series, ahead)
        ends = series.bounds[1:][series.lengths >= self._least_rows()]
        target = Target(ahead, 0, series.frame)
        covariate_part(series, self._known_numbers(known), target, ends)
        return known
