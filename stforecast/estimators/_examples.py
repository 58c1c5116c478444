"""Windows with what is to be learned of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from stforecast.windows import Windows


class Examples(NamedTuple):
    """Windows and their targets.

    Parameters
    ----------
    X : Windows
        The windows.
    y : array-like
        Targets, one entry a window.
    """

    X: Windows
    y: Any

    def take(self, rows: np.ndarray) -> Examples:
        """Return some of the examples, copying nothing that is lazy."""
        return Examples(self.X[rows], self.y[rows])
