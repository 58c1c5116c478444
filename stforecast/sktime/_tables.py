"""Targets and exogenous columns of a series or panel as one table, and what follows it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stforecast.series._history import members
from stforecast.windows._index import next_labels, regular_index


def join(y: pd.DataFrame, X: pd.DataFrame | None) -> pd.DataFrame:
    """Return targets and exogenous columns side by side, under names that cannot clash."""
    targets = y.set_axis(names("y", y), axis=1)
    if X is None:
        return targets
    return pd.concat([targets, X.reindex(y.index).set_axis(names("X", X), axis=1)], axis=1)


def names(role: str, table: pd.DataFrame) -> list[str]:
    """Return column names that cannot clash between targets and exogenous data."""
    return [f"{role}: {name}" for name in table.columns]


def future_index(table: pd.DataFrame, count: int) -> pd.Index:
    """Return the labels of the `count` rows that follow each series of a table."""
    if not isinstance(table.index, pd.MultiIndex):
        return next_labels(regular_index(table.index), count)
    series = members(table)
    ahead = [pd.DataFrame(index=next_labels(one.index, count)) for one in series.values()]
    joined = pd.concat(ahead, keys=list(series))
    joined.index.names = table.index.names
    return joined.index


def check_reaches(X: pd.DataFrame, table: pd.DataFrame, count: int) -> None:
    """Raise unless exogenous data reach the last of `count` rows after each series of a table."""
    missing = future_index(table, count)[count - 1 :: count].difference(X.index)
    if len(missing):
        raise ValueError(
            f"X must reach the last step asked for, {missing[0]}, but ends at {X.index[-1]}. Pass "
            "the exogenous data of all rows to forecast."
        )


def at_rows(X: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return exogenous rows at given labels; a row not there repeats the one before it.

    Rows beyond those asked for may be missing, but a network reads its whole horizon.
    """
    rows = X.set_axis(names("X", X), axis=1).reindex(X.index.union(index))
    if isinstance(index, pd.MultiIndex):
        groups = {"level": list(range(index.nlevels - 1)), "sort": False}
        rows = rows.groupby(**groups).ffill().groupby(**groups).bfill()
    else:
        rows = rows.ffill().bfill()
    return rows.reindex(index)


def after(table: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table that are later than the last one seen, of each series."""
    if not isinstance(table.index, pd.MultiIndex):
        return table[table.index > seen.index[-1]]
    before = members(seen)
    fresh = {
        key: one[one.index > before[key].index[-1]] if key in before else one
        for key, one in members(table).items()
    }
    joined = pd.concat(fresh.values(), keys=list(fresh))
    joined.index.names = table.index.names
    return joined


def take_steps(table: pd.DataFrame, steps: np.ndarray) -> pd.DataFrame:
    """Return the rows of some steps, 1 being the first, of each series."""
    if not isinstance(table.index, pd.MultiIndex):
        return table.iloc[steps - 1]
    levels = list(range(table.index.nlevels - 1))
    return table.groupby(level=levels, sort=False).nth(list(steps - 1))


def stack(blocks: list[pd.DataFrame]) -> pd.DataFrame:
    """Return forecasts of consecutive horizons as one table, series by series."""
    joined = pd.concat(blocks)
    if not isinstance(joined.index, pd.MultiIndex):
        return joined
    by_series = pd.factorize(joined.index.droplevel(-1))[0].argsort(kind="stable")
    return joined.iloc[by_series]
