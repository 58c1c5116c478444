"""When rows are: their labels, and their time in steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stforecast.windows._geometry import Integers
from stforecast.windows._keys import as_slice


@dataclass(frozen=True, eq=False)
class Timeline:
    """Labels of the rows of a series or panel, and their time in steps.

    Parameters
    ----------
    index : pandas.Index of length N, optional
        Labels, (series, time) pairs for a panel; row numbers by default.
    clock : int array of shape (N,), optional
        Time of each row in steps, comparable across the series of a panel; row numbers by default.
    """

    index: pd.Index | None = None
    clock: Integers | None = None

    def labels(self, rows: Integers) -> pd.Index | Integers:
        """Return the labels of rows; of evenly spaced ones with their frequency."""
        return rows if self.index is None else self.index[as_slice(rows)]

    def times(self, rows: Integers) -> Integers:
        """Return the time of rows in steps."""
        return rows if self.clock is None else self.clock[rows]

    def keep(self, kept: NDArray[np.bool_]) -> Timeline:
        """Return the timeline of some of the rows, whose times stay as they were."""
        index = None if self.index is None else self.index[kept]
        return Timeline(index, np.flatnonzero(kept) if self.clock is None else self.clock[kept])
