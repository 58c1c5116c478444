"""Move channels to the place they have here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stforecast.windows._base import WindowTransformer
from stforecast.windows._batches import Array
from stforecast.windows._coercion import restore_kind
from stforecast.windows._steps import KeepsValues
from stforecast.windows._windows import Windows


@dataclass(frozen=True)
class ChannelsToFront(KeepsValues):
    """Move channels from the last axis, (n, T, H, W, C), before the cells."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, *grid, C = shape
        return (n, T, C, *grid)

    def __call__(self, batch: Array) -> Array:
        return np.ascontiguousarray(np.moveaxis(batch, -1, 2))


@dataclass(frozen=True)
class ChannelsToBack(KeepsValues):
    """Move channels after the cells, the inverse of `ChannelsToFront`."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, C, *grid = shape
        return (n, T, *grid, C)

    def __call__(self, batch: Array) -> Array:
        return np.ascontiguousarray(np.moveaxis(batch, 2, -1))


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
        windows = self._check_inverse_input(X)
        return restore_kind(
            windows.with_step(ChannelsToBack()) if windows.ndim == 5 else windows, X
        )
