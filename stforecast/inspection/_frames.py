"""Maps that came and maps that were forecast, lead by lead."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from stforecast._validation import check_numbers, check_position
from stforecast.exceptions import MissingValuesError, ShapeError
from stforecast.inspection._axes import make_axes_grid, map_inches
from stforecast.inspection._display import Display, count
from stforecast.inspection._map_labels import (
    difference_and_unit,
    label_by_position,
    label_maps,
    last_maps,
    map_style,
    name_and_unit,
    name_map_axes,
    shade_missing,
    step_titles,
)
from stforecast.inspection._matching_maps import match_maps
from stforecast.inspection._network_steps import check_forecasts_series
from stforecast.series._checks import check_is_series
from stforecast.windows.sources._grids import is_xarray


class FramesDisplay(Display):
    """The true map, the forecast map and their difference for each step ahead.

    Truth and forecast share one scale of colours, the differences another, centred on zero. Maps of
    xarray bring their dates, coordinates and units. Cells without a value, such as land in the
    truth, are grey. It is best made by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    truth : ndarray or DataArray of shape (steps, H, W)
        The maps that came.
    forecast : ndarray of shape (steps, H, W)
        The maps that were forecast.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes whose place the maps take.
    axes_ : ndarray of matplotlib.axes.Axes, shape (3, steps)
        Truth, forecast and difference from top to bottom, steps from left to right.
    figure_ : matplotlib.figure.Figure
        Their figure.
    images_ : ndarray of matplotlib.image.AxesImage, shape (3, steps)
        The maps as drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.inspection import FramesDisplay
    >>> maps = np.random.default_rng(0).normal(size=(4, 8, 8))
    >>> FramesDisplay.from_predictions(maps, 0.9 * maps).images_.shape
    (3, 4)
    """

    def __init__(self, truth: Any, forecast: np.ndarray) -> None:
        self.truth = truth
        self.forecast = forecast

    def _summary(self) -> str:
        steps, H, W = self.truth.shape
        return f"{count(steps, 'step')} of {H} x {W} cells"

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, *, channel: int = 0, known: Any = None, ax: Any = None
    ) -> Self:
        """Forecast the last maps of a series from those before them, and draw both.

        Parameters
        ----------
        model : SeriesForecaster
            Fitted on maps.
        X : ndarray, stored array or xarray object of maps
            At least ``lookback + horizon`` maps; the last `horizon` are forecast.
        channel : int, default=0
            Which channel to draw, of those forecast.
        known : array or callable, default=None
            Covariates of the last ``lookback + horizon`` maps; by default those of `fit`.
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        FramesDisplay
            Drawn.

        Raises
        ------
        TypeError
            If `X` is not a series, or the model is not a `SeriesForecaster`.
        ShapeError
            If the series is none of maps.
        """
        check_forecasts_series("FramesDisplay", model)
        check_is_series(X)
        # just enough for one origin whose truth is there
        last = last_maps(X, model.lookback + model.horizon)
        labelled = model.backtest(last, known=known)[-1]
        _, truth = model.paired_forecasts(last, known=known)
        forecast = np.asarray(labelled)
        maps, forecast = _pick(truth[-1].reshape(forecast.shape), forecast, channel)
        if is_xarray(X):
            maps = label_maps(maps, labelled, last, model.target, channel)
        return cls(maps, forecast).plot(ax)

    @classmethod
    def from_predictions(
        cls, y_true: Any, y_pred: Any, *, channel: int = 0, ax: Any = None
    ) -> Self:
        """Draw maps forecast elsewhere.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (steps, H, W) or (steps, C, H, W)
            Truth and forecast, such as ``X.unflatten(y)[0]`` and ``X.unflatten(model.predict(
            X))[0]``. A DataArray of truth, in this order of dimensions, brings its dates,
            coordinates and unit. Of two DataArrays the forecast is put in the order of the truth,
            by its dimensions and labels.
        channel : int, default=0
            Which channel to draw.
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        FramesDisplay
            Drawn.

        Raises
        ------
        ShapeError
            If they are not maps of one shape, or two DataArrays are of other cells or times.
        TypeError
            If one is a Dataset.
        ValueError
            If values are not numbers, no cell has both, or no channel has that number.
        """
        y_true, y_pred = match_maps({"y_true": y_true, "y_pred": y_pred})
        maps, forecast = _pick(np.asarray(y_true), np.asarray(y_pred), channel)
        if is_xarray(y_true):
            maps = label_by_position(maps, y_true)
        return cls(maps, forecast).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the maps.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        FramesDisplay
            Itself.
        """
        steps, H, W = self.truth.shape
        ax, axes = make_axes_grid("FramesDisplay", ax, 3, steps, map_inches(H, W))
        truth, forecast = np.asarray(self.truth), np.asarray(self.forecast)
        error = forecast - truth
        if not np.isfinite(error).any():
            raise MissingValuesError(
                "Truth and forecast must share a cell with values, but none of their "
                f"{error.size} cells has both. Draw maps of other times."
            )
        # one scale for truth and forecast, and one of its own for errors, with 0 in the middle;
        # what a network says of land, which it was never trained on, must not stretch the first
        values = np.stack([truth, np.where(np.isnan(truth), np.nan, forecast)])
        low, high = np.nanmin(values), np.nanmax(values)
        most = np.nanmax(np.abs(error)) or 1.0  # a perfect forecast, too, needs a scale
        self.images_ = np.empty((3, steps), dtype=object)
        rows = {"truth": truth, "forecast": forecast, "difference": error}
        for row, maps in enumerate(rows.values()):
            scale = {"vmin": low, "vmax": high} if row < 2 else {"vmin": -most, "vmax": most}
            scale = {**scale, **map_style(self.truth), "cmap": "viridis" if row < 2 else "RdBu_r"}
            for step in range(steps):
                place = axes[row, step]
                self.images_[row, step] = place.imshow(maps[step], **scale)
                shade_missing(place)
                name_map_axes(place, self.truth, left=step == 0, below=row == 2)
        for place, name in zip(axes[:, 0], rows, strict=True):
            place.set_ylabel("\n".join(filter(None, [name, place.get_ylabel()])))
        for place, title in zip(axes[0], step_titles(self.truth), strict=True):
            place.set_title(title, fontsize="medium")
        unit = name_and_unit(self.truth)
        ax.figure.colorbar(self.images_[0, 0], ax=list(axes[:2].ravel()), label=unit)
        # small, since the bar is as short as a single map
        bar = ax.figure.colorbar(self.images_[2, 0], ax=list(axes[2]))
        bar.set_label(difference_and_unit(self.truth), fontsize="small")
        self.ax_, self.axes_, self.figure_ = ax, axes, ax.figure
        return self


def _pick(truth: np.ndarray, forecast: np.ndarray, channel: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the maps (steps, H, W) of one channel."""
    check_numbers("y_true", truth)
    check_numbers("y_pred", forecast)
    if truth.shape != forecast.shape or truth.ndim not in (3, 4):
        raise ShapeError(
            "y_true and y_pred must be maps (steps, H, W) or (steps, C, H, W) of one shape, "
            f"got {truth.shape} and {forecast.shape}. Reshape one window's with X.unflatten(y)[0]."
        )
    if truth.ndim == 3:
        return truth, forecast
    position = check_position("channel", channel, truth.shape[1], "channels")
    return truth[:, position], forecast[:, position]
