"""Lists of series as panels, in which the place of each tells which it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows.sources._axes import align
from stforecast.windows.sources._clock import check_kinds
from stforecast.windows.sources._foreign_tables import as_pandas
from stforecast.windows.sources._labels import ColumnLabels, SeriesList, column_labels
from stforecast.windows.sources._repairs import Calls
from stforecast.windows.sources._stored_rows import stack_rows
from stforecast.windows.sources._tables import as_frame, numeric_values
from stforecast.windows.sources._time_series import Panel, TimeSeries, make_clock, row_bounds

ReadSeries = Callable[[Any, Any, Calls], TimeSeries]


def is_series_list(series: Sequence[Any]) -> bool:
    """Whether a list holds series, not the values of one."""
    if not len(series):
        raise ValueError("A panel must hold at least one series, got an empty list.")
    return getattr(series[0], "shape", ()) != () or isinstance(series[0], list | tuple)


def read_list(series: Sequence[Any], step: Any, reader: ReadSeries, calls: Calls) -> TimeSeries:
    """Return series of a list, each of which `reader` reads, as a panel; `calls` repair them."""
    members = [_member(member) for member in series]
    if all(isinstance(member, pd.DataFrame | pd.Series) for member in members):
        return _stack_tables(members, step, calls)
    return _stack([reader(member, step, calls) for member in members], step, calls)


def _member(series: Any) -> Any:
    if isinstance(series, list | tuple):
        return np.asarray(series)
    return as_pandas(series)


def _stack_tables(tables: list[Any], step: Any, calls: Calls) -> TimeSeries:
    """Return tables as a panel, read at once: there may be thousands."""
    check_kinds([table.index for table in tables])
    labels = [column_labels(table) for table in tables]
    matches = [names.axes == labels[0].axes for names in labels]
    _check_alike(matches, lambda i: str(list(labels[i].names)))
    frames = [as_frame(table) for table in tables]
    frame = pd.concat([rows for rows in frames if len(rows)] or frames[:1])
    values = numeric_values(frame)
    return _panel(values, row_bounds(tables), frame.index, step, labels, calls)


def _stack(members: list[TimeSeries], step: Any, calls: Calls) -> TimeSeries:
    first = members[0]
    members = [align(member, first) for member in members]
    matches = [
        (member.frame, member.labels.axes) == (first.frame, first.labels.axes) for member in members
    ]
    _check_alike(matches, lambda i: _describe(members[i]))
    rows = [member.values for member in members]
    times = None
    if any(member.times is not None for member in members):
        indexes = [
            pd.RangeIndex(len(member.values)) if member.times is None else member.times
            for member in members
        ]
        # pandas would append indexes of two kinds as one of objects
        check_kinds(indexes)
        times = indexes[0].append(indexes[1:])
    labels = [member.labels for member in members]
    return _panel(stack_rows(rows), row_bounds(rows), times, step, labels, calls)


def _panel(
    values: Any, bounds: Any, times: Any, step: Any, labels: Sequence[Any], calls: Calls
) -> TimeSeries:
    ids = pd.RangeIndex(len(labels), name="series")
    clock, step = make_clock(times, bounds, ids, step, calls)
    panel = Panel(ids, clock, SeriesList(tuple(labels)))
    return TimeSeries(values, bounds, times, step, labels[0], panel)


def _check_alike(matches: list[bool], describe: Callable[[int], str]) -> None:
    if not all(matches):
        i = matches.index(False)
        raise ShapeError(
            f"All series of a panel must have the same columns, but series {i} has {describe(i)} "
            f"and series 0 has {describe(0)}."
        )


def _describe(series: TimeSeries) -> str:
    if isinstance(series.labels, ColumnLabels):
        return str(list(series.labels.names))
    return f"frames of shape {series.frame}"
