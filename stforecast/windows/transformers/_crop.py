"""Keep the end of every window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from stforecast._constraints import Constraint, Integers
from stforecast.exceptions import ShapeError
from stforecast.windows._base import WindowTransformer
from stforecast.windows._batches import Array
from stforecast.windows._steps import KeepsValues
from stforecast.windows._windows import Windows


@dataclass(frozen=True)
class Last(KeepsValues):
    """Keep the last `count` frames."""

    count: int

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, _, *frame = shape
        return (n, self.count, *frame)

    def __call__(self, batch: Array) -> Array:
        return batch[:, batch.shape[1] - self.count :]


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

    _constraints: ClassVar[dict[str, Constraint]] = {"lookback": Integers(1) | None}

    def __init__(self, lookback: int | None = None) -> None:
        self.lookback = lookback

    def _fit(self, X: Windows) -> None:
        self._lookback = self._count(X.shape[1])

    def _count(self, frames: int) -> int:
        if self.lookback is None:
            return frames
        count = int(self.lookback)
        if count > frames:
            raise ShapeError(
                f"Crop(lookback={count}) needs windows of at least {count} frames, got {frames}. "
                "Make the windows with the longest lookback."
            )
        return count

    def _apply(self, X: Windows) -> Windows:
        if X.steps:
            return X.with_step(Last(self._lookback))
        return replace(X, lookback=self._lookback, full_lookback=X.rows_before_crop)
