"""Which rows of a series a target names, or brings along: channels, or an aligned array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast._validation import as_array
from stforecast.exceptions import ShapeError
from stforecast.windows._batches import Rows
from stforecast.windows._geometry import Integers
from stforecast.windows.sources._calls import calls_for
from stforecast.windows.sources._comparable import (
    are_integers,
    are_same_rows,
    only_number,
)
from stforecast.windows.sources._foreign_tables import as_companion
from stforecast.windows.sources._grids import is_xarray
from stforecast.windows.sources._labels import ArrayLabels, ColumnLabels
from stforecast.windows.sources._read_series import read_series
from stforecast.windows.sources._tables import as_frame
from stforecast.windows.sources._time_series import TimeSeries


def select_target(source: TimeSeries, target: Any) -> tuple[Rows, Any, tuple[int, ...] | None]:
    """Return the rows (N, outputs) or (N, C, H, W) to forecast, their labels and their channels.

    The channels are those of the series that hold the rows, None where the target is an array of
    its own.
    """
    target = as_companion(target)
    channels = target_channels(source, target)
    if channels is None:
        return (*_align_target(source, target), None)
    outputs = source if target is None else source.pick(channels)
    return outputs.values, outputs.labels, tuple(channels.tolist())


def target_channels(source: TimeSeries, target: Any) -> Integers | None:
    """Return which channels a target names or numbers, None where it is an aligned array."""
    if target is None:
        return np.arange(source.frame[0])
    if not source.is_table and _is_channels(target):
        return _channels(source, np.atleast_1d(np.asarray(target, dtype=np.int64)))
    if isinstance(source.labels, ArrayLabels):
        return None
    names = _column_names(source.labels.names, target)
    return None if names is None else np.array([source.labels.names.index(name) for name in names])


def _column_names(names: tuple[Any, ...], target: Any) -> tuple[Any, ...] | None:
    """Return target as column names, or None where it is an aligned array."""
    if isinstance(target, pd.Series | pd.DataFrame | np.ndarray) or is_xarray(target):
        return None
    if isinstance(target, list) and len(target) and hasattr(target[0], "shape"):
        return None
    # a tuple may be the name of one column, of several levels, or hold several names
    is_list = isinstance(target, list | pd.Index) or (
        isinstance(target, tuple) and target not in names
    )
    outputs = tuple(target) if is_list else (target,)
    unknown = [name for name in outputs if name not in names]
    if unknown or not outputs:
        fault = f"{unknown[0]!r} is not among {list(names)}" if unknown else "the list is empty"
        raise ValueError(
            f"target must name columns of the series, but {fault}. Pass one of its columns, a list "
            "of them, or an array with one entry a row."
        )
    _check_duplicates(outputs)
    return outputs


def _check_duplicates(names: tuple[Any, ...]) -> None:
    if len(set(names)) < len(names):
        repeat = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"target must name each output once, but {repeat!r} is there twice.")


def _is_channels(target: Any) -> bool:
    numbers = target if isinstance(target, list) else [target]
    return all(
        isinstance(number, int | np.integer) and not isinstance(number, bool) for number in numbers
    )


def _channels(source: TimeSeries, channels: Integers) -> Integers:
    count = source.frame[0]
    if not len(channels) or channels.min() < -count or channels.max() >= count:
        raise ValueError(
            f"target must number channels of the series from 0 to {count - 1}, got "
            f"{channels.tolist()}."
        )
    _check_duplicates(tuple(channels.tolist()))
    return channels % count


def _align_target(source: TimeSeries, target: Any) -> tuple[Any, Any]:
    by_series = isinstance(target, list) and source.panel is not None
    if by_series:
        target = _stack_targets(source, target)
    elif is_xarray(target):
        return _align_maps(source, target), None
    values = as_array("target", target)
    if values.ndim == 0 or len(values) != len(source.values):
        raise ShapeError(
            "target must name columns, number channels (in a list), or have one entry for each of "
            f"the {len(source.values)} rows, got {target!r:.80} of shape {values.shape}."
        )
    order = None if source.panel is None or by_series else source.panel.order
    _check_index(source, target, order)
    if order is not None:
        values = values[order]
    labels = None
    if source.is_table and values.ndim <= 2:
        labels = ColumnLabels(_target_names(target, values))
    # one value, or one map, of each row: its frame has an axis of channels all the same
    return values[:, None] if values.ndim in (1, 3) else values, labels


def _stack_targets(source: TimeSeries, targets: list[Any]) -> Any:
    """Return the target of each series of a panel as one, after a check that it is its own."""
    lengths = [len(member) for member in targets]
    if lengths != source.lengths.tolist():
        raise ShapeError(
            f"target must have one entry for each of the {source.lengths.tolist()!s:.60} rows of "
            f"the series, got {lengths!s:.60}. Put the targets in the order of the series."
        )
    if not all(isinstance(member, pd.Series | pd.DataFrame) for member in targets):
        return np.concatenate([np.asarray(member) for member in targets])
    for i, member in enumerate(targets):
        times = None if source.times is None else source.times[source.spans[i]]
        if times is not None and not are_same_rows(member.index, times):
            remedy = _index_remedy(f"target[{i}]", f"series[{i}]", member.index, times)
            raise ShapeError(
                f"A target table must have the index of its series, but that of series {i} has "
                f"another. {remedy}"
            )
    frames = [as_frame(member) for member in targets]
    if any(list(member.columns) != list(frames[0].columns) for member in frames):
        raise ShapeError(
            f"target must have the same columns for each series, got {list(frames[0].columns)} and "
            "others. Select and name them alike."
        )
    table, index = pd.concat(frames), source.timeline.index
    return table if index is None else table.set_axis(index)


def _align_maps(source: TimeSeries, target: Any) -> Rows:
    """Return the rows of an xarray target, whose labels are those of the series."""
    maps = read_series(target, source.step, calls_for(target, "target"))
    axes: dict[Any, Any] = dict(source.labels.axes)
    target_axes: dict[Any, Any] = dict(maps.labels.axes)
    if source.times is not None and maps.times is not None:
        axes["time"], target_axes["time"] = source.times, maps.times
    for dim in axes.keys() & target_axes.keys():
        if list(axes[dim]) != list(target_axes[dim]):
            raise ShapeError(
                f"target must have the labels of the series along {dim!r}, in their order. Use "
                "target.reindex_like(series)."
            )
    return maps.values


def _check_index(source: TimeSeries, target: Any, order: Integers | None) -> None:
    if not isinstance(target, pd.Series | pd.DataFrame):
        return
    index, labels = source.timeline.index, target.index
    if index is None or only_number(labels, index):
        return
    labels = labels if order is None else labels[order]
    if not are_same_rows(labels, index):
        raise ShapeError(
            "A target table must have the index of the series, or be numbered from 0 beside rows "
            f"of dates. {_index_remedy('target', 'series', labels, index)}"
        )


def _index_remedy(target: str, series: str, labels: pd.Index, index: pd.Index) -> str:
    """Return the call that gives a target the rows of a series, or the labels it may have."""
    if labels.isin(index).any():
        return f"Use {target}.reindex({series}.index)."
    call = f"set_axis({series}.index)" if are_integers(index) else "reset_index(drop=True)"
    return f"If it is in the order of the series, label it so: {target}.{call}."


def _target_names(target: Any, values: np.ndarray) -> tuple[Any, ...]:
    if isinstance(target, pd.DataFrame):
        return tuple(target.columns)
    if isinstance(target, pd.Series) and target.name is not None:
        return (target.name,)
    return tuple(range(1 if values.ndim == 1 else values.shape[1]))
