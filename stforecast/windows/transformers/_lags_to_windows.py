"""Give a lag table of several columns its time axis."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from stforecast._constraints import Constraint, Integers
from stforecast.exceptions import ShapeError
from stforecast.windows._base import WindowTransformer
from stforecast.windows._coercion import restore_kind
from stforecast.windows._steps import Reshape
from stforecast.windows._windows import Windows


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

    _constraints: ClassVar[dict[str, Constraint]] = {"lookback": Integers(1) | None}

    def __init__(self, lookback: int | None = None) -> None:
        self.lookback = lookback

    def _fit(self, X: Windows) -> None:
        width = int(np.prod(X.shape[1:]))
        lookback = X.shape[1] if self.lookback is None else int(self.lookback)
        if width % lookback:
            raise ShapeError(
                f"LagsToWindows(lookback={lookback}) needs a table whose columns divide into "
                f"{lookback} steps, got {width} columns. Pass the lookback the table was made with."
            )
        self._step = Reshape((lookback, width // lookback))

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
        return restore_kind(self._check_inverse_input(X).with_step(Reshape(self.window_shape_)), X)
