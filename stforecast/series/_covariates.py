"""Covariates known ahead: how they belong to rows, and how a forecaster remembers them.

Tables belong to the rows of a labelled series by their labels, functions to any index; arrays
have nothing but their order, so they belong to the rows of the series they came with.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows.sources._clock import index_kind
from stforecast.windows.sources._foreign_tables import as_companion
from stforecast.windows.sources._tables import as_frame
from stforecast.windows.sources._time_series import TimeSeries


def resolve_covariates(known: Any, series: TimeSeries, ahead: int) -> Any:
    """Return known covariates; a callable is asked for the index of the series and `ahead` rows."""
    if not callable(known):
        return known
    if series.times is None:
        raise TypeError(
            "known may be a function of the index only where there is one, but the series has no "
            "times. Pass the covariates as an array."
        )
    # one call for all series: they share most times, and a function may look holidays up
    times = series.union_times(ahead)
    covariates = as_companion(known(times))
    if covariates is None:
        raise TypeError("known must return covariates for the index it is given, got None.")
    labelled = isinstance(covariates, pd.DataFrame | pd.Series)
    if labelled or np.ndim(covariates) == 0 or len(covariates) != len(times):
        return covariates  # of a wrong length they raise where rows are looked up
    return pd.DataFrame(np.asarray(covariates), index=times)  # so that each series finds its rows


def is_positional(known: Any, series: TimeSeries) -> bool:
    """Whether covariates belong to rows by their order alone."""
    if known is None or callable(known):
        return False
    if isinstance(known, list):
        return any(is_positional(member, series) for member in known)
    return not isinstance(known, pd.DataFrame | pd.Series) or series.times is None


def cut_covariates(known: Any, series: TimeSeries, rows: int) -> Any:
    """Return covariates of the last `rows` rows of a series, or each of a panel, and after them."""
    if not is_positional(known, series):
        return known
    counts = series.lengths
    if series.panel is None:
        return np.asarray(known)[max(0, counts[0] - rows) :]
    each = known if isinstance(known, list) else [known] * len(counts)
    # a series shorter than the history keeps all: a negative start would count from its end
    return [np.asarray(old)[max(0, n - rows) :] for old, n in zip(each, counts, strict=True)]


def select_covariates(known: Any, series: TimeSeries, numbers: np.ndarray) -> Any:
    """Return covariates of some series of a panel, by number where each has its own."""
    if not isinstance(known, list) or len(known) != len(series.ids):
        return known
    return [known[number] for number in numbers]


def check_covariates(remembered: Any, known: Any) -> Any:
    """Return covariates with the columns given to fit, in that order, or raise."""
    if remembered is None:
        raise ValueError(
            "known covariates were not given to fit, so nothing was learned from them. Fit with "
            "known=, or leave them out."
        )
    known = as_companion(known)
    if isinstance(known, list) and isinstance(remembered, list):
        pairs = zip(remembered, known, strict=False)
        return [check_covariates(old, new) for old, new in pairs] + known[len(remembered) :]
    tables = isinstance(remembered, pd.DataFrame) and isinstance(known, pd.DataFrame)
    if not tables or known.columns.equals(remembered.columns):
        return known
    _check_columns(remembered, known)
    return known[list(remembered.columns)]


def extend_covariates(remembered: Any, known: Any, history: TimeSeries) -> Any:
    """Return covariates of the history and, from `known`, of the rows that follow it."""
    if known is None:
        return remembered
    known = check_covariates(remembered, known)
    if callable(known):
        return known
    remembered = resolve_covariates(remembered, history, 0)
    if is_positional(remembered, history) != is_positional(known, history):
        raise TypeError(
            "known must be of the kind given to fit, where it was "
            f"{type(remembered).__name__}, got {type(known).__name__}. Pass the same kind."
        )
    is_each = isinstance(known, list) and history.panel is not None
    if is_each and len(known) != len(history.ids):
        raise ShapeError(
            f"known must hold covariates for each of the {len(history.ids)} series of fit, got "
            f"{len(known)}. Pass as many, in the order of fit, or one table for all."
        )
    if not is_positional(known, history):
        return _merge(remembered, known)
    counts = history.lengths
    # arrays reach as far as fit needed them, often beyond the history: new rows follow its end
    if not isinstance(remembered, list):
        return np.concatenate([np.asarray(remembered)[: counts[0]], np.asarray(known)])
    each = known if isinstance(known, list) else [known] * len(counts)
    return [
        np.concatenate([np.asarray(old)[:n], np.asarray(new)])
        for old, new, n in zip(remembered, each, counts, strict=True)
    ]


def _merge(old: Any, new: Any) -> Any:
    if isinstance(old, list):
        each = new if isinstance(new, list) else [new] * len(old)
        return [_merge(before, after) for before, after in zip(old, each, strict=True)]
    if isinstance(new, list):
        raise TypeError("known must be a table for one series, got a list. Pass its only entry.")
    then, now = (
        index_kind(table.index.levels[-1] if table.index.nlevels > 1 else table.index)
        for table in (old, new)
    )
    if then != now:
        raise ShapeError(
            f"known must be labelled as in fit, by {then}, got {now}. Convert its index."
        )
    if not (isinstance(old, pd.Series) and isinstance(new, pd.Series)):
        old, new = _as_numbers(old), _as_numbers(new)
        _check_columns(old, new)
    # what was planned for a row may have changed since: the later word counts
    return pd.concat([old[~old.index.isin(new.index)], new])


def _check_columns(old: pd.DataFrame, new: pd.DataFrame) -> None:
    if set(old.columns) != set(new.columns):
        raise ShapeError(
            f"known must have the columns given to fit, {list(old.columns)}, got "
            f"{list(new.columns)}. Pass those and no others."
        )


def _as_numbers(known: Any) -> pd.DataFrame:
    """Return covariates as a table, with flags as the numbers that they will be."""
    table = as_frame(known)
    return table.astype(dict.fromkeys(table.columns[table.dtypes == np.bool_], np.uint8))
