"""xarray's labelled maps: dimensions in any order in, coordinates back out."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows._gather import Array, Rows
from stforecast.windows.sources._stored import StoredRows, stack_channels

_TIME = ("time", "valid_time", "date", "t")
_HEIGHT = ("y", "lat", "latitude", "row", "nlat", "south_north")
_WIDTH = ("x", "lon", "longitude", "col", "nlon", "west_east")


@dataclass(frozen=True)
class GridLabels:
    """Dimensions, coordinates and attributes of an xarray object.

    Parameters
    ----------
    order : tuple
        All dimensions of the object, as they came.
    dims : tuple
        Dimensions of a frame: [channel,] [y, x].
    time, channel : hashable
        Which dimensions are time and, where there are any, channels.
    name : hashable
        Name of a DataArray.
    variables : tuple, optional
        Names of the variables of a dataset, which are its channels.
    coords : dict of xarray.Variable
        Coordinates that do not change with time.
    attrs : dict of dict
        Attributes, by the name of the DataArray or of each variable.
    """

    order: tuple[Hashable, ...]
    dims: tuple[Hashable, ...]
    time: Hashable
    channel: Hashable | None
    name: Hashable
    variables: tuple[Hashable, ...] | None
    coords: dict[Hashable, Any] = field(compare=False)
    attrs: dict[Hashable, dict[Any, Any]] = field(compare=False)

    @property
    def names(self) -> tuple[Hashable, ...]:
        """Names of the channels: variables of a dataset, coordinates of an array."""
        if self.variables is not None:
            return self.variables
        return (
            tuple(self.coords[self.channel].values.tolist()) if self.channel in self.coords else ()
        )

    def pick(self, channels: Array) -> GridLabels:
        """Return the labels of some of the channels."""
        coords = {
            name: one.isel({self.channel: channels}) if self.channel in one.dims else one
            for name, one in self.coords.items()
        }
        names = None if self.variables is None else tuple(self.variables[i] for i in channels)
        return replace(self, coords=coords, variables=names)

    def attach(self, values: Array, origins: Any, steps: range) -> Any:
        """Return targets (n, horizon, C, H, W) as a DataArray (origin, step, *dims)."""
        return self._array(
            values if self.channel is not None else values[:, :, 0],
            {"origin": _plain(origins), "step": list(steps)},
        )

    def attach_frames(self, values: Array, times: Any) -> Any:
        """Return frames (N, C, H, W) as the kind of object they came from."""
        frames = values if self.channel is not None else values[:, 0]
        grid = self._array(frames, {self.time: None if times is None else _plain(times)})
        if self.variables is None:
            return grid.transpose(*self.order, transpose_coords=False)
        dataset = grid.to_dataset(self.channel).transpose(*self.order)
        for name in self.variables:
            dataset[name].attrs.update(self.attrs[name])
        return dataset

    def _array(self, values: Array, labels: dict[Any, Any]) -> Any:
        import xarray

        return xarray.DataArray(
            values,
            coords={**self.coords, **{k: v for k, v in labels.items() if v is not None}},
            dims=(*labels, *self.dims),
            name=self.name,
            attrs=self.attrs.get(self.name),
        )


def is_xarray(series: Any) -> bool:
    """Whether an object is xarray's, without importing xarray."""
    return type(series).__module__.partition(".")[0] == "xarray"


def time_dimension(series: Any) -> Hashable:
    """Return the name of the time dimension of an xarray object."""
    return _order(_arrays(series)[0])[0]


def open_grid(series: Any) -> tuple[Rows, GridLabels, pd.Index | None]:
    """Return the frames (N, C, H, W) or (N, C), their labels and the time index."""
    import xarray

    arrays, names = _arrays(series), _variables(series)
    first = arrays[0]
    time, dims = _order(first)
    steady = {name: one.variable for name, one in first.coords.items() if time not in one.dims}
    if names is None:
        channel = dims[0] if len(dims) in (1, 3) else None
    else:
        if len(dims) in (1, 3):
            raise ShapeError(
                f"Variables of a Dataset are channels, so they have no dimension {dims[0]!r} of "
                "their own. Select from it, or pass one variable as a DataArray."
            )
        channel, dims = "channel", ("channel", *dims)
        steady[channel] = xarray.Variable(channel, np.array(names, dtype=object))
    labels = GridLabels(
        order=first.dims,
        dims=dims,
        time=time,
        channel=channel,
        name=None if names else first.name,
        variables=names,
        coords=steady,
        attrs={one.name: dict(one.attrs) for one in arrays},
    )
    members = [_frames(one.transpose(time, *_order(one)[1])) for one in arrays]
    return stack_channels(members), labels, first.indexes.get(time)


def _variables(series: Any) -> tuple[Hashable, ...] | None:
    return tuple(series.data_vars) if hasattr(series, "data_vars") else None


def _arrays(series: Any) -> list[Any]:
    """Return the variables of a dataset, all with the same dimensions, or the one array.

    (`to_dataarray` would read files that are open without dask.)
    """
    import xarray

    names = _variables(series)
    if names == ():
        raise ValueError("A Dataset must hold at least one variable, got none.")
    if names is None:
        return [series]
    arrays = [series[name] for name in names]
    same = all(one.dims == arrays[0].dims for one in arrays)  # broadcast may read files
    return arrays if same else list(xarray.broadcast(*arrays))


def _frames(grid: Any) -> Rows:
    """Return an array (time, [channel,] [y, x]) as frames, in memory only if it is."""
    frame = tuple(int(size) for size in grid.shape[1:])
    rows = StoredRows(grid, (1, *frame) if len(frame) in (0, 2) else frame)
    held = grid.variable._data  # noqa: SLF001 - .data would read the file
    return rows[slice(None)] if isinstance(held, np.ndarray) else rows


def _order(grid: Any) -> tuple[Hashable, tuple[Hashable, ...]]:
    time = _find(grid.dims, _TIME)
    height, width = _find(grid.dims, _HEIGHT), _find(grid.dims, _WIDTH)
    others = [dim for dim in grid.dims if dim not in (time, height, width)]
    spatial = [dim for dim in (height, width) if dim is not None]
    if time is None or len(others) > 1 or len(spatial) == 1:
        known = ", ".join(_TIME + _HEIGHT + _WIDTH)
        raise ShapeError(
            f"Maps must have the dimensions time, [channel,] y, x, got {grid.dims}. Rename them "
            f"(known names: {known}), or select from the rest."
        )
    return time, (*others, *spatial)


def _find(dims: tuple[Hashable, ...], names: tuple[str, ...]) -> Hashable | None:
    return next((dim for dim in dims if str(dim).lower() in names), None)


def _plain(labels: Any) -> Any:
    """Return labels as an array that xarray takes for any dimension."""
    return np.asarray(labels.to_timestamp() if isinstance(labels, pd.PeriodIndex) else labels)
