"""Transformers that give windows another layout and leave every value as it is."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from stforecast._validation import check_integer
from stforecast.exceptions import ShapeError
from stforecast.windows._base import WindowTransformer
from stforecast.windows._coerce import as_windows, give_back
from stforecast.windows._steps import (
    Cells,
    ChannelsToBack,
    ChannelsToFront,
    Flat,
    Fold,
    FromLags,
    Last,
    Pick,
    Reshape,
    Unfold,
)
from stforecast.windows._windows import Windows


class Crop(WindowTransformer):
    """Keep the last frames of every window, which makes the lookback a parameter to search.

    Parameters
    ----------
    lookback : int, default=None
        Frames to keep; None keeps all.

    Attributes
    ----------
    window_shape_ : tuple of int
        Shape of one window in `fit`.
    n_features_in_ : int
        Frames in a window.

    Notes
    -----
    Window the series with the longest lookback to be tried: then every candidate forecasts the
    same origins, and their scores compare.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import Crop, make_windows
    >>> X, y = make_windows(np.arange(6.0), lookback=4)
    >>> Crop(2).fit_transform(X)[0].ravel()
    array([2., 3.])
    """

    def __init__(self, lookback: int | None = None) -> None:
        self.lookback = lookback

    def _fit(self, X: Windows) -> None:
        self._lookback = self._count(X.shape[1])

    def _count(self, frames: int) -> int:
        if self.lookback is None:
            return frames
        count = check_integer("lookback", self.lookback, 1)
        if count > frames:
            raise ShapeError(
                f"Crop(lookback={count}) needs windows of at least {count} frames, got {frames}. "
                "Make the windows with the longest lookback."
            )
        return count

    def _apply(self, X: Windows) -> Windows:
        if X.steps:
            return X.with_step(Last(self._lookback))
        return replace(X, lookback=self._lookback)


class FoldTime(WindowTransformer):
    """Make consecutive time steps the cells of one frame: days of a week, hours by days.

    A window (n, T, C) becomes (n, T / (height * width), C, height, width), row by row: with
    hourly rows ``height=7, width=24`` makes every week a map of days by hours. Convolutions then
    see the same hour of neighbouring days side by side.

    Parameters
    ----------
    height, width : int, default=1
        Cells of a frame; their product must divide the lookback.

    Attributes
    ----------
    window_shape_ : tuple of int
        Shape of one window in `fit`.
    n_features_in_ : int
        Time steps in a window.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import FoldTime, make_windows
    >>> X, y = make_windows(np.arange(15.0), lookback=14)
    >>> FoldTime(width=7).fit_transform(X)[0][:, 0, 0]
    array([[ 0.,  1.,  2.,  3.,  4.,  5.,  6.],
           [ 7.,  8.,  9., 10., 11., 12., 13.]])
    """

    def __init__(self, height: int = 1, width: int = 1) -> None:
        self.height = height
        self.width = width

    def _fit(self, X: Windows) -> None:
        height = check_integer("height", self.height, 1)
        width = check_integer("width", self.width, 1)
        T, cells = X.shape[1], height * width
        if int(np.prod(X.shape[3:])) != 1:
            raise ShapeError(
                f"FoldTime makes frames of one cell into maps, but these are {X.shape[3:]} maps "
                "already. Put it before ColumnsToGrid, or leave it out."
            )
        if T % cells:
            raise ShapeError(
                f"FoldTime(height={height}, width={width}) needs a lookback divisible by {cells}, "
                f"got {T}. Use a lookback of {max(cells, T // cells * cells)}, or Crop to it first."
            )
        self._step = Fold(height, width)

    def _apply(self, X: Windows) -> Windows:
        return X.with_step(self._step)

    def inverse_transform(self, X: Any) -> Any:
        """Return windows with the cells of each frame as consecutive time steps again.

        Parameters
        ----------
        X : Windows or ndarray of shape (n, T, C, height, width)
            Folded windows.

        Returns
        -------
        Windows or ndarray of shape (n, T * height * width, C)
            The windows as they were.
        """
        check_is_fitted(self)
        unfolded = as_windows(X).with_step(Unfold())
        return give_back(unfolded.with_step(Reshape(self.window_shape_)), X)


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

    def __init__(self, cells: Any = None) -> None:
        self.cells = cells

    def _fit(self, X: Windows) -> None:
        count = int(np.prod(X.shape[2:]))
        cells = [list(range(count))] if self.cells is None else [list(row) for row in self.cells]
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
        check_is_fitted(self)
        placed = [column for row in self._step.columns for column in row]
        count = int(np.prod(self.window_shape_[1:]))
        absent = sorted(set(range(count)) - set(placed))
        if absent:
            raise ShapeError(
                f"Columns {absent} stand in no cell, so the map cannot give them back. Place every "
                "column to invert."
            )
        step = Pick(tuple(placed.index(column) for column in range(count)))
        return give_back(as_windows(X).with_step(step).with_step(Reshape(self.window_shape_)), X)


def _column(name: Hashable, columns: tuple[Hashable, ...] | None, count: int) -> int:
    if name is None or name is pd.NA or (isinstance(name, float) and np.isnan(name)):
        return -1
    if columns is not None and name in columns:
        return columns.index(name)
    if isinstance(name, int | np.integer) and -1 <= name < count:
        return int(name)
    known = f"0 to {count - 1}" if columns is None else str(list(columns))
    raise ValueError(f"cells must show columns of the series, but {name!r} is not among {known}.")


class LagsToWindows(WindowTransformer):
    """Give a lag table of several columns its time axis: (n, T * C) becomes (n, T, C).

    The table must be step-major: all columns at the oldest step, then all at the next.

    Parameters
    ----------
    lookback : int, default=None
        Time steps T in a row; None takes every column as one step of a single value.

    Attributes
    ----------
    window_shape_ : tuple of int
        Shape of one window in `fit`.
    n_features_in_ : int
        Columns of the lag table.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.windows import LagsToWindows
    >>> LagsToWindows(lookback=2).fit_transform(np.arange(6.0).reshape(1, 6))
    array([[[0., 1., 2.],
            [3., 4., 5.]]])
    """

    def __init__(self, lookback: int | None = None) -> None:
        self.lookback = lookback

    def _fit(self, X: Windows) -> None:
        width = int(np.prod(X.shape[1:]))
        lookback = X.shape[1] if self.lookback is None else self.lookback
        lookback = check_integer("lookback", lookback, 1)
        if width % lookback:
            raise ShapeError(
                f"LagsToWindows(lookback={lookback}) needs a table whose columns divide into "
                f"{lookback} steps, got {width} columns. Pass the lookback the table was made with."
            )
        self._step = FromLags(lookback, width // lookback)

    def _apply(self, X: Windows) -> Windows:
        return X.with_step(self._step)

    def inverse_transform(self, X: Any) -> Any:
        """Return windows as rows of a lag table.

        Parameters
        ----------
        X : Windows or ndarray of shape (n, T, C)
            Windows.

        Returns
        -------
        Windows or ndarray of shape (n, T * C)
            The lag table.
        """
        check_is_fitted(self)
        return give_back(as_windows(X).with_step(Reshape(self.window_shape_)), X)


class ChannelsFirst(WindowTransformer):
    """Move channels from the last axis, as Keras has them, to their place before the cells.

    Maps (n, T, H, W, C) become (n, T, C, H, W). Windows of fewer axes have no cells after their
    channels and stay as they are.

    Attributes
    ----------
    window_shape_ : tuple of int
        Shape of one window in `fit`.
    n_features_in_ : int
        Frames in a window.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.windows import ChannelsFirst
    >>> ChannelsFirst().fit_transform(np.zeros((10, 4, 8, 9, 3))).shape
    (10, 4, 3, 8, 9)
    """

    def _apply(self, X: Windows) -> Windows:
        return X.with_step(ChannelsToFront()) if X.ndim == 5 else X

    def inverse_transform(self, X: Any) -> Any:
        """Return windows with their channels last.

        Parameters
        ----------
        X : Windows or ndarray of shape (n, T, C, H, W)
            Windows.

        Returns
        -------
        Windows or ndarray of shape (n, T, H, W, C)
            The windows as they were.
        """
        check_is_fitted(self)
        windows = as_windows(X)
        return give_back(windows.with_step(ChannelsToBack()) if windows.ndim == 5 else windows, X)


class Flatten(WindowTransformer):
    """Make every window one row, so that any tabular regressor can follow.

    Named parts (`known`, `static`, ...) are appended as further columns, in their order.

    Attributes
    ----------
    window_shape_ : tuple of int
        Shape of one window in `fit`.
    n_features_in_ : int
        Frames in a window.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from stforecast import Flatten, make_windows
    >>> X, y = make_windows(np.arange(40.0).reshape(20, 2), lookback=3)
    >>> Flatten().fit_transform(X).shape
    (17, 6)
    >>> make_pipeline(Flatten(), Ridge()).fit(X, y).predict(X[-1:]).round(0)
    array([[38., 39.]])
    """

    def _apply(self, X: Windows) -> Windows:
        return replace(X.with_step(Flat()), appended=tuple(X.parts))

    def inverse_transform(self, X: Any) -> Any:
        """Return rows as windows of the shape seen in `fit`, without appended parts.

        Parameters
        ----------
        X : array-like of shape (n, features)
            Flattened windows.

        Returns
        -------
        ndarray of shape (n, T, ...)
            The windows.
        """
        check_is_fitted(self)
        rows, size = np.asarray(X), int(np.prod(self.window_shape_))
        return rows[:, :size].reshape(len(rows), *self.window_shape_)
