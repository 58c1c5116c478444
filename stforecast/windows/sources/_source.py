"""A series of any kind, read into one form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stforecast.windows._gather import Rows
from stforecast.windows._geometry import Integers
from stforecast.windows._target import ColumnLabels, Labels
from stforecast.windows._timeline import Timeline
from stforecast.windows.sources._index import labels_after, next_labels


@dataclass(frozen=True)
class Panel:
    """What tells the series of a panel apart.

    Parameters
    ----------
    ids : pandas.Index of length S
        Names of the series.
    clock : int array of shape (N,)
        Time of each row in steps, comparable across the series.
    step : frequency or int, optional
        From one row of a series to the next; None where all are too short to tell.
    order : int array of shape (N,), optional
        Which row of the table each row was, where the table has its series not one after another.
    """

    ids: pd.Index
    clock: Integers
    step: Any
    order: Integers | None = None


@dataclass(frozen=True)
class Source:
    """One or more series, one below the other.

    Parameters
    ----------
    values : array-like of shape (N, C) or (N, C, H, W)
        All rows.
    bounds : int array of shape (S + 1,)
        Series i holds rows ``bounds[i]:bounds[i + 1]``.
    times : pandas.Index of length N, optional
        Time of each row; None for arrays.
    labels : Labels, optional
        What names the channels.
    panel : Panel, optional
        What tells the series apart; None for a single one.
    """

    values: Rows
    bounds: Integers
    times: pd.Index | None = None
    labels: Labels | None = None
    panel: Panel | None = None

    @property
    def frame(self) -> tuple[int, ...]:
        """Shape of one row."""
        return self.values.shape[1:]

    @property
    def is_table(self) -> bool:
        """Whether the channels are the columns of a pandas table."""
        return isinstance(self.labels, ColumnLabels)

    @property
    def lengths(self) -> Integers:
        """Rows of each series."""
        return np.diff(self.bounds)

    @property
    def timeline(self) -> Timeline:
        """Labels of all rows, (series, time) pairs for a panel, and their time in steps."""
        if self.panel is None:
            return Timeline(self.times)
        times = self.panel.clock if self.times is None else self.times
        names = [self.panel.ids.name or "series", getattr(times, "name", None)]
        arrays = [self.panel.ids.repeat(self.lengths), times]
        return Timeline(pd.MultiIndex.from_arrays(arrays, names=names), self.panel.clock)

    def series_of(self, ends: Integers) -> Integers:
        """Return the number of the series that windows belong to."""
        return np.searchsorted(self.bounds, ends, side="left") - 1

    def times_after(self, series: Integers, count: int) -> Any:
        """Return the `count` times that follow each of some series, one group below the other."""
        assert self.times is not None
        if self.panel is None:
            return next_labels(self.times, count)
        return labels_after(self.times[self.bounds[series + 1] - 1], count, self.panel.step)
