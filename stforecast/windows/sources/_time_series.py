"""The one form that a series of any kind is read into, and in which it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError, ShapeError
from stforecast.windows._batches import Array, Rows
from stforecast.windows._geometry import Integers, Timeline
from stforecast.windows.sources._clock import index_kind, panel_clock
from stforecast.windows.sources._index import labels_after, pace, plain_index, read_index
from stforecast.windows.sources._labels import (
    ArrayLabels,
    ColumnLabels,
    Labels,
    LongTable,
    SeriesList,
    panel_index,
)
from stforecast.windows.sources._repairs import Calls, PanelCalls
from stforecast.windows.sources._stored_rows import pick_positions, stack_rows, take_rows


@dataclass(frozen=True)
class Panel:
    """What tells the series of a panel apart.

    Parameters
    ----------
    ids : pandas.Index of length S
        Names of the series.
    clock : int array of shape (N,)
        Time of each row in steps, comparable across the series.
    layout : LongTable or SeriesList
        How the panel came, and how it is made again.
    order : int array of shape (N,), optional
        Which row of the table each row was, where the table has its series not one after another.
    """

    ids: pd.Index
    clock: Integers
    layout: LongTable | SeriesList
    order: Integers | None = None


@dataclass(frozen=True)
class TimeSeries:
    """One or more series, one below the other, with what it takes to continue them.

    Parameters
    ----------
    values : array-like of shape (N, C) or (N, C, H, W)
        All rows.
    bounds : int array of shape (S + 1,)
        Series i holds rows ``bounds[i]:bounds[i + 1]``.
    times : pandas.Index of length N, optional
        Time of each row; None for arrays.
    step : pandas offset or int, optional
        From one row of a series to the next; None where there are too few rows to tell.
    labels : Labels, default=ArrayLabels()
        What names the channels, and makes the kind of object again that the series was.
    panel : Panel, optional
        What tells the series apart; None for a single one.
    """

    values: Rows
    bounds: Integers
    times: pd.Index | None = None
    step: Any = None
    labels: Labels = field(default_factory=ArrayLabels)
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
    def is_list(self) -> bool:
        """Whether the series came as a list, in which its place alone tells which is which."""
        return self.panel is not None and isinstance(self.panel.layout, SeriesList)

    @property
    def kind(self) -> str:
        """The kind of object that the series came as."""
        if self.panel is None:
            return self.labels.kind
        return "list" if self.is_list else f"{self.labels.kind} by series and time"

    @property
    def lengths(self) -> Integers:
        """Rows of each series."""
        return np.diff(self.bounds)

    @property
    def spans(self) -> list[slice]:
        """Rows of each series."""
        return list(map(slice, self.bounds[:-1], self.bounds[1:]))

    @property
    def pace(self) -> pd.Timedelta | None:
        """Usual time from one row to the next; None where the rows have no times."""
        return None if self.times is None else pace(self.times, self.step)

    @property
    def ids(self) -> pd.Index:
        """Names of the series; 0 for a single one."""
        return pd.RangeIndex(1) if self.panel is None else self.panel.ids

    @property
    def timeline(self) -> Timeline:
        """Labels of all rows, (series, time) pairs for a panel, and their time in steps."""
        if self.panel is None:
            return Timeline(self.times)
        times = self.panel.clock if self.times is None else self.times
        names = [self.panel.ids.name or "series", getattr(times, "name", None)]
        series = np.arange(len(self.lengths)).repeat(self.lengths)
        return Timeline(panel_index([self.panel.ids], series, times, names), self.panel.clock)

    def series_numbers(self, ends: Integers) -> Integers:
        """Return the number of the series that windows belong to."""
        return np.searchsorted(self.bounds, ends, side="left") - 1

    def times_after(self, series: Integers, count: int) -> Any:
        """Return the `count` times that follow each of some series, one group below the other."""
        assert self.times is not None
        ends = self.times[self.bounds[series + 1] - 1]
        return labels_after(ends, count, self.step)

    def index_after(self, count: int) -> Any:
        """Return the labels of the `count` rows that follow each series of a table."""
        series = np.arange(len(self.lengths))
        times = self.times_after(series, count)
        if self.panel is None or not isinstance(self.panel.layout, LongTable):
            return times
        return self.panel.layout.index(self.ids, series.repeat(count), times)

    def union_times(self, ahead: int) -> Any:
        """Return all times in order, once each, and those of `ahead` rows after each series."""
        assert self.times is not None
        if self.panel is None and not ahead:
            return self.times
        times = self.times
        if ahead:
            # pandas makes objects of times of cftime that are joined
            later = self.times_after(np.flatnonzero(self.lengths), ahead)
            times = plain_index(times.append(later))
        return times if self.panel is None else times.unique().sort_values()

    def pick(self, positions: Integers, axis: int = 0) -> TimeSeries:
        """Return the series of some positions along an axis of their frames; 0 is the channels."""
        panel = self.panel
        if panel is not None:
            panel = replace(panel, layout=panel.layout.pick(positions, axis))
        rows = pick_positions(self.values, positions, axis)
        return replace(self, values=rows, labels=self.labels.pick(positions, axis), panel=panel)

    def tail(self, rows: int) -> TimeSeries:
        """Return a copy of the last `rows` rows of each series, in memory."""
        firsts = np.maximum(self.bounds[1:] - rows, self.bounds[:-1])
        counts = self.bounds[1:] - firsts
        bounds = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(bounds[-1]) + np.repeat(firsts - bounds[:-1], counts)
        times, panel = self.times, self.panel
        if times is not None:
            # a slice keeps the frequency of an index
            times = times[firsts[0] :] if panel is None else times[places]
        if panel is not None:
            panel = replace(panel, clock=panel.clock[places], order=None)
        values = take_rows(self.values, places)
        return replace(self, values=values, bounds=bounds, times=times, panel=panel)

    def select(self, numbers: Integers) -> TimeSeries:
        """Return some series of a panel that came as a table, by their numbers."""
        assert self.panel is not None
        spans = [np.arange(*self.bounds[number : number + 2]) for number in numbers]
        rows = np.concatenate([np.arange(0), *spans])
        panel = replace(
            self.panel, ids=self.panel.ids[numbers], clock=self.panel.clock[rows], order=None
        )
        bounds = np.cumsum([0, *self.lengths[numbers]])
        times = None if self.times is None else self.times[rows]
        values = take_rows(self.values, rows)
        return replace(self, values=values, bounds=bounds, times=times, panel=panel)

    def follows(self, before: TimeSeries) -> bool:
        """Whether the rows are those that come next, of every series that there are rows of."""
        if before.times is None or self.times is None or not len(self.times):
            return False
        if self.kind != before.kind or (self.is_list and len(self.ids) != len(before.ids)):
            return False
        numbers = before.ids.get_indexer(self.ids)
        if (numbers < 0).any():
            return False
        series = np.flatnonzero(self.lengths)
        next_times = before.times_after(numbers[series], 1)
        starts = before.convert_times(self.times[self.bounds[series]])
        return bool(index_kind(next_times) == index_kind(starts) and (next_times == starts).all())

    def convert_times(self, times: Any) -> Any:
        """Return times of another time zone as the same moments in that of the series."""
        zones = getattr(self.times, "tz", None), getattr(times, "tz", None)
        return times.tz_convert(zones[0]) if all(zones) and zones[0] != zones[1] else times

    def append(self, after: TimeSeries) -> TimeSeries:
        """Return the rows of the series and, behind those of each, the rows that come next.

        Raises
        ------
        IrregularIndexError
            If the rows do not come next.
        ShapeError
            If they are of series that are not here.
        """
        self._check_ids(after)
        if self.times is not None:
            self._check_next(after)
            after = replace(after, times=self.convert_times(after.times))
        if self.panel is None:
            return self._insert_rows(stack_rows([self.values, after.values]), None, after)
        # rows of the panel, then new ones, sorted by series: stable, so that new ones come behind
        numbers = np.concatenate([_numbers(part, self.ids) for part in (self, after)])
        order = np.argsort(numbers, kind="stable")
        values = np.concatenate([np.asarray(part.values[:]) for part in (self, after)])[order]
        return self._insert_rows(values, order, after)

    def _insert_rows(self, values: Rows, order: Integers | None, after: TimeSeries) -> TimeSeries:
        """Return the series with further rows, of which `order` tells where they stand."""
        # before they are joined: the joint index would be irregular, which says nothing of the two
        if self.step is not None and after.step not in (None, self.step):
            raise IrregularIndexError(
                f"New rows must lie as far apart as those of fit, {self.step}, but these lie "
                f"{after.step} apart. Resample them, or fit on rows like these."
            )
        lengths = self.lengths.copy()
        lengths[self.ids.get_indexer(after.ids)] += after.lengths
        bounds = np.cumsum([0, *lengths], dtype=np.int64)
        times, panel = None, self.panel
        if self.times is not None and after.times is not None:
            times = self.times.append(after.times).rename(self.times.name)
            times = times if order is None else times[order]
        if panel is not None:
            clock, _ = make_clock(times, bounds, panel.ids, self.step)
            panel = replace(panel, clock=clock, order=None)
        elif times is not None:
            times, _ = read_index(times, self.step)
        return replace(self, values=values, bounds=bounds, times=times, panel=panel)

    def _check_ids(self, after: TimeSeries) -> None:
        if self.is_list and len(after.ids) != len(self.ids):
            raise ShapeError(
                f"New rows must come for each of the {len(self.ids)} series, got a list of "
                f"{len(after.ids)}. Pass one entry for each, in the order of fit."
            )
        unknown = after.ids[self.ids.get_indexer(after.ids) < 0]
        if len(unknown):
            raise ShapeError(
                f"New rows must belong to the series seen in fit, which are {list(self.ids)!r:.80},"
                f" but some are of {unknown[0]!r}. Drop them, or fit on the whole panel."
            )

    def _check_next(self, after: TimeSeries) -> None:
        """Raise unless the rows of each series start where it ends."""
        series = np.flatnonzero(after.lengths)
        if after.times is None or (self.panel is None and not len(series)):
            next_times = self.times_after(np.zeros(1, dtype=np.int64), 1)
            raise _order_error("the series, so", next_times[0], "no time")
        if not len(series):
            return
        starts = after.times[after.bounds[series]]
        moments = self.convert_times(starts)
        next_times = self.times_after(self.ids.get_indexer(after.ids)[series], 1)
        is_alike = index_kind(next_times) == index_kind(moments)
        faults = np.flatnonzero(next_times != moments) if is_alike else np.arange(len(next_times))
        if len(faults):
            i, subject = int(faults[0]), "the series, so"
            if self.panel is not None:
                subject = f"each series, so those of {after.ids[series[i]]!r}"
            raise _order_error(
                subject, next_times[i], f"{moments[i]}{_describe_kinds(next_times, starts)}"
            )

    def label(self, values: Array, series: Integers, channels: Integers | None = None) -> Any:
        """Return values (s, count, *frame) of the rows that follow some series, as these came.

        `channels` tells which of the channels they are of; by default of all.
        """
        count = values.shape[1]
        times = None if self.times is None else self.times_after(series, count)
        rows = values.reshape(-1, *values.shape[2:])
        return self._rebuild(rows, times, series.repeat(count), channels)

    def restore(self) -> Any:
        """Return the rows as the kind of object that they came as."""
        series = np.arange(len(self.lengths)).repeat(self.lengths)
        return self._rebuild(np.asarray(self.values[:]), self.times, series)

    def _rebuild(
        self, values: Array, times: Any, series: Integers, channels: Integers | None = None
    ) -> Any:
        labels = self.labels if channels is None else self.labels.pick(channels)
        if self.panel is None:
            return labels.label_rows(values, times)
        layout = self.panel.layout if channels is None else self.panel.layout.pick(channels)
        return layout.label_rows(values, times, self.ids, series, labels)


def _numbers(series: TimeSeries, ids: pd.Index) -> Integers:
    """Return for each row the place of its series among `ids`."""
    return ids.get_indexer(series.ids).repeat(series.lengths)


def row_bounds(members: Sequence[Any]) -> Integers:
    """Return where each of several series begins, and where the last ends, below one another."""
    return np.cumsum([0, *(len(rows) for rows in members)], dtype=np.int64)


def make_clock(
    times: pd.Index | None,
    bounds: Integers,
    ids: pd.Index,
    step: Any,
    calls: Calls | None = None,
) -> tuple[Integers, Any]:
    """Return the time of each row of a panel in steps, of arrays from their start, and the step."""
    if times is None:
        return np.arange(bounds[-1]) - np.repeat(bounds[:-1], np.diff(bounds)), 1
    return panel_clock(times, bounds, ids, step, calls or PanelCalls())


def _order_error(subject: str, next_time: Any, start: Any) -> IrregularIndexError:
    return IrregularIndexError(
        f"New rows must follow {subject} start at {next_time}, but start at {start}. Pass all rows "
        "since the last one seen, and only those."
    )


def _describe_kinds(next_times: pd.Index, starts: pd.Index) -> str:
    """Return what labels of two kinds are, such as their time zones."""
    kinds = index_kind(next_times), index_kind(starts)
    return "" if kinds[0] == kinds[1] else f" (by {kinds[0]} and {kinds[1]})"
