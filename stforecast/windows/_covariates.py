"""Covariates beside the window: known ahead, and fixed for a series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stforecast._validation import check_finite
from stforecast.exceptions import ShapeError
from stforecast.windows._gather import Array
from stforecast.windows._geometry import Integers
from stforecast.windows._index import next_labels
from stforecast.windows._sources import Source, numeric_values
from stforecast.windows._windows import Windows


def known_part(source: Source, known: Any, ends: Integers, horizon: int, gap: int) -> Windows:
    """Return the known covariates of each horizon as windows (n, horizon, K)."""
    if horizon == 0:
        raise ValueError("known covariates belong to a horizon, but horizon is 0. Leave known out.")
    reach = gap + horizon
    series_of = np.searchsorted(source.bounds, ends, side="left") - 1
    lengths = np.diff(source.bounds)
    np.maximum.at(lengths, series_of, ends - source.bounds[series_of] + reach)
    if isinstance(known, list) and source.ids is not None and len(known) != len(lengths):
        raise ShapeError(
            f"known must hold a table for each of the {len(lengths)} series, got {len(known)}. "
            "Pass as many, or one table for all."
        )
    blocks = [
        _known_rows(_of_series(known, source, i), source.indexes[i], int(lengths[i]))
        for i in range(len(lengths))
    ]
    starts = np.cumsum([0, *map(len, blocks)])[:-1]
    shifted = ends - source.bounds[series_of] + starts[series_of] + reach
    values = np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
    check_finite("known", values, "Fill them: a covariate known ahead has no gaps.")
    return Windows(values, shifted, horizon)


def _of_series(known: Any, source: Source, i: int) -> Any:
    if source.ids is None or not isinstance(known, list | pd.DataFrame | pd.Series):
        return known
    if isinstance(known, list):
        return known[i]
    if isinstance(known.index, pd.MultiIndex):
        if source.ids[i] not in known.index.droplevel(-1):
            raise ShapeError(
                f"known must have rows for each series, but lacks {source.ids[i]!r}. Add them."
            )
        return known.loc[source.ids[i]]
    return known


def _known_rows(known: Any, index: pd.Index | None, length: int) -> Array:
    """Return the first `length` rows of the covariates, aligned to the series."""
    if isinstance(known, pd.Series):
        known = known.to_frame()
    if isinstance(known, pd.DataFrame):
        if index is not None:
            known = known.loc[_needed(known, index, length)]
        known = numeric_values(known, "known")
    rows = np.asarray(known)
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or len(rows) < length:
        raise ShapeError(
            f"known must have shape (rows, K) and reach the last target, {length} rows from the "
            f"start of the series, got shape {rows.shape}. Add the rows of the horizon."
        )
    return np.ascontiguousarray(rows[:length])


def _needed(known: pd.DataFrame, index: pd.Index, length: int) -> pd.Index:
    more = length - len(index)
    needed = index.append(next_labels(index, more)) if more > 0 else index
    if not known.index.is_unique:
        repeated = known.index[known.index.duplicated()][0]
        raise ShapeError(
            f"known must have one row for each time, but {repeated} stands more than once. "
            "Drop the repeated rows."
        )
    absent = needed.difference(known.index)
    if len(absent):
        raise ShapeError(
            f"known must cover the series and its horizon, but lacks {len(absent)} rows, the first "
            f"{absent[0]}. Extend it to {needed[-1]}."
        )
    return needed


def static_part(source: Source, static: Any, ends: Integers) -> Array:
    """Return the features of each window's series, (n, S)."""
    if isinstance(static, Mapping):
        static = pd.DataFrame(static).T
    if isinstance(static, pd.DataFrame):
        if source.ids is not None:
            absent = source.ids.difference(static.index)
            if len(absent):
                raise ShapeError(
                    f"static must have a row for each series, but lacks {absent[0]!r}. Add it."
                )
            static = static.loc[source.ids]
        static = numeric_values(static, "static")
    rows = np.asarray(static)
    if rows.dtype.kind not in "fiub":
        raise ValueError(
            f"static must be numeric, got an array of {rows.dtype}. Encode it as numbers."
        )
    rows = rows[None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or len(rows) != len(source.indexes):
        raise ShapeError(
            f"static must have shape (series, S) = ({len(source.indexes)}, S), got {rows.shape}."
        )
    check_finite("static", rows, "Fill them first.")
    return rows[np.searchsorted(source.bounds, ends, side="left") - 1]
