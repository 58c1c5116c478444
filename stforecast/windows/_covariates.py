"""Covariates beside the window: known ahead, and fixed for a series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stforecast._validation import check_finite, check_numbers, with_nan_for_mask
from stforecast.exceptions import ShapeError
from stforecast.windows._gather import Array
from stforecast.windows._geometry import Integers
from stforecast.windows._windows import Windows
from stforecast.windows.sources._read import numeric_values
from stforecast.windows.sources._source import Source


def known_part(source: Source, known: Any, ends: Integers, horizon: int, gap: int) -> Windows:
    """Return the known covariates of each horizon as windows (n, horizon, K)."""
    if horizon == 0:
        raise ValueError("known covariates belong to a horizon, but horizon is 0. Leave known out.")
    reach, number = gap + horizon, source.series_of(ends)
    lengths = source.lengths
    np.maximum.at(lengths, number, ends - source.bounds[number] + reach)
    values = _known_rows(source, _checked(known, source), lengths)
    check_finite("known", values, "Fill them: a covariate known ahead has no gaps.")
    starts = np.cumsum(lengths) - lengths
    return Windows(values, ends - source.bounds[number] + starts[number] + reach, horizon)


def _checked(known: Any, source: Source) -> Any:
    """Return known covariates with tables as frames, one for each series as a single one."""
    if isinstance(known, pd.Series):
        return known.to_frame()
    if not isinstance(known, list) or source.panel is None:
        return known
    if len(known) != len(source.lengths):
        raise ShapeError(
            f"known must hold a table for each of the {len(source.lengths)} series, got "
            f"{len(known)}. Pass as many, or one table for all."
        )
    tables = [one.to_frame() if isinstance(one, pd.Series) else one for one in known]
    if source.times is None or not all(isinstance(one, pd.DataFrame) for one in tables):
        return tables
    if any(not one.columns.equals(tables[0].columns) for one in tables):
        raise ShapeError("known must have the same columns for each series. Select them.")
    return pd.concat(tables, keys=source.panel.ids)


def _known_rows(source: Source, known: Any, lengths: Integers) -> Array:
    """Return the first `lengths` rows of the covariates of each series."""
    if isinstance(known, pd.DataFrame) and source.times is not None:
        return _labelled_rows(source, known, lengths)
    blocks = [_first_rows(_of_series(known, source, i), int(n)) for i, n in enumerate(lengths)]
    return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]


def _of_series(known: Any, source: Source, i: int) -> Any:
    if isinstance(known, list) and source.panel is not None:
        return known[i]
    by_series = isinstance(known, pd.DataFrame) and isinstance(known.index, pd.MultiIndex)
    return known.loc[source.panel.ids[i]] if by_series and source.panel is not None else known


def _first_rows(known: Any, length: int) -> Array:
    table = isinstance(known, pd.DataFrame)
    rows = np.asarray(numeric_values(known, "known") if table else with_nan_for_mask(known))
    check_numbers("known", rows)
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or len(rows) < length:
        raise ShapeError(
            f"known must have shape (rows, K) and reach the last target, {length} rows from the "
            f"start of the series, got shape {rows.shape}. Add the rows of the horizon."
        )
    return np.ascontiguousarray(rows[:length])


def _labelled_rows(source: Source, known: pd.DataFrame, lengths: Integers) -> Array:
    """Return the covariates at the time of every row and of those that follow each series."""
    times = _with_following(source, lengths)
    needed, given = times, known.index
    if isinstance(given, pd.MultiIndex) and source.panel is not None:
        given = _by_number(given, source.panel.ids)
        number = np.repeat(np.arange(len(lengths)), lengths)
        needed = pd.MultiIndex.from_arrays([number, times])
    if not given.is_unique:
        repeated = known.index[given.duplicated()][0]
        raise ShapeError(
            f"known must have one row for each time, but {repeated} stands more than once. "
            "Drop the repeated rows."
        )
    rows = given.get_indexer(needed)
    absent = times[rows < 0].unique()
    if len(absent):
        raise ShapeError(
            f"known must cover the series and its horizon, but lacks {len(absent)} rows, the first "
            f"{absent[0]}. Extend it to {times.max()}"
            f"{_zone_hint(times, known.index.get_level_values(-1))}."
        )
    return numeric_values(known, "known")[rows]


def _zone_hint(times: Any, given: Any) -> str:
    ours, theirs = getattr(times, "tz", None), getattr(given, "tz", None)
    if (ours is None) == (theirs is None):
        return ""
    return f", in the time zone of the series: it has {ours}, known {theirs}"


def _by_number(index: pd.MultiIndex, ids: pd.Index) -> pd.MultiIndex:
    """Return (series, time) with the number of each series in place of its name."""
    names = index.droplevel(-1)
    names = pd.Index(list(names), tupleize_cols=False) if index.nlevels > 2 else names
    numbers = ids.get_indexer(names)
    absent = np.setdiff1d(np.arange(len(ids)), numbers)
    if len(absent):
        raise ShapeError(
            f"known must have rows for each series, but lacks {ids[absent[0]]!r}. Add them."
        )
    return pd.MultiIndex.from_arrays([numbers, index.get_level_values(-1)])


def _with_following(source: Source, lengths: Integers) -> Any:
    """Return the time of every row, with those that follow a series behind its last row."""
    assert source.times is not None
    more = lengths - source.lengths
    if not more.any():
        return source.times
    longer, count = np.flatnonzero(more), int(more.max())
    times = source.times.append(source.times_after(longer, count))
    behind = np.repeat(source.bounds[longer + 1], count)
    order = np.insert(
        np.arange(len(source.times)), behind, np.arange(len(source.times), len(times))
    )
    return times.take(order)


def static_part(source: Source, static: Any, ends: Integers) -> Array:
    """Return the features of each window's series, (n, S)."""
    if isinstance(static, Mapping):
        static = pd.DataFrame(static).T
    if isinstance(static, pd.DataFrame):
        if source.panel is not None:
            ids = source.panel.ids
            absent = ids.difference(static.index)
            if len(absent):
                raise ShapeError(
                    f"static must have a row for each series, but lacks {absent[0]!r}. Add it."
                )
            static = static.loc[ids]
        static = numeric_values(static, "static")
    rows = np.asarray(with_nan_for_mask(static))
    check_numbers("static", rows)
    rows = rows[None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or len(rows) != len(source.lengths):
        raise ShapeError(
            f"static must have shape (series, S) = ({len(source.lengths)}, S), got {rows.shape}."
        )
    check_finite("static", rows, "Fill them first.")
    return rows[source.series_of(ends)]
