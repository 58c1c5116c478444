"""Targets and exogenous columns of a series or panel as one table, and what follows it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError
from stforecast.sktime._steps import Steps
from stforecast.windows.sources._time_series import TimeSeries


def join(y: pd.DataFrame, X: pd.DataFrame | None) -> pd.DataFrame:
    """Return targets and exogenous columns side by side, under names that cannot clash."""
    targets = y.set_axis(unique_names("y", y), axis=1)
    if X is None:
        return targets
    return pd.concat([targets, _numbers(X).reindex(y.index)], axis=1)


def unique_names(role: str, table: pd.DataFrame) -> list[str]:
    """Return column names that cannot clash between targets and exogenous data."""
    return [f"{role}: {name}" for name in table.columns]


def check_missing_rows(X: pd.DataFrame, history: TimeSeries, steps: Steps) -> None:
    """Raise unless exogenous data have the rows some steps after each series of a table."""
    labels = steps.select_labels(history.index_after(steps.furthest))
    gaps = labels[~labels.isin(X.index)]
    if len(gaps):
        raise ValueError(
            f"X must have a row for each step asked for, but lacks {gaps[0]}. Pass the "
            "exogenous data of all rows to forecast, with an index like that of y."
        )


def check_duplicates(X: pd.DataFrame) -> None:
    """Raise if exogenous data have two rows for one time."""
    if not X.index.is_unique:
        label = X.index[X.index.duplicated()][0]
        raise ValueError(
            f"X must have one row for each time, but {label} stands more than once. Drop the "
            "repeated rows."
        )


def check_names(role: str, names: list[str], fit_names: list[str]) -> None:
    """Raise if columns, by the names that `names` gave them, are others than in fit."""
    if names != fit_names:
        before, after = (
            [name.removeprefix(f"{role}: ") for name in columns] for columns in (fit_names, names)
        )
        raise ValueError(
            f"{role} must have the columns it had in fit, {before}, got {after}. Pass those of the "
            "rows in question."
        )


def select_rows(X: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return exogenous rows at given labels; a row not there repeats the one before it.

    Rows beyond those asked for may be missing, but a network reads its whole horizon.
    """
    rows = _numbers(X).reindex(X.index.union(index))
    if isinstance(index, pd.MultiIndex):
        # within each series: the last row of one says nothing of the first row of the next
        groups = {"level": list(range(index.nlevels - 1)), "sort": False}
        rows = rows.groupby(**groups).ffill().groupby(**groups).bfill()
    else:
        rows = rows.ffill().bfill()
    return rows.reindex(index)


def later_rows(table: pd.DataFrame, history: TimeSeries) -> pd.DataFrame:
    """Return the rows of a table that are later than the last one seen, of each series."""
    assert history.times is not None
    ends = history.times[history.bounds[1:] - 1]
    if history.panel is None:
        return table[_are_after(table.index, ends[0])]
    keys = table.index.droplevel(-1)
    keys = pd.Index(list(keys), tupleize_cols=False) if keys.nlevels > 1 else keys
    numbers, times = history.ids.get_indexer(keys), table.index.get_level_values(-1)
    # A series that fit has not seen has the number -1, which would index the last end by mistake.
    # All its rows are new.
    late = numbers < 0
    late[~late] = _are_after(times[~late], ends[numbers[~late]])
    return table[late]


def _are_after(index: pd.Index, end: Any) -> Any:
    try:
        return index > end
    except (TypeError, ValueError):
        raise IrregularIndexError(
            f"New rows must have an index like that of fit, which ended with {end!r}, got "
            f"{type(index).__name__} of {index.dtype}. Convert it."
        ) from None


def _numbers(X: pd.DataFrame) -> pd.DataFrame:
    """Return exogenous data under their names, flags as numbers: missing rows make them objects."""
    flags = X.columns[[pd.api.types.is_bool_dtype(dtype) for dtype in X.dtypes]]
    return X.astype(dict.fromkeys(flags, np.float64)).set_axis(unique_names("X", X), axis=1)


def stack(blocks: list[pd.DataFrame]) -> pd.DataFrame:
    """Return forecasts of consecutive horizons as one table, series by series."""
    table = pd.concat(blocks)
    if not isinstance(table.index, pd.MultiIndex):
        return table
    by_series = pd.factorize(table.index.droplevel(-1))[0].argsort(kind="stable")
    return table.iloc[by_series]
