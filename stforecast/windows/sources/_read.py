"""Read a series of any supported kind into one form: rows, where series begin, labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stforecast._validation import check_numbers, with_nan_for_mask
from stforecast.exceptions import ShapeError
from stforecast.windows._gather import Array, Rows
from stforecast.windows._geometry import Integers
from stforecast.windows._target import ColumnLabels
from stforecast.windows.sources._clock import check_kinds, panel_clock
from stforecast.windows.sources._grid import is_xarray, open_grid
from stforecast.windows.sources._index import regular_index
from stforecast.windows.sources._source import Panel, Source
from stforecast.windows.sources._stored import as_rows, stack_rows


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
    frame = _frame(series)
    values = numeric_values(frame)
    return Source(values, _bounds([values]), index, ColumnLabels(tuple(frame.columns)))


def numeric_values(frame: pd.DataFrame, subject: str = "A series") -> Array:
    """Return the columns of a table as one C-ordered array, or name a column of other things."""
    if not len(frame.columns):
        raise ValueError(f"{subject} must have at least one column, got a table without any.")
    check_names(frame, subject)
    for column, dtype in frame.dtypes.items():
        if not _is_real(dtype):
            raise ValueError(
                f"{subject} must be numeric, but column {column!r} holds {dtype}. "
                f"{_remedy(column, dtype)}"
            )
    values = frame.to_numpy(na_value=np.nan) if frame.isna().any(axis=None) else frame.to_numpy()
    kind = np.float64 if values.dtype.kind not in "fiub" else values.dtype
    return np.ascontiguousarray(values, dtype=np.uint8 if kind == np.bool_ else kind)


def check_names(frame: pd.DataFrame, subject: str = "A series") -> None:
    """Raise if two columns of a table have the same name."""
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(
            f"{subject} must have columns of different names, but {repeated!r} stands more than "
            "once. Rename or drop it."
        )


def _remedy(column: Any, dtype: Any) -> str:
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return f"Times belong in the index: set_index({column!r})."
    return (
        "Encode it as numbers or drop it; labels belong in target, as an array, and what tells "
        "the series of a panel apart in the index: set_index([series, time])."
    )


def _is_real(dtype: Any) -> bool:
    types = pd.api.types
    numeric = types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype)
    boolean = types.is_bool_dtype(dtype) and not isinstance(dtype, pd.CategoricalDtype)
    return bool(numeric or boolean)


def _from_array(series: Any) -> Source:
    values = as_rows(series)
    if not values.shape and values.dtype.kind == "O":
        raise TypeError(
            "A series must be a table, an array or a list of these, got "
            f"{type(series).__name__}. Collect a lazy frame first; make a panel of a dict with "
            "pd.concat."
        )
    values = _numeric(values)
    if not 1 <= len(values.shape) <= 4:
        raise ShapeError(
            f"A series must have shape (N,), (N, C), (N, H, W) or (N, C, H, W), got "
            f"{values.shape}. Put time first and merge or drop the other axes."
        )
    return Source(values, _bounds([values]))


def _numeric(values: Rows) -> Rows:
    check_numbers("A series", values)
    return _native(values) if isinstance(values, np.ndarray) else values


def _native(values: Array) -> Array:
    """Return an array as plain numbers that every library reads, with a channel axis."""
    values = with_nan_for_mask(values)
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
    return Source(_numeric(values), _bounds([values]), index, labels)


def _from_panel(series: pd.DataFrame | pd.Series) -> Source:
    """Return a table by (series, time), whose series may stand in any order of rows."""
    if not len(series):
        raise ValueError("A panel must hold at least one series, got an empty table.")
    numbers, ids = _series_numbers(series.index)
    order = None
    if (np.diff(numbers) < 0).any():
        order = np.argsort(numbers, kind="stable")
        series, numbers = series.iloc[order], numbers[order]
    bounds = np.searchsorted(numbers, np.arange(len(ids) + 1))
    return _table_panel(_frame(series), series.index.get_level_values(-1), bounds, ids, order)


def _series_numbers(index: Any) -> tuple[Integers, pd.Index]:
    """Return for each row the number of its series, in order of appearance, and their names."""
    if index.nlevels == 2:
        codes, ids = pd.factorize(index.get_level_values(0), use_na_sentinel=False)
        return codes, ids.rename(index.names[0])
    codes, ids = pd.factorize(index.droplevel(-1), use_na_sentinel=False)
    return codes, pd.Index(list(ids), tupleize_cols=False, name=index.names[0])


def _from_list(series: Sequence[Any]) -> Source:
    if not len(series):
        raise ValueError("A panel must hold at least one series, got an empty list.")
    if getattr(series[0], "shape", ()) == () and not isinstance(series[0], list | tuple):
        return _from_array(np.asarray(series))
    members = [_member(one) for one in series]
    ids = pd.RangeIndex(len(members), name="series")
    if all(isinstance(one, pd.DataFrame) for one in members):
        check_kinds([one.index for one in members])
        columns = members[0].columns
        same = [one.columns.equals(columns) for one in members]
        _check_alike(same, lambda i: str(list(members[i].columns)))
        table = pd.concat([one for one in members if len(one)] or members[:1])
        return _table_panel(table, table.index, _bounds(members), ids)
    return _stack([read_source(one) for one in members], ids)


def _member(series: Any) -> Any:
    """Return a series of a list as a table where it is one."""
    if isinstance(series, list | tuple):
        return np.asarray(series)
    series = from_polars(series) if is_polars(series) else series
    table = isinstance(series, pd.DataFrame | pd.Series)
    return _frame(series) if table else series


def _table_panel(
    frame: pd.DataFrame,
    times: pd.Index,
    bounds: Integers,
    ids: pd.Index,
    order: Integers | None = None,
) -> Source:
    panel = Panel(ids, *panel_clock(times, bounds, ids), order)
    return Source(numeric_values(frame), bounds, times, ColumnLabels(tuple(frame.columns)), panel)


def _check_alike(same: list[bool], describe: Callable[[int], str]) -> None:
    if not all(same):
        i = same.index(False)
        raise ShapeError(
            f"All series of a panel must have the same columns, but series {i} has {describe(i)} "
            f"and series 0 has {describe(0)}."
        )


def _describe(source: Source) -> str:
    if isinstance(source.labels, ColumnLabels):
        return str(list(source.labels.names))
    return f"frames of shape {source.frame}"


def _stack(members: list[Source], ids: pd.Index) -> Source:
    first = members[0]
    same = [(one.frame, one.labels) == (first.frame, first.labels) for one in members]
    _check_alike(same, lambda i: _describe(members[i]))
    rows = [member.values for member in members]
    bounds = _bounds(rows)
    if all(member.times is None for member in members):
        clock = np.arange(bounds[-1]) - np.repeat(bounds[:-1], np.diff(bounds))
        return Source(stack_rows(rows), bounds, None, first.labels, Panel(ids, clock, 1))
    each = [pd.RangeIndex(len(one.values)) if one.times is None else one.times for one in members]
    check_kinds(each)
    times = each[0].append(each[1:])
    panel = Panel(ids, *panel_clock(times, bounds, ids))
    return Source(stack_rows(rows), bounds, times, first.labels, panel)


def _bounds(members: Sequence[Any]) -> Integers:
    return np.cumsum([0, *(len(values) for values in members)], dtype=np.int64)


def _frame(series: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Return a table, a series as its only column."""
    if isinstance(series, pd.DataFrame):
        return series
    return series.to_frame("value" if series.name is None else series.name)


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
