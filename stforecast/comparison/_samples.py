"""What models are compared on: windows, their targets, and the series behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stforecast._validation import check_integer, fill_mask
from stforecast.comparison._differences import Floats
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.windows import Windows, make_windows
from stforecast.windows._coercion import as_windows, check_same_origins
from stforecast.windows._geometry import Integers


@dataclass(frozen=True)
class Samples:
    """Windows and their targets.

    Parameters
    ----------
    X : Windows
        The windows.
    y : DataFrame, ndarray or Windows
        The targets, step-major.
    is_series : bool
        Whether the windows were cut from one series or panel, and know its rows.
    """

    X: Windows
    y: Any
    is_series: bool

    def __reduce__(self) -> Any:
        # windows alone leave out the rows that they do not hold, which the series needs
        arguments = {field.name: getattr(self.X, field.name) for field in fields(self.X)}
        return _restore, (arguments, self.y, self.is_series)

    def truth(self, samples: Integers) -> Floats:
        """Return the targets of some windows, (n, outputs)."""
        rows = self.y.iloc[samples] if isinstance(self.y, pd.DataFrame) else self.y[samples]
        return np.asarray(rows, dtype=np.float64).reshape(len(samples), -1)

    @property
    def target_columns(self) -> pd.Index:
        """Labels of the outputs: the columns of the targets, numbers where they have none."""
        if isinstance(self.y, pd.DataFrame):
            return self.y.columns
        return pd.RangeIndex(self.truth(np.arange(1)).shape[1], name="output")

    @cached_property
    def times(self) -> Integers:
        """Time of the origin of each window, in steps; of plain arrays their place."""
        return self.X.times if self.is_series else np.arange(len(self.X))

    @cached_property
    def origins(self) -> pd.Index:
        """Label of the origin of each window."""
        index = self.X.origins if self.is_series else self.times
        index = index if isinstance(index, pd.Index) else pd.Index(index)
        return index.rename(_index_names(index))

    @cached_property
    def bounds(self) -> Integers:
        """Where each series begins in the rows, and where the last ends."""
        rows = len(self.X.base)
        if not isinstance(self.X.index, pd.MultiIndex):
            return np.array([0, rows])
        return np.array([0, *(np.flatnonzero(np.diff(self.X.index.codes[0])) + 1), rows])

    def series_numbers(self, rows: Integers) -> Integers:
        """Return the number of the series that each of some rows belongs to."""
        return np.searchsorted(self.bounds, rows, side="right") - 1

    @cached_property
    def labels(self) -> pd.Index:
        """Label of each row of the series."""
        index = self.X.index
        return pd.RangeIndex(len(self.X.base)) if index is None else index

    @cached_property
    def is_row(self) -> NDArray[np.bool_]:
        """Whether a row is one of the series, not one that pads a short one and has its label."""
        if not isinstance(self.X.index, pd.MultiIndex):
            return np.ones(len(self.X.base), dtype=bool)
        # rows that pad a series stand before its first one, and repeat its label
        return np.asarray(~self.X.index.duplicated(keep="last"))

    def past(self, rows: Integers) -> Floats:
        """Return rows of the target, (rows, outputs)."""
        assert self.X.target is not None
        values = np.asarray(self.X.base[:][rows][:, list(self.X.target.channels or ())])
        return values.astype(np.float64).reshape(len(rows), -1)

    @property
    def steps(self) -> range:
        """Rows from the origin to each row forecast."""
        assert self.X.target is not None
        return self.X.target.steps

    @cached_property
    def table(self) -> Any:
        """The whole series as a table, or as an array where it has no labels or holds maps."""
        values = np.asarray(self.X.base[:])
        if values.ndim > 2 or (self.X.index is None and self.X.columns is None):
            return values
        return pd.DataFrame(values, index=self.X.index, columns=self.X.columns)


def read_samples(data: Any, lookback: Any, horizon: Any, target: Any) -> Samples:
    """Return windows and targets as they were given, or those of a series."""
    if isinstance(data, tuple):
        return _read_samples(data, lookback, horizon, target)
    if lookback is None or horizon is None:
        name = "lookback" if lookback is None else "horizon"
        raise ParameterError(
            f"{name} must be given to cut a series into windows, got None. Pass lookback= and "
            "horizon=, or windows and targets of make_windows as data=(X, y)."
        )
    horizon = check_integer("horizon", horizon, 1)
    if not _is_series(data):
        raise ParameterError(
            f"data must be a series, or windows and targets (X, y), got {data!r:.40}. Pass what "
            "make_windows takes or gives."
        )
    X, y = make_windows(data, lookback=lookback, horizon=horizon, target=target)
    return Samples(X, y, is_series=True)


def _restore(arguments: dict[str, Any], y: Any, is_series: bool) -> Samples:
    """Return samples that came from another process."""
    return Samples(Windows(**arguments), y, is_series)


def _is_series(data: Any) -> bool:
    """Whether data may be a series; `make_windows` says what is wrong with one."""
    if isinstance(data, type):
        return False
    is_list = isinstance(data, list) and len(data) > 0
    return is_list or hasattr(data, "data_vars") or getattr(data, "shape", ()) != ()


def _read_samples(data: Any, lookback: Any, horizon: Any, target: Any) -> Samples:
    if len(data) != 2:
        raise ParameterError(
            f"data must be a series, or windows and targets (X, y), got a tuple of {len(data)}. "
            "Pass what make_windows gives."
        )
    for name, value in {"lookback": lookback, "horizon": horizon, "target": target}.items():
        if value is not None:
            raise ParameterError(
                f"{name} must be None with windows, which have their own, got {value!r:.40}. Give "
                "it to make_windows."
            )
    X, y = data
    if not isinstance(X, Windows):
        X = np.asarray(fill_mask(X))
    if isinstance(X, Windows) and X.target is not None and X.target.horizon == 0:
        raise ParameterError(
            "data must hold windows with a horizon, since forecasts are compared, got horizon=0. "
            "Make them with make_windows(..., horizon=1)."
        )
    _check_samples(X, y)
    check_same_origins(X, y)
    is_series = isinstance(X, Windows) and X.target is not None
    return Samples(as_windows(X), y, is_series=is_series)


def _check_samples(X: Any, y: Any) -> None:
    if getattr(X, "ndim", 0) < 2 or getattr(y, "ndim", 0) < 1 or len(X) != len(y):
        shapes = f"{getattr(X, 'shape', type(X))} and {getattr(y, 'shape', type(y))}"
        raise ShapeError(
            "data must hold windows (n, T, ...) and targets (n, outputs) of as many samples, got "
            f"shapes {shapes}. Pass what make_windows gives."
        )


def groups_by_time(times: Integers) -> Iterator[Integers]:
    """Yield the places of each time, the earliest first."""
    _, groups = np.unique(times, return_inverse=True)
    order = np.argsort(groups, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)


def _index_names(index: pd.Index) -> Any:
    """Return names of the levels of an index, those it has or ours."""
    usual = ["series", "origin"] if index.nlevels > 1 else ["origin"]
    names = [a if b is None else b for a, b in zip(usual, index.names, strict=True)]
    return names if index.nlevels > 1 else names[0]
