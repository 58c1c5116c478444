"""Make every window one row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from stforecast.exceptions import ShapeError
from stforecast.windows._base import WindowTransformer
from stforecast.windows._parts import WEIGHT
from stforecast.windows._steps import Flat
from stforecast.windows._windows import Windows


class Flatten(WindowTransformer):
    """Make every window one row, so that any tabular regressor can follow.

    Named parts (`known`, `static`, ...) are appended as further columns, in their order, all but
    `weight`.

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
        columns = tuple(name for name in X.parts if name != WEIGHT)
        return replace(X.with_step(Flat()), column_parts=columns)

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
        if rows.ndim != 2 or rows.shape[1] < size:
            raise ShapeError(
                f"inverse_transform takes rows of at least {size} values, which transform makes, "
                f"got shape {rows.shape}. Pass what transform returned."
            )
        return rows[:, :size].reshape(len(rows), *self.window_shape_)
