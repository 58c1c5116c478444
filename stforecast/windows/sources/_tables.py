"""Tables of pandas as series: one series, or several by series and time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError
from stforecast.windows._batches import Array
from stforecast.windows._geometry import Integers
from stforecast.windows.sources._calendars import is_cftime
from stforecast.windows.sources._index import check_unique, plain_index, read_index
from stforecast.windows.sources._labels import LongTable, column_labels
from stforecast.windows.sources._repairs import TABLE, Calls, PanelCalls, TableCalls
from stforecast.windows.sources._texts import (
    column_date_order,
    comma_remedy,
    has_decimal_commas,
)
from stforecast.windows.sources._time_series import Panel, TimeSeries, make_clock, row_bounds

_MOMENTS = pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex


def read_table(series: pd.DataFrame | pd.Series, step: Any, calls: Calls = TABLE) -> TimeSeries:
    """Return a table with one row a time step as a series."""
    check_one_series(series, calls)
    values = numeric_values(as_frame(series))
    index, step = read_index(series.index, step, calls)
    return TimeSeries(values, row_bounds([values]), index, step, column_labels(series))


def read_long_table(series: pd.DataFrame | pd.Series, step: Any) -> TimeSeries:
    """Return a table by (series, time), whose rows may stand in any order, as a panel."""
    _check_time_is_last(series.index)
    numbers, ids = _series_numbers(series.index)
    order = _row_order(numbers, series.index)
    if order is not None:
        series, numbers = series.iloc[order], numbers[order]
    bounds = np.searchsorted(numbers, np.arange(len(ids) + 1))
    times = series.index.get_level_values(-1)
    calls = PanelCalls(series.index.nlevels, mean_call(series))
    clock, step = make_clock(times, bounds, ids, step, calls)
    panel = Panel(ids, clock, LongTable(tuple(series.index.names)), order)
    values = numeric_values(as_frame(series))
    return TimeSeries(values, bounds, times, step, column_labels(series), panel)


def check_one_series(series: pd.DataFrame | pd.Series, calls: Calls | None = None) -> None:
    """Raise if times come more than once: with the column that tells their rows apart, if any."""
    index = series.index
    if isinstance(series, pd.Series) or isinstance(index, pd.MultiIndex) or index.is_unique:
        return
    column = _series_column(series, index)
    if column is not None:
        raise IrregularIndexError(
            f"The index must name each row once, but a time comes once for each {column!r}. Make a "
            f"panel of it: series.set_index({column!r}, append=True).swaplevel()."
        )
    if holds_times(index) and not index.hasnans:
        check_unique(index, TableCalls(mean=mean_call(series)) if calls is None else calls)


def mean_call(table: Any) -> str:
    """Return the call for the mean of the columns of a table, which leaves out those of texts."""
    is_mixed = isinstance(table, pd.DataFrame) and not all(map(_is_real, table.dtypes))
    return "mean(numeric_only=True)" if is_mixed else "mean()"


def _series_column(table: pd.DataFrame, times: Any) -> Any:
    """Return the first column of few names or numbers that tells rows of one time apart.

    A column of texts or categories may leave less than half of them, as a few rows may stand in
    the table twice.
    """
    if not table.columns.is_unique:
        return None
    repeats = times.duplicated().sum()
    partial = None
    for name, column in table.items():
        is_measure = pd.api.types.is_float_dtype(column) or pd.api.types.is_datetime64_any_dtype(
            column
        )
        if is_measure or 2 * column.nunique() > len(column):
            continue
        rest = pd.MultiIndex.from_arrays([column, times]).duplicated().sum()
        if not rest:
            return name
        if partial is None and 2 * rest < repeats and not _is_real(column.dtype):
            partial = name
    return partial


def _check_time_is_last(index: Any) -> None:
    """Raise if some level but the last holds times, and the last does not."""
    levels = index.levels
    times = [i for i, level in enumerate(levels[:-1]) if isinstance(level, _MOMENTS)]
    if times and not isinstance(levels[-1], _MOMENTS):
        raise IrregularIndexError(
            f"A panel needs time as the last level of its index, got {type(levels[-1]).__name__} "
            f"there and times in level {times[0]}. Reorder it: "
            f"series.swaplevel({times[0]}, -1).sort_index()."
        )


def _series_numbers(index: Any) -> tuple[Integers, pd.Index]:
    """Return for each row the number of its series, in order of appearance, and their names."""
    places = index.codes[0].astype(np.int64)
    for codes, level in zip(index.codes[1:-1], index.levels[1:-1], strict=True):
        # as digits of one number, with one for a missing name, whose code is -1
        places = places * (len(level) + 1) + codes + 1
    numbers, _ = pd.factorize(places, use_na_sentinel=False)
    # factorize numbers series as they appear, so that the maximum grows where a new one does
    firsts = np.flatnonzero(np.diff(np.maximum.accumulate(numbers), prepend=-1))
    names = index[firsts].droplevel(-1)
    if index.nlevels == 2:
        return numbers, names
    return numbers, pd.Index(list(names), tupleize_cols=False, name=index.names[0])


def _row_order(numbers: Integers, index: Any) -> Integers | None:
    """Return the order of rows by series and time, None where they stand in it."""
    ranks = _time_ranks(index)
    runs_forward = ranks[1:] >= ranks[:-1]
    if ((numbers[1:] > numbers[:-1]) | ((numbers[1:] == numbers[:-1]) & runs_forward)).all():
        return None
    order: Integers = np.lexsort((ranks, numbers))  # stable, so that repeated rows keep theirs
    return order


def _time_ranks(index: Any) -> Integers:
    """Return the rank of the time of each row; where times are none, its place."""
    codes: Integers = np.asarray(index.codes[-1])
    times = index.levels[-1]
    if not (holds_times(index) or pd.api.types.is_integer_dtype(times.dtype)):
        return np.arange(len(index))
    if times.is_monotonic_increasing:
        return codes
    ranks = np.empty(len(times) + 1, dtype=np.int64)
    ranks[times.argsort()] = np.arange(len(times))
    ranks[-1] = -1  # of a missing time, whose code is -1
    return ranks[codes]


def plain_table(table: Any) -> Any:
    """Return a table of pandas with times that are pandas' own, anything else as it is."""
    if not isinstance(table, pd.DataFrame | pd.Series):
        return table
    index = plain_index(table.index)
    return table if index is table.index else table.set_axis(index)


def as_frame(series: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Return a table, a series as its only column."""
    if isinstance(series, pd.DataFrame):
        return series
    return series.to_frame("value" if series.name is None else series.name)


def numeric_values(frame: pd.DataFrame, subject: str = "A series") -> Array:
    """Return the columns of a table as one C-ordered array, or name a column of other things."""
    if not len(frame.columns):
        raise ValueError(f"{subject} must have at least one column, got a table without any.")
    check_names(frame, subject)
    dtypes = {column: dtype for column, dtype in frame.dtypes.items() if not _is_real(dtype)}
    if dtypes:
        times = time_column(frame)
        column = next(iter(dtypes)) if times is None else times
        raise ValueError(
            f"{subject} must be numeric, but column {column!r} holds {dtypes[column]}. "
            f"{_remedy(frame, column, dtypes[column], subject)}"
        )
    if _has_one_type(frame):
        # read once: a table of several blocks is copied by it
        return _as_rows(frame.to_numpy())
    values: Array = (
        frame.to_numpy(na_value=np.nan) if frame.isna().any(axis=None) else frame.to_numpy()
    )
    kind = np.float64 if values.dtype.kind not in "fiub" else values.dtype
    return np.ascontiguousarray(values, dtype=np.uint8 if kind == np.bool_ else kind)


def _has_one_type(frame: pd.DataFrame) -> bool:
    """Whether all columns are of one of numpy's types of numbers."""
    first, *others = set(frame.dtypes)
    return not others and isinstance(first, np.dtype) and first.kind in "fiu"


def _as_rows(values: Array) -> Array:
    """Return the values of a table in C order, as a memory map where the table lies over one."""
    base: Any = values
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    if not isinstance(base, np.memmap):
        return np.ascontiguousarray(values)
    view = values.view(np.memmap)
    view.__array_finalize__(base)  # or slices of it would count as arrays in memory
    return view


def check_names(frame: pd.DataFrame, subject: str = "A series") -> None:
    """Raise if two columns of a table have the same name."""
    if not frame.columns.is_unique:
        name = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(
            f"{subject} must have columns of different names, but {name!r} stands more than "
            "once. Rename or drop it."
        )


def number_markers(column: pd.Series) -> list[Any] | None:
    """Return the distinct values of a column of numbers that are none, such as "n/a".

    None where at most half of the distinct values read as numbers.
    """
    scalars = column.dropna()[lambda values: values.map(pd.api.types.is_scalar)]
    if len(scalars) < column.count():  # lists and the like
        return None
    values = pd.Series(scalars.unique(), dtype=object)
    numbers = pd.to_numeric(values, errors="coerce").notna()
    return None if 2 * numbers.sum() <= len(values) else list(values[~numbers])


def _remedy(frame: pd.DataFrame, column: Any, dtype: Any, subject: str) -> str:
    if pd.api.types.is_datetime64_any_dtype(dtype):
        if subject == "static":  # its rows are series, which have no time
            return f"Make numbers of it, such as static[{column!r}].dt.year, or drop it."
        return f"Times belong in the index: set_index({_keys(frame, column)!r})."
    order = None if holds_times(frame.index) else column_date_order(frame[column])
    if order is not None:
        return (
            "It holds written dates. Read them as times, "
            f"table[{column!r}] = pd.to_datetime(table[{column!r}]{order}), and make them the "
            f"index: table.set_index({_keys(frame, column)!r})."
        )
    if has_decimal_commas(frame[column]):
        return comma_remedy(column, frame[column])
    if pd.api.types.is_complex_dtype(dtype):
        return (
            f"Make real columns of it: table.assign(real=np.real(table[{column!r}]), "
            f"imag=np.imag(table[{column!r}])).drop(columns={column!r})."
        )
    markers = number_markers(frame[column])
    if markers == []:
        return f"Make numbers of it: table[{column!r}] = pd.to_numeric(table[{column!r}])."
    if markers:
        return (
            f"Most of its values are numbers, but {markers[0]!r:.40} is a marker. Make numbers of "
            f"it, with NaN in place of {', '.join(map(repr, markers))!s:.60}: table[{column!r}] = "
            f"pd.to_numeric(table[{column!r}], errors='coerce'), and fill the NaN. If it holds "
            "categories, encode it: "
            f"pd.get_dummies(table, columns=[{column!r}], dtype=float)."
        )
    return (
        "Encode it as numbers, categories by pandas.get_dummies(table, columns="
        f"[{column!r}], dtype=float), or drop it; labels belong in target, as an array, and what "
        "tells the series of a panel apart in the index: set_index([series, time])."
    )


def time_column(frame: pd.DataFrame) -> Any:
    """Return the column that holds the times of the rows, written ones too, None without any."""
    for column, dtype in frame.dtypes.items():
        if pd.api.types.is_datetime64_any_dtype(dtype):
            return column
    if holds_times(frame.index):
        return None
    dates = (name for name in frame.columns if column_date_order(frame[name]) is not None)
    return next(dates, None)


def has_time_column(frame: pd.DataFrame) -> bool:
    """Whether a column, not the index, holds the times of the rows."""
    return time_column(frame) is not None


def holds_times(index: Any) -> bool:
    """Whether rows have times, of a panel as the last level of their labels."""
    times = index.levels[-1] if isinstance(index, pd.MultiIndex) else index
    return isinstance(times, _MOMENTS) or is_cftime(times)


def _keys(frame: pd.DataFrame, times: Any) -> Any:
    """Return the columns that make an index: the times, behind the names of several series."""
    series = None if frame[times].is_unique else _series_column(frame, frame[times])
    return times if series is None else [series, times]


def _is_real(dtype: Any) -> bool:
    types = pd.api.types
    numeric = types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype)
    boolean = types.is_bool_dtype(dtype) and not isinstance(dtype, pd.CategoricalDtype)
    return bool(numeric or boolean)
