"""What the maps of an xarray object are called: dates, coordinates and units."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from stforecast.windows.sources._grids import is_xarray, time_dimension

# how the CF conventions write units, and what readers are used to
SIGNS = {"degrees_north": "°N", "degrees_east": "°E", "degC": "°C", "degree_Celsius": "°C"}


def label_maps(values: np.ndarray, forecast: Any, X: Any, target: Any, channel: int) -> Any:
    """Return maps (steps, H, W) with the times of the last steps of an xarray series.

    Their cells have the coordinates of the forecast, which stand in the order of fit.
    """
    import xarray

    first = X[_variable(X, target, channel)] if hasattr(X, "data_vars") else X
    time, cells = time_dimension(first), forecast.dims[-2:]
    last = first.isel({time: slice(-len(values), None)})
    coords = {dim: _coordinate(forecast, dim) for dim in cells if dim in forecast.coords}
    if time in last.coords:
        coords[time] = _coordinate(last, time)
    return xarray.DataArray(values, coords, (time, *cells), name=first.name, attrs=first.attrs)


def last_maps(X: Any, count: int) -> Any:
    """Return the last maps of a series."""
    if is_xarray(X):
        return X.isel({time_dimension(X): slice(-count, None)})
    return X[-count:]


def label_by_position(values: np.ndarray, maps: Any) -> Any:
    """Return maps (steps, H, W) with the coordinates of a DataArray (steps, ..., H, W)."""
    import xarray

    dims = (maps.dims[0], *maps.dims[-2:])
    coords = {
        dim: _coordinate(maps, dim)
        for dim, size in zip(dims, values.shape, strict=True)
        if dim in maps.coords and maps.sizes[dim] == size
    }
    return xarray.DataArray(values, coords, dims, name=maps.name, attrs=maps.attrs)


def _coordinate(maps: Any, dim: Hashable) -> tuple[Hashable, Any, Any]:
    """Return a coordinate of its dimension, with its unit."""
    return dim, maps[dim].values, maps[dim].attrs


def _variable(X: Any, target: Any, channel: int) -> Hashable:
    """Return the variable of a Dataset that a channel of the forecast is."""
    names = list(X.data_vars) if target is None else target
    variable: Hashable = names if isinstance(names, str) else names[channel]
    return variable


def step_titles(maps: Any) -> list[str]:
    """Return what stands above each step: its time, or its number."""
    steps = [f"step {number + 1}" for number in range(len(maps))]
    if not is_xarray(maps) or maps.dims[0] not in maps.coords:
        return steps
    name = "step " if maps.dims[0] == "step" else ""
    return [f"{name}{time}" for time in time_texts(pd.Index(maps[maps.dims[0]].values))]


def time_texts(labels: pd.Index) -> list[str]:
    """Return times as dates, with hours where one is not midnight; other labels as they are."""
    # pandas does not know the times of cftime, but they can be written in the same way
    if not all(hasattr(label, "strftime") and hasattr(label, "hour") for label in labels):
        return [str(label) for label in labels]
    whole_days = all(f"{label:%H:%M:%S}" == "00:00:00" for label in labels)
    return [f"{label:%Y-%m-%d}" if whole_days else f"{label:%Y-%m-%d %H:%M}" for label in labels]


def name_and_unit(maps: Any) -> str:
    """Return name and unit of the values, as far as they are known."""
    return _join_unit(maps.attrs.get("long_name", maps.name), maps) if is_xarray(maps) else ""


def difference_and_unit(maps: Any) -> str:
    """Return which difference between maps is meant, and below it their unit if it is known."""
    unit = _join_unit(None, maps) if is_xarray(maps) else ""
    return f"forecast - truth\nin {unit}" if unit else "forecast - truth"


def _join_unit(name: Any, values: Any) -> str:
    unit = values.attrs.get("units", values.attrs.get("unit"))
    return " in ".join(str(part) for part in (name, SIGNS.get(unit, unit)) if part)


def map_style(maps: Any) -> dict[str, Any]:
    """Return where an image of a map stands: its coordinates, and which row is on top."""
    if not is_xarray(maps):
        return {}
    rows, columns = (_edges(maps, dim) for dim in maps.dims[-2:])
    if rows is None or columns is None:
        return {}
    (bottom, top), (left, right) = rows, columns
    upright = bottom < top  # the first row is the lowest
    low, high = (bottom, top) if upright else (top, bottom)
    return {"extent": (left, right, low, high), "origin": "lower" if upright else "upper"}


def _edges(maps: Any, dim: Hashable) -> tuple[float, float] | None:
    """Return the outer edges of evenly spaced cells, None where there are none."""
    if dim not in maps.coords:
        return None
    values = np.asarray(maps[dim].values)
    if values.dtype.kind not in "fiu" or len(values) < 2:
        return None
    steps = np.diff(values.astype(float))
    if steps[0] == 0 or not np.allclose(steps, steps[0], rtol=1e-3):
        return None
    # coordinates are middles of cells; steps[0] is negative where they fall
    return float(values[0] - steps[0] / 2), float(values[-1] + steps[0] / 2)


def shade_missing(place: Any) -> None:
    """Give cells without a value a colour that no scale of the maps has; white is often zero."""
    place.set_facecolor("0.8")


def name_map_axes(place: Any, maps: Any, *, left: bool, below: bool) -> None:
    """Write coordinates where a map stands at an edge of the grid, and none elsewhere."""
    if not map_style(maps):
        place.set(xticks=[], yticks=[])
        return
    height, width = maps.dims[-2:]
    place.locator_params(nbins=4)
    place.tick_params(labelleft=left, labelbottom=below, labelsize="small")
    if below:
        place.set_xlabel(_join_unit(width, maps[width]), fontsize="small")
    if left:
        place.set_ylabel(_join_unit(height, maps[height]), fontsize="small")
