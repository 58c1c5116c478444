"""How a series of each kind is repaired, as calls that can be run as they stand."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from stforecast.windows.sources._calendars import is_cftime


class Calls(Protocol):
    """Calls that repair the rows of a series, which they call `series`."""

    def as_times(self, order: str) -> str:
        """Read the labels of rows, which are written dates, as times, with an option of pandas."""

    def number(self) -> str:
        """Number the rows in the place of their labels."""

    def sort(self) -> str:
        """Put the rows in order of time."""

    def drop_missing_labels(self) -> str:
        """Drop rows without a time."""

    def average_duplicates(self) -> str:
        """Take the mean of rows of one time."""

    def keep_first(self) -> str:
        """Keep the first of the rows of one time."""

    def insert(self, freq: str, index: Any) -> str:
        """Insert the times of a frequency that are missing in an index."""

    def insert_numbers(self, step: int, index: Any) -> str:
        """Insert the numbers, or periods, that are missing in an index."""

    def hold(self, index: Any) -> str:
        """Insert the weekdays that are missing, with the values before them."""

    def average(self, freq: str, index: Any) -> str:
        """Take the mean of the rows of each step of a frequency."""


@dataclass(frozen=True)
class TableCalls:
    """Of a table of pandas, by itself or as a member of several.

    Parameters
    ----------
    name : str, default="series"
        What the table is called.
    mean : str, default="mean()"
        Call for the mean of its columns.
    """

    name: str = "series"
    mean: str = "mean()"

    def as_times(self, order: str) -> str:
        return f"{self.name}.set_axis(pd.to_datetime({self.name}.index{order}))"

    def number(self) -> str:
        return f"{self.name}.reset_index(drop=True)"

    def sort(self) -> str:
        return f"{self.name}.sort_index()"

    def drop_missing_labels(self) -> str:
        return f"{self.name}[{self.name}.index.notna()]"

    def average_duplicates(self) -> str:
        return f"{self.name}.groupby(level=0).{self.mean}"

    def keep_first(self) -> str:
        return f"{self.name}[~{self.name}.index.duplicated()]"

    def insert(self, freq: str, index: Any) -> str:
        if isinstance(index, pd.TimedeltaIndex):
            return self._reindex(f"pd.timedelta_range({self._ends()}, freq={freq!r})")
        if is_cftime(index):  # pandas resamples times of the usual calendar alone
            return self._reindex(_calendar_range(f"{self.name}.index", freq))
        return f"{self.name}.asfreq({freq!r})"

    def insert_numbers(self, step: int, index: Any) -> str:
        if isinstance(index, pd.PeriodIndex):
            return self._reindex(f"pd.period_range({self._ends()}, freq={index.freqstr!r})")
        first, last = (f"{self.name}.index[{place}]" for place in (0, -1))
        return self._reindex(f"range({first}, {last} + 1, {step})")

    def hold(self, index: Any) -> str:
        return f"{self.name}.asfreq('B').ffill()"

    def average(self, freq: str, index: Any) -> str:
        if is_cftime(index):
            time = index.name or "index"
            grid = f"{self.name}.rename_axis({time!r}).to_xarray()"
            return f"{grid}.resample({{{time!r}: {freq!r}}}).mean().to_pandas()"
        return f"{self.name}.resample({freq!r}).{self.mean}"

    def _reindex(self, index: str) -> str:
        return f"{self.name}.reindex({index})"

    def _ends(self) -> str:
        return f"{self.name}.index[0], {self.name}.index[-1]"


@dataclass(frozen=True)
class PanelCalls:
    """Of each series of a table by (series, time).

    Parameters
    ----------
    levels : int, default=2
        Levels of its index, the last of which is time.
    mean : str, default="mean()"
        Call for the mean of its columns.
    """

    levels: int = 2
    mean: str = "mean()"

    def as_times(self, order: str) -> str:
        times = f"pd.to_datetime(series.index.levels[-1]{order})"
        return f"series.set_axis(series.index.set_levels({times}, level=-1))"

    def number(self) -> str:
        return self._write_loop(lambda calls: calls.number())

    def sort(self) -> str:
        return "series.sort_index()"

    def drop_missing_labels(self) -> str:
        return "series[series.index.get_level_values(-1).notna()]"

    def average_duplicates(self) -> str:
        return f"series.groupby(level={list(range(self.levels))}).{self.mean}"

    def keep_first(self) -> str:
        return "series[~series.index.duplicated()]"

    def insert(self, freq: str, index: Any) -> str:
        return self._write_loop(lambda calls: calls.insert(freq, index))

    def insert_numbers(self, step: int, index: Any) -> str:
        return self._write_loop(lambda calls: calls.insert_numbers(step, index))

    def hold(self, index: Any) -> str:
        return self._write_loop(lambda calls: calls.hold(index))

    def average(self, freq: str, index: Any) -> str:
        return self._write_loop(lambda calls: calls.average(freq, index))

    def _write_loop(self, call: Callable[[TableCalls], str]) -> str:
        names: Any = 0 if self.levels == 2 else list(range(self.levels - 1))
        body = call(TableCalls("one", self.mean))
        return (
            f"series.groupby(level={names}, sort=False).apply(lambda each: "
            f"each.droplevel({names}).pipe(lambda one: {body}))"
        )


@dataclass(frozen=True)
class ListCalls:
    """Of each series of a list.

    Parameters
    ----------
    member : Calls
        Of one of them, which they call ``one``.
    """

    member: Calls

    def as_times(self, order: str) -> str:
        return self._write_loop(self.member.as_times(order))

    def number(self) -> str:
        return self._write_loop(self.member.number())

    def sort(self) -> str:
        return self._write_loop(self.member.sort())

    def drop_missing_labels(self) -> str:
        return self._write_loop(self.member.drop_missing_labels())

    def average_duplicates(self) -> str:
        return self._write_loop(self.member.average_duplicates())

    def keep_first(self) -> str:
        return self._write_loop(self.member.keep_first())

    def insert(self, freq: str, index: Any) -> str:
        return self._write_loop(self.member.insert(freq, index))

    def insert_numbers(self, step: int, index: Any) -> str:
        return self._write_loop(self.member.insert_numbers(step, index))

    def hold(self, index: Any) -> str:
        return self._write_loop(self.member.hold(index))

    def average(self, freq: str, index: Any) -> str:
        return self._write_loop(self.member.average(freq, index))

    def _write_loop(self, call: str) -> str:
        return f"[{call} for one in series]"


@dataclass(frozen=True)
class GridCalls:
    """Of an object of xarray.

    Parameters
    ----------
    time : hashable
        Its dimension of time.
    name : str, default="series"
        What the object is called.
    """

    time: Hashable
    name: str = "series"

    def as_times(self, order: str) -> str:
        times = f"pd.to_datetime({self.name}.indexes[{self.time!r}]{order})"
        return f"{self.name}.assign_coords({self.time}={times})"

    def number(self) -> str:
        return f"{self.name}.drop_vars({self.time!r})"

    def sort(self) -> str:
        return f"{self.name}.sortby({self.time!r})"

    def drop_missing_labels(self) -> str:
        return f"{self.name}.isel({self.time}={self.name}.indexes[{self.time!r}].notna())"

    def average_duplicates(self) -> str:
        return f"{self.name}.groupby({self.time!r}).mean()"

    def keep_first(self) -> str:
        return f"{self.name}.drop_duplicates({self.time!r})"

    def insert(self, freq: str, index: Any) -> str:
        if is_cftime(index):
            return self._reindex(_calendar_range(self._labels(), freq))
        kind = "timedelta" if isinstance(index, pd.TimedeltaIndex) else "date"
        return self._reindex(f"pd.{kind}_range({self._ends()}, freq={freq!r})")

    def insert_numbers(self, step: int, index: Any) -> str:
        if isinstance(index, pd.PeriodIndex):
            return self._reindex(f"pd.period_range({self._ends()}, freq={index.freqstr!r})")
        first, last = (f"{self._labels()}[{place}]" for place in (0, -1))
        return self._reindex(f"range({first}, {last} + 1, {step})")

    def hold(self, index: Any) -> str:
        return self._reindex(f"pd.date_range({self._ends()}, freq='B'), method='ffill'")

    def average(self, freq: str, index: Any) -> str:
        return f"{self.name}.resample({self.time}={freq!r}).mean()"

    def _labels(self) -> str:
        return f"{self.name}.indexes[{self.time!r}]"

    def _ends(self) -> str:
        return f"{self._labels()}[0], {self._labels()}[-1]"

    def _reindex(self, index: str) -> str:
        return f"{self.name}.reindex({self.time}={index})"


@dataclass(frozen=True)
class PolarsCalls:
    """Of a table of polars.

    Parameters
    ----------
    time : str
        Its column of times.
    name : str, default="series"
        What the table is called.
    """

    time: str
    name: str = "series"

    def as_times(self, order: str) -> str:
        return f"{self.name}.with_columns(pl.col({self.time!r}).str.to_datetime())"

    def number(self) -> str:
        return f"{self.name}.drop({self.time!r})"

    def sort(self) -> str:
        return f"{self.name}.sort({self.time!r})"

    def drop_missing_labels(self) -> str:
        return f"{self.name}.drop_nulls({self.time!r})"

    def average_duplicates(self) -> str:
        return f"{self.name}.group_by({self.time!r}, maintain_order=True).mean()"

    def keep_first(self) -> str:
        return f"{self.name}.unique({self.time!r}, keep='first', maintain_order=True)"

    def insert(self, freq: str, index: Any) -> str:
        if freq[0] == "B" or freq.partition("-")[0].endswith("E"):
            return self.average(freq, index)  # polars knows no last day of a month
        if isinstance(index, pd.TimedeltaIndex):
            return self._join_lengths(freq)  # it inserts moments alone
        return f"{self.name}.upsample({self.time!r}, every={_polars_interval(freq)!r})"

    def _join_lengths(self, freq: str) -> str:
        """Join the rows to the lengths of time, from the first to the last, of a frequency."""
        lengths = f"pl.col({self.time!r}).dt.total_microseconds()"
        steps = f"pl.int_range({lengths}.min(), {lengths}.max() + 1, {_microseconds(freq)})"
        grid = f"pl.duration(microseconds={steps}).cast({self.name}.schema[{self.time!r}])"
        return (
            f"{self.name}.select({grid}.alias({self.time!r}))"
            f".join({self.name}, on={self.time!r}, how='left')"
        )

    def insert_numbers(self, step: int, index: Any) -> str:
        raise NotImplementedError("Times of polars are moments.")

    def hold(self, index: Any) -> str:
        return (
            f"{self.name}.upsample({self.time!r}, every='1d')"
            f".filter(pl.col({self.time!r}).dt.weekday() < 6).fill_null(strategy='forward')"
        )

    def average(self, freq: str, index: Any) -> str:
        interval = _polars_interval(freq)
        return (
            f"{self.name}.group_by_dynamic({self.time!r}, every={interval!r}).agg(pl.all().mean())"
            f".upsample({self.time!r}, every={interval!r})"
        )


TABLE = TableCalls()


def _calendar_range(labels: str, freq: str) -> str:
    """Return the call for the times of an index of cftime, from its first to its last."""
    ends = f"{labels}[0], {labels}[-1]"
    return f"xarray.date_range({ends}, freq={freq!r}, calendar={labels}.calendar, use_cftime=True)"


def _polars_interval(freq: str) -> str:
    """Return a frequency of pandas as polars writes it."""
    units = {"M": "mo", "Q": "q", "Y": "y"}
    name = freq.partition("-")[0]
    unit = name.lstrip("0123456789B")
    if unit in ("MS", "ME", "QS", "QE", "YS", "YE"):
        return f"{name.rstrip('BMQYSE') or 1}{units[unit[0]]}"
    if name.endswith("D"):
        return f"{name.removesuffix('D') or 1}d"  # of the calendar, whatever clocks do
    return f"{_microseconds(freq)}us"


def _microseconds(freq: str) -> int:
    length: Any = pd.tseries.frequencies.to_offset(freq)
    return int(pd.Timedelta(length) // pd.Timedelta("1us"))
