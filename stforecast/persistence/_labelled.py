"""Labelled tables and grids as plain arrays, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class PackedIndex:
    """A pandas index.

    Parameters
    ----------
    kind : str
        Name of its class.
    name : object
        Its name.
    values : object
        Array, list or range that holds the labels.
    details : dict
        What else its class needs.
    """

    kind: str
    name: Any
    values: Any
    details: dict[str, Any]


@dataclass(frozen=True, eq=False)
class PackedTable:
    """A pandas table or column.

    Parameters
    ----------
    index, columns : PackedIndex
        Labels of rows and columns.
    values : list of ndarray
        The columns.
    dtypes : list of str
        Their types.
    single : bool
        Whether it is a column, not a table.
    """

    index: PackedIndex
    columns: PackedIndex
    values: list[np.ndarray]
    dtypes: list[str]
    single: bool


@dataclass(frozen=True, eq=False)
class PackedGrid:
    """An xarray object.

    Parameters
    ----------
    content : dict
        What its ``to_dict`` gives.
    """

    content: dict[str, Any]


@dataclass(frozen=True, eq=False)
class PackedOffset:
    """An offset of pandas.

    Parameters
    ----------
    kind : str
        Name of its class.
    arguments : dict
        What makes it again.
    """

    kind: str
    arguments: dict[str, Any]


def pack_offset(offset: Any) -> PackedOffset:
    """Return an offset as plain values, with its weekmask, holidays and hours."""
    arguments = {"n": offset.n, "normalize": offset.normalize}
    for name, value in offset.kwds.items():
        if name == "holidays":
            arguments[name] = [str(np.datetime64(day, "D")) for day in value]
        elif name in ("start", "end"):
            arguments[name] = [time.isoformat("minutes") for time in value]
        elif name != "calendar" and isinstance(value, int | str):
            arguments[name] = value
    return PackedOffset(type(offset).__name__, arguments)


def unpack_offset(packed: PackedOffset) -> Any:
    """Return the offset."""
    return getattr(pd.offsets, packed.kind)(**packed.arguments)


def pack_table(table: pd.DataFrame | pd.Series) -> PackedTable:
    """Return a table as arrays."""
    frame = pd.DataFrame({0: table}) if isinstance(table, pd.Series) else table
    columns = pd.Index([table.name]) if isinstance(table, pd.Series) else table.columns
    return PackedTable(
        pack_index(table.index),
        pack_index(columns),
        [_plain(frame.iloc[:, i]) for i in range(frame.shape[1])],
        [str(dtype) for dtype in frame.dtypes],
        isinstance(table, pd.Series),
    )


def _plain(column: pd.Series) -> np.ndarray:
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    values = column.to_numpy(na_value=np.nan)
    return values.astype(float) if values.dtype == object else values


def unpack_table(packed: PackedTable) -> Any:
    """Return the table."""
    index, columns = unpack_index(packed.index), unpack_index(packed.columns)
    series = [
        pd.Series(values, index).astype(dtype)
        for values, dtype in zip(packed.values, packed.dtypes, strict=True)
    ]
    if packed.single:
        return series[0].rename(columns[0])
    frame = pd.concat(series, axis=1) if series else pd.DataFrame(index=index)
    return frame.set_axis(columns, axis=1)


def pack_index(index: pd.Index) -> PackedIndex:
    """Return an index as plain values."""
    kind, name = type(index).__name__, index.name
    if isinstance(index, pd.MultiIndex):
        levels = [pack_index(level) for level in index.levels]
        details = {"codes": [np.asarray(codes) for codes in index.codes]}
        return PackedIndex(kind, list(index.names), levels, details)
    if isinstance(index, pd.RangeIndex):
        return PackedIndex(kind, name, [index.start, index.stop, index.step], {})
    if isinstance(index, pd.PeriodIndex):
        return PackedIndex(kind, name, index.asi8, {"freq": index.freqstr})
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        tz = getattr(index, "tz", None)
        details = {"unit": index.unit, "freq": index.freqstr, "tz": tz and str(tz)}
        return PackedIndex(kind, name, index.asi8, details)
    if pd.api.types.is_numeric_dtype(index.dtype):
        return PackedIndex("Index", name, index.to_numpy(), {})
    return PackedIndex("Index", name, index.tolist(), {})


def unpack_index(packed: PackedIndex) -> Any:
    """Return the index."""
    values, details = packed.values, packed.details
    if packed.kind == "MultiIndex":
        levels = [unpack_index(level) for level in values]
        return pd.MultiIndex(levels, details["codes"], names=packed.name)
    if packed.kind == "RangeIndex":
        return pd.RangeIndex(*values, name=packed.name)
    if packed.kind == "PeriodIndex":
        return pd.PeriodIndex.from_ordinals(values, freq=details["freq"], name=packed.name)
    if packed.kind == "TimedeltaIndex":
        spans = values.view(f"m8[{details['unit']}]")
        return pd.TimedeltaIndex(spans, freq=details["freq"], name=packed.name)
    if packed.kind == "DatetimeIndex":
        times = pd.DatetimeIndex(values.view(f"M8[{details['unit']}]"), name=packed.name)
        times = (
            times if details["tz"] is None else times.tz_localize("UTC").tz_convert(details["tz"])
        )
        return pd.DatetimeIndex(times, freq=details["freq"])
    return pd.Index(values, name=packed.name)


def pack_grid(grid: Any) -> PackedGrid:
    """Return an xarray object as arrays."""
    content = grid.to_dict(data="array")
    for name, coordinate in grid.coords.items():
        content["coords"][name]["data"] = coordinate.values  # to_dict rounds times
    return PackedGrid(content)


def unpack_grid(packed: PackedGrid) -> Any:
    """Return the xarray object."""
    import xarray

    is_dataset = "data_vars" in packed.content
    return (xarray.Dataset if is_dataset else xarray.DataArray).from_dict(packed.content)
