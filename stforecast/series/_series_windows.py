"""Windows of the series that a forecaster is given, and of the rows that it remembers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from stforecast.series._categories import categories_of, encode, forecast_columns
from stforecast.series._checks import (
    check_kind,
    check_layout,
    check_pace,
    check_series,
    check_series_lengths,
)
from stforecast.series._covariates import (
    check_covariates,
    cut_covariates,
    extend_covariates,
    is_positional,
    resolve_covariates,
    select_covariates,
)
from stforecast.series._identity import (
    check_identity,
    features_of,
    match_static,
    name_static,
    static_table,
)
from stforecast.series._new_rows import check_order, check_values
from stforecast.series._variables import check_column_name
from stforecast.windows import Windows, latest_windows, make_windows
from stforecast.windows._target_rows import target_channels
from stforecast.windows.sources._time_series import TimeSeries


class SeriesWindows:
    """Windows of the series given and of the history, of a forecaster with their parameters."""

    series_: TimeSeries

    @property
    def history_(self) -> Any:
        """The last rows seen, from which `forecast` goes on, of the kind that the series was."""
        return self.series_.restore()

    def _latest_windows(
        self, X: Any, known: Any, static: Any = None
    ) -> tuple[Windows, Callable[[np.ndarray], Any]]:
        """Return the last window of each series, and what labels their forecasts."""
        series, known = self._to_continue(X, known, static)
        windows = self._last_windows(series, known, static)
        shape = len(windows), self.horizon, *windows.target.frame
        return windows, lambda y: self._label(y.reshape(shape), series)

    def _to_continue(self, X: Any, known: Any, static: Any) -> tuple[TimeSeries, Any]:
        """Return the series to continue, the history by default, and its covariates."""
        check_layout(self)
        if X is None:
            return self.series_, extend_covariates(self.known_, known, self.series_)
        series = self._series(X)
        check_identity(self, series, static)
        return series, self._match_covariates(series, known)

    def _last_windows(self, series: TimeSeries, known: Any, static: Any = None) -> Windows:
        """Return the last window of each series."""
        windows = latest_windows(
            series,
            lookback=self._lookback(),
            horizon=self.horizon,
            target=forecast_columns(self),
            known=self._known_numbers(resolve_covariates(known, series, self.horizon)),
            static=self._static_numbers(self._static_features(series, static)),
            missing=self.missing,
            short=self.short,
        )
        check_series_lengths(windows, series)
        return windows

    def _label(self, values: np.ndarray, series: TimeSeries) -> Any:
        """Return forecasts (series, steps, *frame) as rows that follow each series."""
        channels = target_channels(series, forecast_columns(self))
        numbers = np.flatnonzero(series.lengths >= self._least_rows())
        return series.label(values, numbers, channels)

    def _least_rows(self) -> int:
        """Return how many rows a series must have to be continued."""
        return 1 if self.short == "mask" else self._lookback()

    def _series(self, X: Any) -> TimeSeries:
        """Return a series like that of fit in the one form."""
        series = check_series(self, X, reset=False)
        check_pace(self.series_, series)
        return series

    def _lookback(self) -> int:
        return int(self.lookback)

    def _history_rows(self) -> int:
        """Rows that a window needs whose targets end in the first new row."""
        # an update then trains and calibrates on every window that a new row completes, once
        return self._lookback() + self.horizon - 1

    def _remember(self, series: TimeSeries, known: Any) -> None:
        """Keep the end of a series, and the covariates from there on."""
        rows = self._history_rows()
        self.series_, self.known_ = series.tail(rows), cut_covariates(known, series, rows)

    def _join_history(
        self, fresh: TimeSeries, known: Any, rows: int | None
    ) -> tuple[TimeSeries, Any]:
        """Return the last rows of the history with new ones behind them, and their covariates."""
        history = self.series_ if rows is None else self.series_.tail(rows)
        known = extend_covariates(self.known_, known, self.series_)
        known = known if rows is None else cut_covariates(known, self.series_, rows)
        return history.append(fresh), known

    def _new_rows(self, X: Any) -> TimeSeries:
        """Return rows that are to follow those of the history."""
        fresh = check_series(self, X, reset=False)
        check_kind(self.series_, fresh)
        check_column_name(self.series_, fresh)
        check_order(self.series_, fresh, X)
        check_values(fresh, self.missing, self._history_rows())
        return fresh

    def _evaluation_windows(
        self, X: Any, known: Any, stride: int, rows: int | None = None, static: Any = None
    ) -> tuple[Windows, Any]:
        """Return the windows and targets to forecast, behind the history if they follow it.

        By default the first of them ends where the history does.
        """
        check_layout(self)
        series, rows = self._series(X), rows or self._lookback()
        if series.follows(self.series_):
            return self._following_windows(series, known, rows, stride, static)
        check_identity(self, series, static)
        known = self._match_covariates(series, known)
        return self._windows(series, known, stride, self._static_features(series, static))

    def _following_windows(
        self, fresh: TimeSeries, known: Any, rows: int, stride: int, static: Any = None
    ) -> tuple[Windows, Any]:
        """Return windows and targets of new rows behind the last `rows` rows of the history.

        A series without new rows has no window: its history alone is shorter than one, and would
        be warned of, refused or padded as `short` says.
        """
        series, known = self._join_history(fresh, known, rows)
        features = self._static_features(series, static)
        numbers = np.sort(series.ids.get_indexer(fresh.ids[fresh.lengths > 0]))
        if len(numbers) < len(series.ids) and not series.is_list:
            known = select_covariates(known, series, numbers)
            series = series.select(numbers)
            features = features_of(features, series)
        return self._windows(series, known, stride, features)

    def _match_covariates(self, series: TimeSeries, known: Any) -> Any:
        """Return the covariates given, or those of `fit` where they tell which rows are theirs."""
        if known is None and is_positional(self.known_, series):
            raise ValueError(
                "The covariates of fit were an array, which belongs to the rows of fit. Pass "
                "known= for these rows, or use a table or a function of the index in fit."
            )
        return self.known_ if known is None else check_covariates(self.known_, known)

    def _known_numbers(self, known: Any) -> Any:
        """Return covariates with their categories as numbers."""
        return encode(categories_of(self, "known"), known)

    def _static_numbers(self, static: Any) -> Any:
        """Return features of series with their categories as numbers."""
        return encode(categories_of(self, "static"), static)

    def _static_features(self, series: TimeSeries, static: Any = None) -> Any:
        """Return features of the series, by default those of `fit`."""
        if static is None:
            return static_table(self.static_, series)
        if self.static_ is None:
            raise ValueError(
                "static features were not given to fit, so nothing was learned from them. Fit with "
                "static=, or leave them out."
            )
        return static_table(match_static(self.static_, name_static(static, series)), series)

    def _windows(
        self, series: TimeSeries, known: Any, stride: int, static: Any
    ) -> tuple[Windows, Any]:
        """Return windows and targets of a series with features of `_static_features`."""
        return make_windows(
            series,
            lookback=self.lookback,
            horizon=self.horizon,
            target=forecast_columns(self),
            known=self._known_numbers(resolve_covariates(known, series, 0)),
            static=self._static_numbers(static),
            stride=stride,
            missing=self.missing,
            short=self.short,
        )


def select_origins(windows: Windows, start: Any) -> Windows:
    """Return the windows whose origins are at `start` or later."""
    origins = windows.times if windows.index is None else windows.origins
    times = origins.get_level_values(-1) if isinstance(origins, pd.MultiIndex) else origins
    try:
        places = np.flatnonzero(times >= start)
    except (TypeError, ValueError):
        raise TypeError(
            f"start must be a time of the series, such as {times.max()}, or a row number where it "
            f"has no times, got {start!r}."
        ) from None
    if not len(places):
        raise ValueError(
            f"start must leave an origin, but the last with a whole horizon is {times.max()}, got "
            f"{start}. Start earlier."
        )
    return windows[places]
