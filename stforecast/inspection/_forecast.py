"""Truth and forecasts over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from stforecast._validation import check_numbers
from stforecast.exceptions import ShapeError
from stforecast.inspection._axes import make_axes, name_time_axis, time_axis
from stforecast.inspection._display import Display, count
from stforecast.inspection._network_steps import check_forecasts_series
from stforecast.windows.sources._comparable import comparable_labels


class ForecastDisplay(Display):
    """Truth as a line over time, and over it the forecasts, with a band around them if known.

    Forecasts of several origins begin at a dot each, a single one behind the line of its origin.
    It is best made by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    truth : Series
        What was measured.
    forecasts : list of Series
        Each drawn as a line of its own, at the times that were forecast.
    interval : tuple of two Series, default=None
        Lower and upper limit of a band.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    truth_line_ : matplotlib.lines.Line2D
        The truth.
    forecast_lines_ : list of matplotlib.lines.Line2D
        The forecasts.
    band_ : matplotlib.collections.PolyCollection or None
        The band.
    origin_line_ : matplotlib.lines.Line2D or None
        The last row before a single forecast, where there are rows before it.

    See Also
    --------
    FramesDisplay : Maps instead of lines.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from stforecast.inspection import ForecastDisplay
    >>> from stforecast.series import SeriesForecaster
    >>> days = pd.date_range("2010-11-01", periods=60)
    >>> load = pd.DataFrame({"kWh": [float(d.dayofweek) for d in days]}, index=days)
    >>> model = SeriesForecaster(Ridge(), lookback=7, horizon=7).fit(load[:40])
    >>> display = ForecastDisplay.from_estimator(model, load[40:])
    >>> len(display.forecast_lines_)
    2
    """

    def __init__(
        self,
        truth: pd.Series,
        forecasts: Sequence[pd.Series],
        *,
        interval: tuple[pd.Series, pd.Series] | None = None,
    ) -> None:
        self.truth = truth
        self.forecasts = forecasts
        self.interval = interval

    def _summary(self) -> str:
        return f"truth of {count(len(self.truth), 'row')}, {count(len(self.forecasts), 'forecast')}"

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: pd.DataFrame | pd.Series,
        *,
        target: Any = None,
        known: Any = None,
        start: Any = None,
        stride: int | None = None,
        ax: Any = None,
    ) -> Self:
        """Forecast a table from origins within it, and draw.

        Parameters
        ----------
        model : SeriesForecaster
            Fitted on a table.
        X : DataFrame or Series
            Rows to forecast, as for ``model.backtest``; those that follow training are forecast
            from its history.
        target : column name, default=None
            Which of the forecast columns to draw; the first by default.
        known : DataFrame, array or callable, default=None
            Covariates of the rows; by default those of `fit`.
        start : label, default=None
            First origin.
        stride : int, default=None
            Rows from one origin to the next; the horizon by default, so that forecasts follow
            one another without overlap.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        ForecastDisplay
            Drawn.

        Raises
        ------
        TypeError
            If `X` is not a table of one series, or the model is not a `SeriesForecaster`.
        """
        check_forecasts_series("ForecastDisplay", model)
        if not isinstance(X, pd.DataFrame | pd.Series):
            raise TypeError(
                f"ForecastDisplay draws a table of one series, got {type(X).__name__} as X. Pass "
                "maps to FramesDisplay, a series of a list to from_predictions."
            )
        if isinstance(X.index, pd.MultiIndex):
            raise TypeError(
                "ForecastDisplay draws a table of one series, got a panel as X. Draw one of its "
                f"series: {_one_series(model, X, target)}."
            )
        # a stride of one horizon: forecasts follow one another without overlap
        wide = model.backtest(
            X, known=known, start=start, stride=model.horizon if stride is None else stride
        )
        column = _column(wide, target)
        truth = X if isinstance(X, pd.Series) else X[column]
        return cls(truth, _lines(wide, X.index, column)).plot(ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: pd.Series | np.ndarray,
        y_pred: pd.Series | np.ndarray,
        *,
        interval: tuple[Any, Any] | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw forecasts made elsewhere.

        Parameters
        ----------
        y_true : Series, DataFrame of one column or array of shape (n,)
            What was measured.
        y_pred : Series, DataFrame of one column or array of shape (n,)
            The forecast. With an index of its own it may go on after the truth; an array has
            one value for each of the truth.
        interval : tuple of two arrays or Series, default=None
            Lower and upper limit, one value for each of `y_pred`.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        ForecastDisplay
            Drawn.

        Raises
        ------
        ShapeError
            If there is more than one column, or the lengths differ.
        ValueError
            If values are not numbers.
        """
        truth = _series("y_true", y_true, None)
        forecast = _series("y_pred", y_pred, truth.index)
        band = None
        if interval is not None:
            lower, upper = _pair(interval)
            band = (
                _series("interval", lower, forecast.index),
                _series("interval", upper, forecast.index),
            )
        return cls(truth, [forecast], interval=band).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the truth, the band and the forecasts.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        ForecastDisplay
            Itself.
        """
        ax = make_axes("ForecastDisplay", ax)
        times = time_axis(self.truth.index)
        (self.truth_line_,) = ax.plot(times, self.truth, color="0.45", lw=1.2, label="truth")
        self.band_ = None
        if self.interval is not None:
            lower, upper = self.interval
            self.band_ = ax.fill_between(
                time_axis(lower.index), lower, upper, color="C0", alpha=0.2, lw=0, label="interval"
            )
        several = len(self.forecasts) > 1
        self.forecast_lines_ = [
            ax.plot(
                time_axis(forecast.index),
                forecast,
                color="C0",
                # lines of several origins do not join, and a dot says where each begins
                marker="." if several or len(forecast) == 1 else None,
                markevery=[0],
                # the legend skips names that begin with "_", and so names all lines once
                label="_" if number else f"forecast{', each from its dot on' if several else ''}",
            )[0]
            for number, forecast in enumerate(self.forecasts)
        ]
        self.origin_line_ = None
        origin = None if several or not self.forecasts else _origin(self.truth, self.forecasts[0])
        if origin is not None:
            (at,) = time_axis(origin)
            self.origin_line_ = ax.axvline(at, color="0.6", ls=":", lw=1, label="forecast origin")
        ax.set_ylabel("" if self.truth.name is None else str(self.truth.name))
        name_time_axis(ax, self.truth.index.name, self.truth.index)
        # above the axes, where it hides no line
        ax.legend(
            loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4, frameon=False, fontsize="small"
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _origin(truth: pd.Series, forecast: pd.Series) -> Any:
    """Return the last row before a forecast as an index, or None if the forecast begins first."""
    pair = comparable_labels(forecast.index, truth.index)
    if pair is None or not pair[1].is_monotonic_increasing or forecast.empty:
        return None
    last = int(pair[1].searchsorted(pair[0][0])) - 1
    return truth.index[[last]] if last >= 0 else None


def _pair(interval: Any) -> Any:
    if not hasattr(interval, "__len__") or len(interval) != 2:
        raise TypeError(
            f"interval must be a pair, (lower, upper), got {type(interval).__name__}. Pass what "
            "forecast_interval returns, or two arrays."
        )
    return interval


def _one_series(model: Any, X: Any, target: Any) -> str:
    """Return code that draws the forecast of the first series of a panel."""
    name = X.index[0][:-1] if len(X) else ("name",)
    pick = repr(name[0] if len(name) == 1 else name)
    if isinstance(X, pd.DataFrame):
        targets = list(X.columns) if model.target is None else model.target
        first = targets if isinstance(targets, str) else next(iter(targets))
        pick = f"{pick}, {(first if target is None else target)!r}"
    return f"ForecastDisplay.from_predictions(X.loc[{pick}], model.forecast(X).loc[{pick}])"


def _column(wide: pd.DataFrame, target: Any) -> Any:
    columns = wide.columns.get_level_values("target").unique().tolist()
    if target is None:
        return columns[0]
    if target not in columns:
        raise ValueError(f"target must be one of the columns forecast, {columns}, got {target!r}.")
    return target


def _lines(wide: pd.DataFrame, index: pd.Index, column: Any) -> list[pd.Series]:
    """Return the forecasts from each origin, labelled by the times they are of."""
    values = wide.xs(column, axis=1, level="target")
    # an origin before the first row is the last row of training: its first step is row 0
    positions = index.get_indexer(wide.index)
    return [
        pd.Series(row, index[position + 1 : position + 1 + len(row)], name=column)
        for position, row in zip(positions, values.to_numpy(), strict=True)
    ]


def _check_one_series(name: str, index: pd.Index) -> None:
    if isinstance(index, pd.MultiIndex):
        series = index[0][0] if len(index) else "name"
        raise ShapeError(
            f"{name} must have the times of one series as its index, got one of {index.nlevels} "
            f"levels. Pick a series of the panel: {name}.loc[{series!r}]."
        )


def _series(name: str, values: Any, index: pd.Index | None) -> pd.Series:
    if isinstance(values, pd.DataFrame) and values.shape[1] == 1:
        values = values.iloc[:, 0]
    if isinstance(values, pd.Series):
        _check_one_series(name, values.index)
        check_numbers(name, values)
        return values
    values = np.asarray(values)
    shape = values.shape[:1] if index is None else (len(index),)
    if values.shape != shape or not values.shape:  # () is the shape of a number
        length, like = ("values", "") if index is None else (len(index), " as long as y_true")
        raise ShapeError(
            f"{name} must be one column of {length}, got shape {values.shape}. Pick a column{like} "
            "or pass a Series with an index of its own."
        )
    check_numbers(name, values)
    return pd.Series(values, index)
