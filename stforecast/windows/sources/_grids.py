"""xarray's labelled maps: dimensions in any order in, coordinates back out."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError, ShapeError
from stforecast.windows._batches import Array, Rows
from stforecast.windows._geometry import Integers
from stforecast.windows.sources._arrays import plain_numbers
from stforecast.windows.sources._index import read_index
from stforecast.windows.sources._repairs import Calls
from stforecast.windows.sources._stored_rows import StoredRows, stack_channels
from stforecast.windows.sources._time_series import TimeSeries, row_bounds

_TIME = ("time", "valid_time", "date", "t")
_HEIGHT = ("y", "lat", "latitude", "row", "nlat", "south_north", "j", "nj", "rlat")
_WIDTH = ("x", "lon", "longitude", "col", "nlon", "west_east", "i", "ni", "rlon")
_UNITS = re.compile(r"(day|hour|hr|h|minute|min|second|sec|s)s? since ")


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
    coords : dict of tuple
        Dimensions, values and attributes of each coordinate that does not change with time.
    attrs : dict of dict
        Attributes, by the name of the DataArray or of each variable.
    """

    order: tuple[Hashable, ...]
    dims: tuple[Hashable, ...]
    time: Hashable
    channel: Hashable | None
    name: Hashable
    variables: tuple[Hashable, ...] | None
    coords: dict[Hashable, tuple[Any, Array, dict[Any, Any]]] = field(compare=False)
    attrs: dict[Hashable, dict[Any, Any]] = field(compare=False)

    @property
    def kind(self) -> str:
        return "DataArray" if self.variables is None else "Dataset"

    @property
    def names(self) -> tuple[Hashable, ...]:
        """Names of the channels: variables of a dataset, coordinates of an array."""
        if self.variables is not None:
            return self.variables
        return self.axes.get(self.channel, ()) if self.channel is not None else ()

    @property
    def frame_dims(self) -> tuple[Hashable | None, ...]:
        """Dimensions of a frame, the first of which is the channels."""
        return self.dims if self.channel is not None else (None, *self.dims)

    @property
    def axes(self) -> dict[Hashable, tuple[Hashable, ...]]:
        """Labels along each dimension of a frame that has coordinates."""
        return {dim: tuple(self.coords[dim][1].tolist()) for dim in self.dims if dim in self.coords}

    def pick(self, positions: Integers, axis: int = 0) -> GridLabels:
        """Return the labels of some positions along a dimension of a frame."""
        dim = self.frame_dims[axis]
        coords = {
            name: (dims, values.take(positions, dims.index(dim)) if dim in dims else values, attrs)
            for name, (dims, values, attrs) in self.coords.items()
        }
        names = self.variables
        if names is not None and axis == 0:
            names = tuple(names[i] for i in positions)
        return replace(self, coords=coords, variables=names)

    def label_targets(self, values: Array, origins: Any, steps: range) -> Any:
        """Return targets (n, horizon, C, H, W) as a DataArray (origin, step, *dims)."""
        return self._array(
            values if self.channel is not None else values[:, :, 0],
            {"origin": _plain_labels(origins), "step": list(steps)},
        )

    def label_rows(self, values: Array, times: Any) -> Any:
        """Return frames (N, C, H, W) as the kind of object they came from."""
        frames = values if self.channel is not None else values[:, 0]
        grid = self._array(frames, {self.time: None if times is None else _plain_labels(times)})
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


def map_dimensions(series: Any) -> tuple[Hashable, ...]:
    """Return the names of rows and columns of an xarray object of maps."""
    return _order(_arrays(series)[0])[1][-2:]


def find_time(dims: Iterable[Hashable]) -> Hashable:
    """Return which of some dimensions is time, by its name."""
    return _find(tuple(dims), _TIME)


def _remedy_for_dimension(series: Any, dim: Hashable) -> str:
    """Return what to do where variables have a dimension beside those of maps."""
    names = [name for name in series.data_vars if dim in series[name].dims]
    if len(names) == len(series.data_vars):
        return "Select from it, or pass one variable as a DataArray."
    # such as the bounds of each time, which files of climate models hold
    return f"Leave out what has it: series.drop_vars({names!r})."


def read_grid(series: Any, step: Any, calls: Calls) -> TimeSeries:
    """Return a DataArray, or the variables of a Dataset as channels, as a series."""
    names = _variables(series)
    arrays = _arrays(series)
    first = arrays[0]
    time, dims = _order(first)
    channel = dims[0] if len(dims) in (1, 3) else None
    # coordinates along time belong to the rows; forecasts have new ones
    coords = {
        name: (coordinate.variable.dims, coordinate.values, dict(coordinate.attrs))
        for name, coordinate in first.coords.items()
        if time not in coordinate.dims
    }
    if names is not None:
        if channel is not None:
            raise ShapeError(
                f"Variables of a Dataset are channels, so they have no dimension {channel!r} of "
                f"their own. {_remedy_for_dimension(series, channel)}"
            )
        channel, dims = "channel", ("channel", *dims)
        coords[channel] = ((channel,), np.array(names, dtype=object), {})
    labels = GridLabels(
        order=first.dims,
        dims=dims,
        time=time,
        channel=channel,
        name=None if names else first.name,
        variables=names,
        coords=coords,
        attrs={array.name: dict(array.attrs) for array in arrays},
    )
    members = [_frames(array.transpose(time, *_order(array)[1])) for array in arrays]
    values = plain_numbers(stack_channels(members))
    index = first.indexes.get(time)
    _check_decoded(series, time)
    times, step = (None, None) if index is None else read_index(index, step, calls)
    return TimeSeries(values, row_bounds([values]), times, step, labels)


def _check_decoded(series: Any, time: Hashable) -> None:
    """Raise if times of steps of several lengths are numbers, as a file holds them."""
    index = series.indexes.get(time)
    units = str(series[time].attrs.get("units", ""))
    if index is None or index.dtype.kind not in "iuf" or _UNITS.match(units) is None:
        return
    # integers of one step may stay numbers
    if index.dtype.kind == "f" or len(set(np.diff(index))) > 1:
        call = "xarray.decode_cf(series)"
        if _variables(series) is None:
            call = "xarray.decode_cf(series.to_dataset(name='maps'))['maps']"
        raise IrregularIndexError(
            f"Maps need times, but {time!r} holds numbers of {units!r}. Decode them: {call}."
        )


def count_channels(series: Any) -> int:
    """Return how many channels an xarray object has."""
    names = _variables(series)
    if names is not None:
        return len(names)
    dims = _order(series)[1]
    return int(series.sizes[dims[0]]) if len(dims) in (1, 3) else 1


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
    is_same = all(array.dims == arrays[0].dims for array in arrays)  # broadcast may read files
    return arrays if is_same else list(xarray.broadcast(*arrays))


def _frames(grid: Any) -> Rows:
    """Return an array (time, [channel,] [y, x]) as frames, in memory only if it is."""
    frame = tuple(int(size) for size in grid.shape[1:])
    rows = StoredRows(grid, (1, *frame) if len(frame) in (0, 2) else frame)
    data = grid.variable._data  # noqa: SLF001 - .data would read the file
    return rows[slice(None)] if isinstance(data, np.ndarray) else rows


def _order(grid: Any) -> tuple[Hashable, tuple[Hashable, ...]]:
    time = _find(grid.dims, _TIME)
    height, width = _find(grid.dims, _HEIGHT), _find(grid.dims, _WIDTH)
    channels = [dim for dim in grid.dims if dim not in (time, height, width)]
    spatial = [dim for dim in (height, width) if dim is not None]
    if time is None or len(channels) > 1 or len(spatial) == 1:
        names = ", ".join(_TIME + _HEIGHT + _WIDTH)
        raise ShapeError(
            f"Maps must have the dimensions time, [channel,] y, x, got {grid.dims}. Rename them "
            f"(known names: {names}), or select from the rest."
        )
    return time, (*channels, *spatial)


def _find(dims: tuple[Hashable, ...], names: tuple[str, ...]) -> Hashable | None:
    # by the names first: beside x, i is another dimension
    known = {str(dim).lower(): dim for dim in reversed(dims)}
    return next((known[name] for name in names if name in known), None)


def _plain_labels(labels: Any) -> Any:
    """Return labels as an array that xarray takes for any dimension."""
    return np.asarray(labels.to_timestamp() if isinstance(labels, pd.PeriodIndex) else labels)
