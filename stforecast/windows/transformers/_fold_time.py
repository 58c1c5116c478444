"""Make consecutive time steps the cells of one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stforecast._constraints import Constraint, Integers
from stforecast.exceptions import ShapeError
from stforecast.windows._base import WindowTransformer
from stforecast.windows._batches import Array
from stforecast.windows._coercion import restore_kind
from stforecast.windows._steps import KeepsValues, Reshape
from stforecast.windows._windows import Windows


@dataclass(frozen=True)
class Fold(KeepsValues):
    """Make height x width consecutive frames the cells of one."""

    height: int
    width: int

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, C = shape[:3]
        return (n, T // (self.height * self.width), C, self.height, self.width)

    def __call__(self, batch: Array) -> Array:
        n, T, C, H, W = self.shape(batch.shape)
        cells = batch.reshape(n, T, H * W, C)
        return np.ascontiguousarray(cells.transpose(0, 1, 3, 2)).reshape(n, T, C, H, W)


@dataclass(frozen=True)
class Unfold(KeepsValues):
    """Make the cells of every frame consecutive frames again, the inverse of `Fold`."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, C, H, W = shape
        return (n, T * H * W, C)

    def __call__(self, batch: Array) -> Array:
        n, T, C, H, W = batch.shape
        cells = batch.reshape(n, T, C, H * W).transpose(0, 1, 3, 2)
        return np.ascontiguousarray(cells).reshape(n, T * H * W, C)


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

    _constraints: ClassVar[dict[str, Constraint]] = {"height": Integers(1), "width": Integers(1)}

    def __init__(self, height: int = 1, width: int = 1) -> None:
        self.height = height
        self.width = width

    def _fit(self, X: Windows) -> None:
        height = int(self.height)
        width = int(self.width)
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
        windows = self._check_inverse_input(X).with_step(Unfold())
        return restore_kind(windows.with_step(Reshape(self.window_shape_)), X)
