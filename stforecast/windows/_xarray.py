"""xarray's labelled maps: dimensions in any order in, coordinates back out."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows._gather import Array, Rows
from stforecast.windows._ondisk import StoredRows

_TIME = ("time", "valid_time", "date", "t")
_HEIGHT = ("y", "lat", "latitude", "row", "nlat", "south_north")
_WIDTH = ("x", "lon", "longitude", "col", "nlon", "west_east")


@dataclass(frozen=True)
class GridLabels:
    """Dimensions and coordinates of the frames of an xarray object."""

    dims: tuple[Hashable, ...]
    coords: dict[Hashable, Array] = field(compare=False)
    channels: tuple[Hashable, ...] | None = None
    name: Hashable = None
    time: Hashable = "time"

    @property
    def names(self) -> tuple[Hashable, ...]:
        """Names of the channels: variables of a dataset, coordinates of an array."""
        if self.channels is not None:
            return self.channels
        return tuple(self.coords["channel"].tolist()) if "channel" in self.coords else ()

    def pick(self, channels: Array) -> GridLabels:
        """Return the labels of some of the channels."""
        coords = dict(self.coords)
        if "channel" in coords:
            coords["channel"] = coords["channel"][channels]
        names = None if self.channels is None else tuple(self.channels[i] for i in channels)
        return replace(self, coords=coords, channels=names)

    def attach(self, values: Array, origins: Any, steps: range) -> Any:
        """Return targets (n, horizon, C, H, W) as a DataArray (origin, step, *dims)."""
        import xarray

        labelled = values if "channel" in self.dims else values[:, :, 0]
        coords = {"origin": _plain(origins), "step": list(steps), **self.coords}
        return xarray.DataArray(
            labelled, dims=("origin", "step", *self.dims), coords=coords, name=self.name
        )

    def attach_frames(self, values: Array, times: Any) -> Any:
        """Return frames (N, C, H, W) as the kind of object they came from."""
        import xarray

        labelled = values if "channel" in self.dims else values[:, 0]
        coords = {self.time: _plain(times), **self.coords}
        grid = xarray.DataArray(
            labelled, dims=(self.time, *self.dims), coords=coords, name=self.name
        )
        return grid if self.channels is None else grid.to_dataset("channel")


def is_xarray(series: Any) -> bool:
    """Whether an object is xarray's, without importing xarray."""
    return type(series).__module__.partition(".")[0] == "xarray"


def time_dimension(series: Any) -> Hashable:
    """Return the name of the time dimension of an xarray object."""
    return _order(series if hasattr(series, "ndim") else series.to_dataarray("channel"))[0]


def open_grid(series: Any) -> tuple[Rows, GridLabels, pd.Index | None]:
    """Return the frames (N, C, H, W) or (N, C), their labels and the time index."""
    grid, channels = _as_grid(series)
    time, dims = _order(grid)
    grid = grid.transpose(time, *dims)
    named = tuple("channel" if dim == _channel(dims) else dim for dim in dims)
    coords = {
        new: np.asarray(grid[old].values)
        for old, new in zip(dims, named, strict=True)
        if old in grid.coords
    }
    labels = GridLabels(named, coords, channels, grid.name, time)
    frame = tuple(int(grid.sizes[dim]) for dim in dims)
    frame = frame if "channel" in named or not frame else (1, *frame)
    values: Rows = StoredRows(grid, frame or (1,))
    if isinstance(grid.variable._data, np.ndarray):  # noqa: SLF001 - .data would read the file
        values = values[slice(None)]
    index = grid.indexes.get(time)
    return values, labels, index


def _as_grid(series: Any) -> tuple[Any, tuple[Hashable, ...] | None]:
    if hasattr(series, "data_vars"):
        return series.to_dataarray("channel"), tuple(series.data_vars)
    return series, None


def _order(grid: Any) -> tuple[Hashable, tuple[Hashable, ...]]:
    time = _find(grid.dims, _TIME)
    height, width = _find(grid.dims, _HEIGHT), _find(grid.dims, _WIDTH)
    others = [dim for dim in grid.dims if dim not in (time, height, width)]
    spatial = [dim for dim in (height, width) if dim is not None]
    if time is None or len(others) > 1 or len(spatial) == 1:
        raise ShapeError(
            f"A DataArray must have the dimensions time, [channel,] y, x, got {grid.dims}. Rename "
            f"them (known names: {', '.join(_TIME + _HEIGHT + _WIDTH)}) or drop the rest."
        )
    return time, (*others, *spatial)


def _channel(dims: tuple[Hashable, ...]) -> Hashable | None:
    return dims[0] if len(dims) in (1, 3) else None


def _find(dims: tuple[Hashable, ...], names: tuple[str, ...]) -> Hashable | None:
    return next((dim for dim in dims if str(dim).lower() in names), None)


def _plain(labels: Any) -> Any:
    """Return labels as an array that xarray takes for any dimension."""
    return np.asarray(labels.to_timestamp() if isinstance(labels, pd.PeriodIndex) else labels)
