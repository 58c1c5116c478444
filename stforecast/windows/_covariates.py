"""Covariates beside the window: known ahead, and fixed for a series."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from stforecast._validation import as_array, check_finite, check_numbers
from stforecast.exceptions import ShapeError
from stforecast.windows._batches import Array
from stforecast.windows._geometry import Integers
from stforecast.windows._steps import Flat
from stforecast.windows._target import Target
from stforecast.windows._windows import Windows
from stforecast.windows.sources._clock import index_kind
from stforecast.windows.sources._comparable import comparable_labels, only_number
from stforecast.windows.sources._foreign_tables import as_companion, is_unlabelled
from stforecast.windows.sources._tables import as_frame, numeric_values
from stforecast.windows.sources._time_series import TimeSeries

Names = tuple[Hashable, ...] | None
# Features of a series beyond which they are not copied for each window.
WIDE = 32


def covariate_part(
    source: TimeSeries, known: Any, target: Target, ends: Integers
) -> tuple[Windows, Names]:
    """Return the known covariates of each horizon as windows (n, horizon, K), and their names."""
    horizon, reach = target.horizon, target.reach
    if horizon == 0:
        raise ValueError("known covariates belong to a horizon, but horizon is 0. Leave known out.")
    number, lengths = source.series_numbers(ends), source.lengths
    np.maximum.at(lengths, number, ends - source.bounds[number] + reach)
    known = _join_frames(known, source)
    values = _covariate_rows(source, known, lengths)
    label = _column_text(column_names(known))
    check_finite("known", values, "Fill them: a covariate known ahead has no gaps.", label=label)
    starts = np.cumsum(lengths) - lengths
    rows = Windows(values, ends - source.bounds[number] + starts[number] + reach, horizon)
    return rows, column_names(known)


def column_names(known: Any) -> Names:
    """Return the names of covariates, None of arrays."""
    first = known[0] if isinstance(known, list) and len(known) else known
    return tuple(first.columns) if isinstance(first, pd.DataFrame) else None


def _column_text(names: Names) -> Callable[[tuple[int, ...]], str]:
    return lambda place: "" if names is None else f" of column {names[place[1]]!r}"


def _join_frames(known: Any, source: TimeSeries) -> Any:
    """Return known covariates with tables as frames, one for each series as a single one."""
    known = as_companion(known)
    if isinstance(known, pd.Series):
        return as_frame(known)
    if not isinstance(known, list) or source.panel is None:
        return known
    if len(known) != len(source.lengths):
        raise ShapeError(
            f"known must hold a table for each of the {len(source.lengths)} series, got "
            f"{len(known)}. Pass as many, or one table for all."
        )
    tables = _align_columns([as_frame(one) if isinstance(one, pd.Series) else one for one in known])
    if source.times is None or not all(isinstance(one, pd.DataFrame) for one in tables):
        return tables
    return pd.concat(tables, keys=source.panel.ids)


def _align_columns(tables: list[Any]) -> list[Any]:
    """Return covariates of each series with the columns of the first, in that order."""
    first = tables[0]
    if not all(isinstance(table, pd.DataFrame) for table in tables):
        return tables
    if any(set(table.columns) != set(first.columns) for table in tables):
        raise ShapeError(
            "known must have the same columns for each series. Select them: "
            f"[one[{_find_common_columns(tables)}] for one in known]."
        )
    return [table[list(first.columns)] for table in tables]


def _find_common_columns(tables: list[Any]) -> list[Any]:
    """Return the columns that all tables have, in the order of the first."""
    return [name for name in tables[0].columns if all(name in table.columns for table in tables)]


def _covariate_rows(source: TimeSeries, known: Any, lengths: Integers) -> Array:
    """Return the first `lengths` rows of the covariates of each series."""
    if isinstance(known, pd.DataFrame) and source.times is not None:
        return _label_rows(source, known, lengths)
    blocks = [_first_rows(_select_series(known, source, i), int(n)) for i, n in enumerate(lengths)]
    return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]


def _select_series(known: Any, source: TimeSeries, i: int) -> Any:
    if isinstance(known, list) and source.panel is not None:
        return known[i]
    by_series = isinstance(known, pd.DataFrame) and isinstance(known.index, pd.MultiIndex)
    return known.loc[source.panel.ids[i]] if by_series and source.panel is not None else known


def _first_rows(known: Any, length: int) -> Array:
    table = isinstance(known, pd.DataFrame)
    rows = numeric_values(known, "known") if table else as_array("known", known)
    check_numbers("known", rows)
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or len(rows) < length:
        raise ShapeError(
            f"known must have shape (rows, K) and reach the last target, {length} rows from the "
            f"start of the series, got shape {rows.shape}. Add the rows of the horizon."
        )
    return np.ascontiguousarray(rows[:length])


def _label_rows(source: TimeSeries, known: pd.DataFrame, lengths: Integers) -> Array:
    """Return the covariates at the time of every row and of those that follow each series."""
    times = _extend_times(source, lengths)
    needed, labels = times, known.index
    if isinstance(labels, pd.MultiIndex) and source.panel is not None:
        labels = number_series(labels, source.panel.ids, "known")
        number = np.repeat(np.arange(len(lengths)), lengths)
        needed = pd.MultiIndex.from_arrays([number, times])
    if not labels.is_unique:
        repeated = known.index[labels.duplicated()][0]
        raise ShapeError(
            f"known must have one row for each time, but {repeated} stands more than once. "
            "Keep the first of each: known[~known.index.duplicated()]."
        )
    rows = labels.get_indexer(needed)
    absent = times[rows < 0].unique()
    if len(absent):
        raise ShapeError(
            f"known must cover the series and its horizon, but lacks {len(absent)} rows, the first "
            f"{absent[0]}. {_cover_remedy(times, known.index.get_level_values(-1))}"
        )
    return numeric_values(known, "known")[rows]


def _cover_remedy(times: pd.Index, labels: pd.Index) -> str:
    """Return how covariates come to have the rows of the series and of what follows.

    Numbers of rows do not tell: covariates may begin earlier and reach further than the series.
    """
    if len(labels) and comparable_labels(labels, times) is None:
        return (
            f"Its rows are labelled by other things, such as {labels[0]!r:.40}. Label them by the "
            "times they belong to, or pass known.to_numpy() if it starts with the first row."
        )
    ours, theirs = index_kind(times), index_kind(labels)
    have_zones = getattr(times, "tz", None) is not None and getattr(labels, "tz", None) is not None
    if ours != theirs and not have_zones:
        return f"Label it as the series is, by {ours}, not by {theirs}."
    return f"Extend it to {times.max()}."


def number_series(index: pd.MultiIndex, ids: pd.Index, subject: str) -> pd.MultiIndex:
    """Return (series, time) with the number of each series in place of its name."""
    names = index.droplevel(-1)
    names = pd.Index(list(names), tupleize_cols=False) if index.nlevels > 2 else names
    numbers = np.asarray(ids.get_indexer(names))
    # names of other series go on counting, or their rows would pass for repeated ones
    other = numbers < 0
    numbers[other] = len(ids) + pd.factorize(names[other], use_na_sentinel=False)[0]
    absent = np.setdiff1d(np.arange(len(ids)), numbers)
    if len(absent):
        raise ShapeError(
            f"{subject} must have rows for each series, but lacks {ids[absent[0]]!r}. Add them."
        )
    return pd.MultiIndex.from_arrays([numbers, index.get_level_values(-1)])


def _extend_times(source: TimeSeries, lengths: Integers) -> Any:
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


def static_part(source: TimeSeries, static: Any, ends: Integers) -> tuple[Any, Names]:
    """Return the features of each window's series, (n, S), and their names."""
    static = labelled_features(static, source)
    if isinstance(static, Mapping):
        static = features_by_name(static)
    names = tuple(static.columns) if isinstance(static, pd.DataFrame) else None
    if isinstance(static, pd.DataFrame):
        static = numeric_values(_order_rows(static, source), "static")
    rows = as_array("static", static)
    rows = rows[None] if rows.ndim == 1 else rows
    check_numbers("static", rows)
    if rows.ndim != 2 or len(rows) != len(source.lengths):
        raise ShapeError(
            f"static must have shape (series, S) = ({len(source.lengths)}, S), got {rows.shape}."
        )
    check_finite("static", rows, "Fill them first.", label=_column_text(names))
    numbers = source.series_numbers(ends)
    if rows.shape[1] <= WIDE:
        return rows[numbers], names
    # a column for each category would outweigh the series: read for each batch
    return Windows(rows, numbers + 1, 1, steps=(Flat(),)), names


def features_by_name(static: Mapping[Any, Any]) -> pd.DataFrame:
    """Return features by the name of their series as a table of one row for each series."""
    for name, features in static.items():
        if not (isinstance(features, Mapping) or np.ndim(features)):
            raise ShapeError(
                "static must map each series to a list or a mapping of its features, got "
                f"{features!r:.40} for {name!r}. Pass pd.DataFrame({{'feature': static}})."
            )
    widths: dict[int, Any] = {}
    for name, features in static.items():
        widths.setdefault(len(features), name)
    if len(widths) > 1:
        (width, name), (other_width, other) = list(widths.items())[:2]
        raise ShapeError(
            f"static must have the same features for each series, but has {width} for {name!r} and "
            f"{other_width} for {other!r}. Add those that are missing."
        )
    return pd.DataFrame(static).T.infer_objects()


def labelled_features(static: Any, source: TimeSeries) -> Any:
    """Return features of series as those of pandas, or raise if only the series have names."""
    if source.panel is not None and not source.is_list and is_unlabelled(static):
        raise ShapeError(
            f"static must name the series of each row, but {type(static).__name__} of "
            f"{type(static).__module__.partition('.')[0]} has no index. Put the names there: "
            "static.to_pandas().set_index(column of names)."
        )
    return as_companion(static)


def _order_rows(static: pd.DataFrame, source: TimeSeries) -> pd.DataFrame:
    """Return the row of each series, found by its name, or in order where rows have numbers."""
    if source.panel is None:
        return static
    ids, labels = source.panel.ids, pd.Index(list(static.index), tupleize_cols=False)
    names = pd.Index(list(ids), tupleize_cols=False)
    if len(labels) == len(names) and only_number(labels, names):
        return static
    if not labels.is_unique:
        raise ShapeError(
            f"static must have one row for each series, but {labels[labels.duplicated()][0]!r} "
            "stands more than once. Keep the first: static[~static.index.duplicated()]."
        )
    rows = labels.get_indexer(names)
    if (rows < 0).any():
        raise ShapeError(
            f"static must have a row for each series, but lacks {ids[int(np.argmin(rows))]!r}. "
            f"{_row_remedy(rows)}"
        )
    picked: pd.DataFrame = static.iloc[rows]
    return picked


def _row_remedy(rows: Integers) -> str:
    """Return what to do about rows without a series, none of which may be found."""
    if (rows >= 0).any():
        return "Add it."
    return (
        "If its rows are in the order of the series, pass them without labels: static.to_numpy()."
    )
