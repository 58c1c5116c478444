"""Read a series of any supported kind into one form: rows, where series begin, labels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows._gather import Array, Rows
from stforecast.windows._geometry import Integers
from stforecast.windows._index import common_clock, regular_index
from stforecast.windows._ondisk import as_rows, stack_rows
from stforecast.windows._target import ColumnLabels, Labels
from stforecast.windows._xarray import GridLabels, is_xarray, open_grid


@dataclass(frozen=True)
class Source:
    """One or more series, one below the other.

    Parameters
    ----------
    values : array-like of shape (N, C) or (N, C, H, W)
        All rows.
    bounds : int array of shape (S + 1,)
        Series i holds rows ``bounds[i]:bounds[i + 1]``.
    indexes : list of pandas.Index or None
        Labels of the rows of each series; None for arrays.
    ids : pandas.Index, optional
        Names of the series of a panel; None for a single series.
    labels : Labels, optional
        What names the channels.
    """

    values: Rows
    bounds: Integers
    indexes: list[pd.Index | None]
    ids: pd.Index | None = None
    labels: Labels | None = None

    @property
    def frame(self) -> tuple[int, ...]:
        """Shape of one row."""
        return self.values.shape[1:]

    @property
    def is_table(self) -> bool:
        """Whether the channels are the columns of a pandas table."""
        return isinstance(self.labels, ColumnLabels)

    @property
    def index(self) -> pd.Index | None:
        """Labels of all rows; (series, time) pairs for a panel."""
        if self.ids is None:
            return self.indexes[0]
        times = self._times
        stacked = times[0].append(times[1:])
        return pd.MultiIndex.from_arrays(
            [self.ids.repeat(np.diff(self.bounds)), stacked],
            names=[self.ids.name or "series", stacked.name],
        )

    @property
    def clock(self) -> Integers | None:
        """Time of each row in steps, comparable across series; None for a single series."""
        return None if self.ids is None else common_clock(self._times)

    @property
    def _times(self) -> list[pd.Index]:
        lengths = np.diff(self.bounds)
        return [
            pd.RangeIndex(size) if index is None else index
            for index, size in zip(self.indexes, lengths, strict=True)
        ]


def read_source(series: Any) -> Source:
    """Return a series, stack of maps or panel as a `Source`."""
    if isinstance(series, list | tuple):
        return _from_list(series)
    if isinstance(series, pd.DataFrame | pd.Series):
        if isinstance(series.index, pd.MultiIndex):
            return _from_panel(series)
        return _from_table(series)
    if is_xarray(series):
        return _from_xarray(series)
    if is_polars(series):
        return _from_table(from_polars(series))
    return _from_array(series)


def _from_table(series: pd.DataFrame | pd.Series) -> Source:
    index = regular_index(series.index)
    frame = series.to_frame(_name_of(series)) if isinstance(series, pd.Series) else series
    values = numeric_values(frame)
    return Source(values, _bounds([values]), [index], labels=ColumnLabels(tuple(frame.columns)))


def numeric_values(frame: pd.DataFrame, subject: str = "A series") -> Array:
    """Return the columns of a table as one C-ordered array, or name a column of other things."""
    if not len(frame.columns):
        raise ValueError(f"{subject} must have at least one column, got a table without any.")
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(
            f"{subject} must have columns of different names, but {repeated!r} stands more than "
            "once. Rename or drop it."
        )
    for column, dtype in frame.dtypes.items():
        if not _is_real(dtype):
            raise ValueError(
                f"{subject} must be numeric, but column {column!r} holds {dtype}. Encode it as "
                "numbers or drop it; labels belong in target, as an array."
            )
    values = frame.to_numpy(na_value=np.nan) if frame.isna().any(axis=None) else frame.to_numpy()
    kind = np.float64 if values.dtype.kind not in "fiub" else values.dtype
    return np.ascontiguousarray(values, dtype=np.uint8 if kind == np.bool_ else kind)


def _is_real(dtype: Any) -> bool:
    types = pd.api.types
    numeric = types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype)
    boolean = types.is_bool_dtype(dtype) and not isinstance(dtype, pd.CategoricalDtype)
    return bool(numeric or boolean)


def _from_array(series: Any) -> Source:
    values = _numeric(as_rows(series))
    if not 1 <= len(values.shape) <= 4:
        raise ShapeError(
            f"A series must have shape (N,), (N, C), (N, H, W) or (N, C, H, W), got "
            f"{values.shape}. Put time first and merge or drop the other axes."
        )
    return Source(values, _bounds([values]), [None])


def _numeric(values: Rows) -> Rows:
    if values.dtype.kind not in "fiub":
        raise ValueError(
            f"A series must be numeric, got an array of {values.dtype}. Convert it with astype."
        )
    return _native(values) if isinstance(values, np.ndarray) else values


def _native(values: Array) -> Array:
    """Return an array as plain numbers that every library reads, with a channel axis."""
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.result_type(values.dtype, np.float32)), np.nan)
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    if not values.dtype.isnative and not isinstance(values, np.memmap):
        values = values.astype(values.dtype.newbyteorder("="))
    if not isinstance(values, np.memmap):
        values = np.asarray(values, order="C")
    return values[:, None] if values.ndim in (1, 3) else values


def _from_xarray(series: Any) -> Source:
    values, labels, time = open_grid(series)
    index = None if time is None else regular_index(time)
    return Source(_numeric(values), _bounds([values]), [index], labels=labels)


def _from_panel(series: pd.DataFrame | pd.Series) -> Source:
    levels: list[Hashable] = list(range(series.index.nlevels - 1))
    if not len(series):
        raise ValueError("A panel must hold at least one series, got an empty table.")
    level = levels[0] if len(levels) == 1 else levels
    groups = series.groupby(level=level, sort=False, dropna=False)
    names, members = zip(*((name, group.droplevel(levels)) for name, group in groups), strict=True)
    ids = pd.Index(names, tupleize_cols=False, name=series.index.names[0])
    return _stack([_from_table(member) for member in members], ids)


def _from_list(series: Sequence[Any]) -> Source:
    if not len(series):
        raise ValueError("A panel must hold at least one series, got an empty list.")
    if np.ndim(series[0]) == 0 and not hasattr(series[0], "shape"):
        return _from_array(np.asarray(series))
    members = [np.asarray(one) if isinstance(one, list | tuple) else one for one in series]
    return _stack([read_source(one) for one in members], pd.RangeIndex(len(series), name="series"))


def _stack(members: list[Source], ids: pd.Index) -> Source:
    first = members[0]
    for name, member in zip(ids, members, strict=True):
        if member.frame != first.frame or member.labels != first.labels:
            raise ShapeError(
                f"All series of a panel must have the same columns, but series {name!r} has "
                f"{_describe(member)} and series {ids[0]!r} has {_describe(first)}."
            )
    rows = [member.values for member in members]
    indexes = [member.indexes[0] for member in members]
    return Source(stack_rows(rows), _bounds(rows), indexes, ids, first.labels)


def _describe(source: Source) -> str:
    if isinstance(source.labels, ColumnLabels):
        return str(list(source.labels.names))
    return f"frames of shape {source.frame}"


def _bounds(members: Sequence[Rows]) -> Integers:
    return np.cumsum([0, *(len(values) for values in members)], dtype=np.int64)


def _name_of(series: pd.Series) -> Hashable:
    return "value" if series.name is None else series.name


def is_polars(series: Any) -> bool:
    """Whether an object is a polars table or column, without importing polars."""
    return type(series).__module__.partition(".")[0] == "polars" and hasattr(series, "to_numpy")


def from_polars(series: Any) -> pd.DataFrame | pd.Series:
    """Return a polars frame as a pandas one; its only column of times becomes the index."""
    if not hasattr(series, "columns"):
        return pd.Series(series.to_numpy(), name=series.name or None)
    frame = pd.DataFrame({name: series[name].to_numpy() for name in series.columns})
    times = frame.select_dtypes(["datetime", "timedelta"]).columns
    return frame.set_index(times[0]) if len(times) == 1 else frame


__all__ = [
    "GridLabels",
    "Source",
    "from_polars",
    "is_polars",
    "numeric_values",
    "read_source",
]
