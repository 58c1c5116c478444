"""Maps that came and maps that were forecast, lead by lead."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from stforecast._validation import check_integer, check_numbers
from stforecast.exceptions import ShapeError
from stforecast.inspection._axes import grid_of_axes, map_inches
from stforecast.inspection._network_steps import check_forecasts_series
from stforecast.series._checks import check_is_series
from stforecast.windows.sources._grids import is_xarray, time_dimension


class FramesDisplay:
    """The true map, the forecast map and their difference for each step ahead.

    Truth and forecast share one scale of colours, the differences another, centred on zero. It is
    best made by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    truth, forecast : ndarray of shape (steps, H, W)
        The maps.

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

    def __init__(self, truth: np.ndarray, forecast: np.ndarray) -> None:
        self.truth = truth
        self.forecast = forecast

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
            If `X` is no series, or the model no `SeriesForecaster`.
        ShapeError
            If the series is none of maps.
        """
        check_forecasts_series("FramesDisplay", model)
        check_is_series(X)
        last = _last(X, model.lookback + model.horizon)
        forecast = np.asarray(model.backtest(last, known=known))[-1]
        _, truth = model.paired_forecasts(last, known=known)
        return cls.from_predictions(
            truth[-1].reshape(forecast.shape), forecast, channel=channel, ax=ax
        )

    @classmethod
    def from_predictions(
        cls, y_true: Any, y_pred: Any, *, channel: int = 0, ax: Any = None
    ) -> Self:
        """Draw maps forecast elsewhere.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (steps, H, W) or (steps, C, H, W)
            Truth and forecast.
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
            If they are not maps of one shape.
        ValueError
            If values are no numbers, or there is no such channel.
        """
        truth, forecast = np.asarray(y_true), np.asarray(y_pred)
        check_numbers("y_true", truth)
        check_numbers("y_pred", forecast)
        if truth.shape != forecast.shape or truth.ndim not in (3, 4):
            raise ShapeError(
                "Truth and forecast must be maps (steps, H, W) or (steps, C, H, W) of one shape, "
                f"got {truth.shape} and {forecast.shape}. Reshape rows with X.unflatten."
            )
        if truth.ndim == 4:
            picked = check_integer("channel", channel, 0)
            if picked >= truth.shape[1]:
                raise ValueError(
                    f"channel must be below {truth.shape[1]}, the number of channels, got {picked}."
                )
            truth, forecast = truth[:, picked], forecast[:, picked]
        return cls(truth, forecast).plot(ax)

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
        ax, axes = grid_of_axes("FramesDisplay", ax, 3, steps, map_inches(H, W))
        error = self.forecast - self.truth
        both = np.stack([self.truth, self.forecast])
        low, high = np.nanmin(both), np.nanmax(both)
        most = np.nanmax(np.abs(error)) or 1.0
        self.images_ = np.empty((3, steps), dtype=object)
        for row, (name, maps) in enumerate(
            {"truth": self.truth, "forecast": self.forecast, "difference": error}.items()
        ):
            scale = {"vmin": low, "vmax": high} if row < 2 else {"vmin": -most, "vmax": most}
            for step in range(steps):
                place = axes[row, step]
                self.images_[row, step] = place.imshow(
                    maps[step], cmap="viridis" if row < 2 else "RdBu_r", **scale
                )
                place.set(xticks=[], yticks=[])
            axes[row, 0].set_ylabel(name)
        for step in range(steps):
            axes[0, step].set_title(f"step {step + 1}")
        ax.figure.colorbar(self.images_[0, 0], ax=list(axes[:2].ravel()))
        ax.figure.colorbar(self.images_[2, 0], ax=list(axes[2]))
        self.ax_, self.axes_, self.figure_ = ax, axes, ax.figure
        return self


def _last(X: Any, count: int) -> Any:
    """Return the last maps of a series."""
    if is_xarray(X):
        return X.isel({time_dimension(X): slice(-count, None)})
    return X[-count:]
