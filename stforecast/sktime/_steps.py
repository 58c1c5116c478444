"""Steps of a forecasting horizon, after the end of each series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stforecast.windows._geometry import Integers
from stforecast.windows.sources._time_series import TimeSeries

_MAX_STEPS = 1_000_000  # a duration read as steps would be rolled out for years


@dataclass(frozen=True)
class Steps:
    """The steps to forecast of each series.

    Parameters
    ----------
    steps : int array of shape (S, k)
        Rows after the end of each series, 1 being the first, in order; one line for all series
        where they are the same.
    """

    steps: Integers

    @property
    def furthest(self) -> int:
        """The last step that is asked for."""
        return int(self.steps.max(initial=0))

    def take(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of these steps from as many forecasts of each series."""
        if not isinstance(table.index, pd.MultiIndex):
            return table.iloc[self.steps[0] - 1]
        return table.iloc[self._rows(pd.factorize(table.index.droplevel(-1))[0])]

    def select_labels(self, ahead: pd.Index) -> pd.Index:
        """Return those of the labels of the rows up to the furthest step of each series."""
        return ahead[self._rows(np.arange(len(ahead)) // self.furthest)]

    def _rows(self, series: Integers) -> Integers:
        """Return the rows of these steps in a table, `series` telling which each row is of."""
        starts = np.searchsorted(series, np.unique(series))
        return np.asarray((starts[:, None] + self.steps - 1).ravel())


def find_steps(relative: Integers, dates: pd.Index | None, history: TimeSeries) -> Steps:
    """Return the steps after each series: some after all, or those at which each meets dates."""
    if len(relative) and relative[-1] > _MAX_STEPS:
        raise ValueError(
            f"fh must ask for at most {_MAX_STEPS} steps, but asks for step {relative[-1]}. Give "
            "steps as integers, or as labels of the index of y; a duration is neither."
        )
    ends = history.panel.clock[history.bounds[1:] - 1] if history.panel is not None else np.zeros(1)
    if dates is None or (ends == ends[0]).all():
        return Steps(relative[None])
    return Steps(np.stack([_count_steps(dates, history, i) for i in range(len(ends))]))


def _count_steps(dates: Any, history: TimeSeries, series: int) -> Integers:
    """Return how many rows after the end of a series dates are."""
    number = np.array([series])
    count = 1
    while (ahead := history.times_after(number, count))[-1] < dates.max():
        count *= 2
    places = ahead.get_indexer(dates)
    if (places < 0).any():
        raise ValueError(
            f"fh must ask for rows that come after the end of each series, but "
            f"{dates[int(np.argmin(places))]} does not come after that of "
            f"{history.ids[series]!r}. Ask for later rows, or for steps after each end: fh=[1, 2]."
        )
    return np.sort(places) + 1
