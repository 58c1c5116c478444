"""Matplotlib, asked for on use, and where rows stand on its time axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast._constraints import Instances
from stforecast.exceptions import ShapeError
from stforecast.windows import Windows


def pyplot(caller: str) -> Any:
    """Return matplotlib's pyplot, or say how to install it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{caller} needs matplotlib. Install it with pip install matplotlib."
        ) from error
    return plt


def make_axes(caller: str, ax: Any, inches: tuple[float, float] | None = None) -> Any:
    """Return the axes given, or those of a new figure of that size, by default matplotlib's."""
    plt = pyplot(caller)
    if ax is None:
        return plt.subplots(figsize=inches, layout="constrained")[1]
    return _check_axes(ax)


def make_axes_grid(
    caller: str, ax: Any, rows: int, columns: int, inches: tuple[float, float]
) -> tuple[Any, Any]:
    """Return the axes that bound a grid of pictures of that size, and the grid in its place."""
    plt = pyplot(caller)
    if ax is None:
        width, height = inches
        whole = (width * columns + 1.0, height * rows + 0.5)
        ax = plt.subplots(figsize=whole, layout="constrained")[1]
    # the user's axes stay as a frame that is not drawn; the grid lies in their place
    _check_axes(ax).set_axis_off()
    place = ax.get_subplotspec().subgridspec(rows, columns)
    return ax, place.subplots(squeeze=False)


def _check_axes(ax: Any) -> Any:
    from matplotlib.axes import Axes

    Instances("matplotlib Axes or None", (Axes,)).check("ax", ax)
    return ax


def map_inches(H: int, W: int) -> tuple[float, float]:
    """Return width and height of the picture of a map, in its shape unless that is extreme."""
    # the root on both sides gives pictures of all shapes one area
    shape = min(max(W / H, 0.25), 4.0) ** 0.5
    return 1.6 * shape, 1.6 / shape


def time_axis(index: Any) -> Any:
    """Return labels as matplotlib can place them: local times, seconds, or numbers."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        # the clock on the wall; matplotlib would show UTC
        return index.tz_localize(None).to_numpy()
    if isinstance(index, pd.TimedeltaIndex):
        return index.total_seconds().to_numpy()
    return np.asarray(index)


def single_series_times(caller: str, X: Windows) -> pd.Index:
    """Return the label of each origin, without the name of its series; raise if it is of many."""
    origins = X.origins
    if not isinstance(origins, pd.MultiIndex):
        return pd.Index(origins)
    names = origins.droplevel(-1).unique()
    if len(names) > 1:
        raise ShapeError(
            f"{caller} draws one series, but the windows are of {len(names)}. Pass those of one, "
            f"and their targets: X[X.origins.droplevel(-1) == {names[0]!r}]."
        )
    return origins.get_level_values(-1)


def name_time_axis(ax: Any, name: Any, labels: Any) -> None:
    """Write what the time axis shows, with dates as short as they can be."""
    if name is None and isinstance(labels, pd.TimedeltaIndex):
        name = "seconds"
    ax.set_xlabel("" if name is None else str(name))
    if isinstance(labels, pd.DatetimeIndex | pd.PeriodIndex):
        from matplotlib.dates import ConciseDateFormatter

        ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
