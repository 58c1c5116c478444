"""Place the columns of a table on a map."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from stforecast._constraints import Constraint
from stforecast.exceptions import ShapeError
from stforecast.windows._base import WindowTransformer
from stforecast.windows._batches import Array
from stforecast.windows._coercion import restore_kind
from stforecast.windows._steps import KeepsValues, Reshape
from stforecast.windows._windows import Windows


@dataclass(frozen=True)
class Cells(KeepsValues):
    """Place columns on a grid: cell (i, j) of the map shows column ``columns[i][j]``."""

    columns: tuple[tuple[int, ...], ...]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:2], 1, len(self.columns), len(self.columns[0]))

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        empty = any(column < 0 for row in self.columns for column in row)
        return np.result_type(dtype, np.float32) if empty else dtype

    def __call__(self, batch: Array) -> Array:
        n, T = batch.shape[:2]
        columns = np.asarray(self.columns)
        frames = _flat_frames(batch).astype(self.dtype(batch.dtype), copy=False)
        # an empty cell, -1, would show the last column
        grid = np.where(columns < 0, 0, frames[..., columns])
        return grid.reshape(n, T, 1, *columns.shape).astype(frames.dtype, copy=False)


@dataclass(frozen=True)
class Pick(KeepsValues):
    """Keep some values of every flattened frame, in the order given."""

    positions: tuple[int, ...]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:2], len(self.positions))

    def __call__(self, batch: Array) -> Array:
        return _flat_frames(batch)[..., list(self.positions)]


@dataclass(frozen=True)
class Table(Constraint):
    """Lists of rows, and arrays of two axes."""

    kinds = ("a table, a list of rows of column names or numbers,",)

    def admits(self, value: Any) -> bool:
        return _is_list(value) and all(map(_is_list, value))


def _is_list(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | type)


class ColumnsToGrid(WindowTransformer):
    """Place the columns of a table on a map: stations, sensors or meters at their cells.

    Parameters
    ----------
    cells : 2-D array-like of column names or numbers, default=None
        What each cell shows; None or -1 marks an empty cell, which holds 0. By default one row
        with all columns in order. Names need windows of a table.

    Attributes
    ----------
    window_shape_ : tuple of int
        Shape of one window in `fit`.
    n_features_in_ : int
        Time steps in a window.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import ColumnsToGrid, make_windows
    >>> X, y = make_windows(np.arange(12.0).reshape(4, 3), lookback=2)
    >>> ColumnsToGrid([[0, 1], [-1, 2]]).fit_transform(X)[0][:, 0]
    array([[[0., 1.],
            [0., 2.]],
    <BLANKLINE>
           [[3., 4.],
            [0., 5.]]])
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"cells": Table() | None}

    def __init__(self, cells: Any = None) -> None:
        self.cells = cells

    def _fit(self, X: Windows) -> None:
        count = int(np.prod(X.shape[2:]))
        cells = [list(range(count))] if self.cells is None else _rows(self.cells)
        if not cells or len({len(row) for row in cells}) != 1 or not cells[0]:
            raise ShapeError(
                f"cells must be a table with rows of one length, got rows of "
                f"{[len(row) for row in cells]} cells. Fill the short ones with None."
            )
        self._step = Cells(
            tuple(tuple(_column(name, X.columns, count) for name in row) for row in cells)
        )

    def _apply(self, X: Windows) -> Windows:
        return X.with_step(self._step)

    def inverse_transform(self, X: Any) -> Any:
        """Return windows with the cells of the map as columns again.

        Parameters
        ----------
        X : Windows or ndarray of shape (n, T, 1, H, W)
            Windows of maps.

        Returns
        -------
        Windows or ndarray of shape (n, T, C)
            The windows as they were.

        Raises
        ------
        ShapeError
            If a column stands in no cell, so that it is lost.
        """
        windows = self._check_inverse_input(X)
        columns = [column for row in self._step.columns for column in row]
        count = int(np.prod(self.window_shape_[1:]))
        absent = sorted(set(range(count)) - set(columns))
        if absent:
            raise ShapeError(
                f"Columns {absent} stand in no cell, so the map cannot give them back. Place every "
                "column to invert."
            )
        step = Pick(tuple(columns.index(column) for column in range(count)))
        return restore_kind(windows.with_step(step).with_step(Reshape(self.window_shape_)), X)


def _rows(cells: Any) -> list[list[Any]]:
    return [list(row) for row in cells]


def _column(name: Hashable, columns: tuple[Hashable, ...] | None, count: int) -> int:
    if name is None or name is pd.NA or (isinstance(name, float) and np.isnan(name)):
        return -1
    if columns is not None and name in columns:
        return columns.index(name)
    if isinstance(name, int | np.integer) and -1 <= name < count:
        return int(name)
    names = f"0 to {count - 1}" if columns is None else str(list(columns))
    raise ValueError(f"cells must show columns of the series, but {name!r} is not among {names}.")


def _flat_frames(batch: Array) -> Array:
    """Return a batch with every frame in one axis; -1 would not do for an empty batch."""
    return batch.reshape(*batch.shape[:2], int(np.prod(batch.shape[2:])))
