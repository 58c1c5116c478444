"""Where a forecast of maps is better than another, cell by cell."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from stforecast._validation import as_floats, check_position
from stforecast.exceptions import ShapeError
from stforecast.inspection._axes import make_axes, map_inches
from stforecast.inspection._display import Display
from stforecast.inspection._map_labels import (
    label_by_position,
    label_maps,
    last_maps,
    map_style,
    name_map_axes,
    shade_missing,
)
from stforecast.inspection._matching_maps import match_maps
from stforecast.inspection._network_steps import check_forecasts_series
from stforecast.series._checks import check_is_series
from stforecast.windows.sources._grids import is_xarray, map_dimensions


class SkillMapDisplay(Display):
    """The share of a reference's squared error that a forecast avoids, for each cell of a map.

    1 is a perfect forecast, 0 one no better than the reference, and negative values are worse ones.
    Cells without truth, such as land, are grey. It is best made by `from_estimator` or
    `from_predictions`.

    Parameters
    ----------
    skill : ndarray or DataArray of shape (1, H, W)
        Skill of each cell.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    image_ : matplotlib.image.AxesImage
        The map.

    See Also
    --------
    stforecast.metrics.skill_score : The same over all cells at once.

    Notes
    -----
    Colours end at -1 and 1. A cell has the skill ``1 - sum((y - f)^2) / sum((y - r)^2)`` over
    forecasts f, reference r and truth y of all origins and steps where the cell has all three.

    References
    ----------
    A. H. Murphy, "Skill scores based on the mean square error and their relationships to the
    correlation coefficient", Monthly Weather Review 116, 1988,
    https://doi.org/10.1175/1520-0493(1988)116<2417:SSBOTM>2.0.CO;2.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.inspection import SkillMapDisplay
    >>> truth = np.ones((5, 2, 3))
    >>> forecast = truth + 0.5
    >>> SkillMapDisplay.from_predictions(truth, forecast, 0 * truth).skill
    array([[[0.75, 0.75, 0.75],
            [0.75, 0.75, 0.75]]])
    """

    def __init__(self, skill: Any) -> None:
        self.skill = skill

    def _summary(self) -> str:
        _, H, W = self.skill.shape
        return f"{H} x {W} cells"

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, reference: Any, *, channel: int = 0, ax: Any = None
    ) -> Self:
        """Forecast a series of maps from every origin with two models, and compare.

        Parameters
        ----------
        model : SeriesForecaster
            Fitted on maps.
        X : ndarray or xarray object of maps
            Maps that both forecast, as for ``model.backtest``.
        reference : SeriesForecaster
            Fitted on the same maps with the same lookback, horizon and target.
        channel : int, default=0
            Which channel to draw, of those forecast.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        SkillMapDisplay
            Drawn.

        Raises
        ------
        TypeError
            If `X` is not a series, or a model is not a `SeriesForecaster`.
        ShapeError
            If the two forecast other values.
        """
        check_forecasts_series("SkillMapDisplay", model)
        check_forecasts_series("SkillMapDisplay", reference, "reference")
        check_is_series(X)
        pairs = [one.paired_forecasts(X) for one in (model, reference)]
        _check_same_values(*(truth.shape for _, truth in pairs))
        forecast, truth = _channel_maps(pairs[0], model, X, channel)
        # each in the order of its own fit
        reference_pair = _channel_maps(pairs[1], reference, X, channel)
        y_reference, reference_truth = (
            match_maps({"model": truth, "reference": maps})[1] for maps in reference_pair
        )
        maps = [np.asarray(one) for one in (truth, forecast, y_reference)]
        if not np.array_equal(maps[0], np.asarray(reference_truth), equal_nan=True):
            _check_same_values(model.target, reference.target)
        skill = _skill(*maps)[None]
        if is_xarray(X):
            skill = _without_unit(label_maps(skill, truth, X, model.target, channel))
        return cls(skill).plot(ax)

    @classmethod
    def from_predictions(
        cls, y_true: Any, y_pred: Any, y_reference: Any, *, channel: int = 0, ax: Any = None
    ) -> Self:
        """Compare two forecasts made elsewhere.

        Parameters
        ----------
        y_true, y_pred, y_reference : array-like of shape (n, H, W) or (n, steps[, C], H, W)
            Truth, the forecast to be judged and the one to beat, as ``X.unflatten`` gives them.
            Where one of them is NaN, none counts. A DataArray of truth brings its coordinates;
            others are put in its order by their dimensions and labels.
        channel : int, default=0
            Which channel to draw.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        SkillMapDisplay
            Drawn.

        Raises
        ------
        ShapeError
            If they are not maps of one shape, or DataArrays are of other cells or times.
        TypeError
            If one is a Dataset.
        ValueError
            If values are not numbers, or no channel has that number.
        """
        arguments = {"y_true": y_true, "y_pred": y_pred, "y_reference": y_reference}
        matched = dict(zip(arguments, match_maps(arguments), strict=True))
        maps = _check_shapes(*(as_floats(name, y) for name, y in matched.items()))
        skill = _pick(_skill(*map(_as_channels, maps)), channel)
        if is_xarray(y_true):
            skill = _without_unit(label_by_position(skill, matched["y_true"]))
        return cls(skill).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        SkillMapDisplay
            Itself.
        """
        width, height = map_inches(*np.shape(self.skill)[1:])
        ax = make_axes("SkillMapDisplay", ax, (2.5 * width + 1.5, 2.5 * height + 0.6))
        style = {"cmap": "RdBu", "vmin": -1.0, "vmax": 1.0, **map_style(self.skill)}
        self.image_ = ax.imshow(np.asarray(self.skill)[0], **style)
        shade_missing(ax)
        name_map_axes(ax, self.skill, left=True, below=True)
        # inset, since a bar beside the axes would keep the height that equal cells leave unused
        bar_axes = ax.inset_axes((1.03, 0.0, 0.04, 1.0))
        ax.figure.colorbar(self.image_, cax=bar_axes, label="skill: 1 perfect, 0 reference")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _without_unit(skill: Any) -> Any:
    """Return a labelled skill under its name, without the unit of what was forecast."""
    skill = skill.rename("skill")
    skill.attrs = {}
    return skill


def _map_shape(X: Any) -> tuple[int, int]:
    if is_xarray(X):
        height, width = map_dimensions(X)
        return X.sizes[height], X.sizes[width]
    return X.shape[-2], X.shape[-1]


def _check_same_values(of_model: Any, of_reference: Any) -> None:
    if of_model != of_reference:
        raise ShapeError(
            f"Both models must forecast the same values, but model forecasts {of_model} and "
            f"reference {of_reference}. Fit both with one lookback, horizon and target."
        )


def _channel_maps(pair: Any, model: Any, X: Any, channel: Any) -> list[Any]:
    """Return forecast and truth (n * steps, H, W) of a channel, labelled where the series is."""
    height, width = _map_shape(X)
    maps = [np.asarray(y).reshape(len(y) * model.horizon, -1, height, width) for y in pair]
    position = check_position("channel", channel, maps[0].shape[1], "channels")
    maps = [one[:, position] for one in maps]
    if not is_xarray(X):
        return maps
    # one forecast says in which order the cells stand in all
    labels = model.backtest(last_maps(X, model.lookback + model.horizon))[-1]
    return [label_by_position(one, labels) for one in maps]


def _check_shapes(*maps: np.ndarray) -> tuple[np.ndarray, ...]:
    if len({array.shape for array in maps}) > 1 or not 3 <= maps[0].ndim <= 5:
        raise ShapeError(
            "y_true, y_pred and y_reference must be maps (n, H, W) or (n, steps[, C], H, W) of one "
            f"shape, got {', '.join(str(array.shape) for array in maps)}. Reshape rows with "
            "X.unflatten."
        )
    return maps


def _as_channels(maps: np.ndarray) -> np.ndarray:
    """Return maps of all origins and steps one after the other, (n * steps, C, H, W)."""
    return maps.reshape(-1, maps.shape[2] if maps.ndim == 5 else 1, *maps.shape[-2:])


def _pick(skill: np.ndarray, channel: Any) -> np.ndarray:
    """Return the skill (1, H, W) of one channel of (C, H, W)."""
    return skill[None, check_position("channel", channel, len(skill), "channels")]


def _skill(truth: np.ndarray, forecast: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the skill of each cell over the first axis; NaN where nothing can be compared."""
    errors = np.stack([(forecast - truth) ** 2, (reference - truth) ** 2])
    present = np.isfinite(errors).all(axis=0)  # a forecast that is missing is not a perfect one
    error, reference_error = np.where(present, errors, 0.0).sum(axis=1)
    # where the reference has no error, 1 stands in the quotient that the outer `where` drops
    divisor = np.where(reference_error > 0, reference_error, 1.0)
    return np.where(reference_error > 0, 1 - error / divisor, np.nan)
