"""Panels: several series in one table, each row labelled by series and time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError, ShapeError
from stforecast.windows._target import Target
from stforecast.windows.sources._read import read_source
from stforecast.windows.sources._source import Source


def is_panel(series: Any) -> bool:
    """Whether a table holds several series, each row labelled by series and time."""
    return isinstance(series, pd.DataFrame | pd.Series) and isinstance(series.index, pd.MultiIndex)


def panel_tail(panel: Any, rows: int) -> Any:
    """Return a copy of the last rows of each series, one series after another."""
    source = read_source(panel)
    left = np.repeat(source.bounds[1:], source.lengths) - np.arange(len(panel))
    return _in_order(panel, source)[left <= rows].copy()


def append_panel(history: Any, panel: Any, rows: int | None) -> Any:
    """Return the last `rows` rows of each series (all by default) and those that follow."""
    if not len(panel):
        return history if rows is None else panel_tail(history, rows)
    old, new = read_source(history), read_source(panel)
    _check_known(old, new)
    expected, first = _expected(old, new), _first(new)
    if (expected != first).any():
        i = int(np.argmax(expected != first))
        raise IrregularIndexError(
            f"New rows must follow each series, so those of {_ids(new)[i]!r} start at "
            f"{expected[i]}, but start at {first[i]}. Pass all rows since the last one seen, and "
            "only those."
        )
    joined = pd.concat([history if rows is None else panel_tail(history, rows), panel])
    return _in_order(joined, read_source(joined))


def panel_follows(history: Any, panel: Any) -> bool:
    """Whether every series of a panel continues one of the history."""
    if not len(panel):
        return False
    old, new = read_source(history), read_source(panel)
    if (_ids(old).get_indexer(_ids(new)) < 0).any():
        return False
    return bool((_expected(old, new) == _first(new)).all())


def panel_times(panel: Any, ahead: int) -> pd.Index:
    """Return all times of a panel in order, and those of `ahead` rows after each series."""
    source = read_source(panel)
    times: Any = source.times
    if ahead:
        times = times.append(source.times_after(np.arange(len(source.lengths)), ahead))
    return times.unique().sort_values()


def label_panel(
    values: np.ndarray, series: np.ndarray, source: Source, target: Target, like: Any
) -> Any:
    """Return forecasts (n, horizon, outputs) of some series as a table by series and time."""
    n, horizon, outputs = values.shape
    ids = _ids(source)[series].repeat(horizon)
    deep = like.index.nlevels > 2
    names = pd.MultiIndex.from_tuples(list(ids)) if deep else ids
    levels = [names.get_level_values(level) for level in range(like.index.nlevels - 1)]
    index = pd.MultiIndex.from_arrays(
        [*levels, source.times_after(series, horizon)], names=like.index.names
    )
    return target.labels.attach_frames(values.reshape(n * horizon, outputs), index)


def _in_order(panel: Any, source: Source) -> Any:
    """Return the table with its series one after another."""
    return panel if source.panel.order is None else panel.iloc[source.panel.order]


def _ids(source: Source) -> pd.Index:
    return source.panel.ids


def _first(source: Source) -> pd.Index:
    return source.times[source.bounds[:-1]]


def _expected(old: Source, new: Source) -> pd.Index:
    """Return the time at which each series of the new rows should start."""
    return old.times_after(_ids(old).get_indexer(_ids(new)), 1)


def _check_known(old: Source, new: Source) -> None:
    unknown = _ids(new)[_ids(old).get_indexer(_ids(new)) < 0]
    if len(unknown):
        raise ShapeError(
            f"New rows must belong to the series seen in fit, which are {list(_ids(old))!r:.80}, "
            f"but some are of {unknown[0]!r}. Drop them, or fit on the whole panel."
        )
