"""What a forecaster of series reads, and what it remembers of the rows it has seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from stforecast.series._checks import check_series, check_unchanged
from stforecast.series._history import FEWEST_ROWS, append, check_pace, follows, tail
from stforecast.series._known import (
    cut_known,
    extend_known,
    given_known,
    is_positional,
    resolve_known,
)
from stforecast.series._outputs import check_all_forecast, label_forecasts
from stforecast.windows import Windows, make_windows
from stforecast.windows._make import latest_windows


class SeriesReader:
    """Windows of the series given and of the history, of a forecaster with their parameters."""

    def _latest(self, X: Any, known: Any) -> tuple[Windows, Callable[[np.ndarray], Any]]:
        """Return the last window of each series, and what labels their forecasts."""
        check_unchanged(self)
        if X is None:
            series, known = self.history_, extend_known(self.known_, known, self.history_)
        else:
            series = check_series(self, X, reset=False)
            check_pace(self.history_, series)
            known = self._known_for(series, known)
        windows, source = latest_windows(
            series,
            lookback=self._lookback(),
            horizon=self.horizon,
            target=self.target,
            known=resolve_known(known, series, self.horizon),
            static=self.static_,
            missing=self.missing,
        )
        check_all_forecast(windows, source, series)
        shape = (len(windows), self.horizon, *windows.target.frame)
        return windows, lambda y: label_forecasts(y.reshape(shape), windows, source, series)

    def _lookback(self) -> int:
        return int(self.lookback)

    def _kept_rows(self) -> int:
        """Rows that a window needs whose targets end in the first new row."""
        return self._lookback() + self.horizon - 1

    def _remember(self, series: Any, known: Any) -> None:
        """Keep the end of a series, and the covariates from there on."""
        rows = max(self._kept_rows(), FEWEST_ROWS)
        self.history_, self.known_ = tail(series, rows), cut_known(known, series, rows)

    def _after_history(self, X: Any, known: Any, rows: int | None) -> tuple[Any, Any]:
        """Return the last rows of the history with X behind them, and the covariates of both."""
        joined = append(self.history_, X, rows)
        known = extend_known(self.known_, known, self.history_)
        return joined, known if rows is None else cut_known(known, self.history_, rows)

    def _evaluated(self, X: Any, known: Any, stride: int) -> tuple[Windows, Any]:
        """Return the windows and targets to forecast, behind the history if they follow it."""
        check_unchanged(self)
        X = check_series(self, X, reset=False)
        check_pace(self.history_, X)
        if follows(self.history_, X):
            return self._windows(*self._after_history(X, known, self._lookback()), stride)
        return self._windows(X, self._known_for(X, known), stride)

    def _known_for(self, X: Any, known: Any) -> Any:
        """Return the covariates given, or those of `fit` where they tell which rows are theirs."""
        if known is None and is_positional(self.known_, X):
            raise ValueError(
                "The covariates of fit were an array, which belongs to the rows of fit. Pass "
                "known= for these rows, or use a table or a function of the index in fit."
            )
        return self.known_ if known is None else given_known(self.known_, known)

    def _windows(self, series: Any, known: Any, stride: int) -> tuple[Windows, Any]:
        return make_windows(
            series,
            lookback=self.lookback,
            horizon=self.horizon,
            target=self.target,
            known=resolve_known(known, series, 0),
            static=self.static_,
            stride=stride,
            missing=self.missing,
        )


def from_start(windows: Windows, start: Any) -> Windows:
    """Return the windows whose origins are at `start` or later."""
    origins = windows.times if windows.index is None else windows.origins
    times = origins.get_level_values(-1) if isinstance(origins, pd.MultiIndex) else origins
    try:
        picked = np.flatnonzero(times >= start)
    except (TypeError, ValueError):
        raise TypeError(
            f"start must be a time of the series, such as {times.max()}, or a row number where it "
            f"has no times, got {start!r}."
        ) from None
    if not len(picked):
        raise ValueError(
            f"start must leave an origin, but the last with a whole horizon is {times.max()}, got "
            f"{start}. Start earlier."
        )
    return windows[picked]
