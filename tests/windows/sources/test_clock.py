"""One clock for the rows of several series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from stforecast.exceptions import IrregularIndexError
from stforecast.windows import make_windows
from stforecast.windows.sources import _clock
from stforecast.windows.sources._clock import common_clock, panel_clock
from stforecast.windows.sources._index import read_index
from stforecast.windows.sources._read_series import read_series
from tests.windows.sources.test_index import REGULAR, without_frequency

# rows of three series: they overlap, and one is too short to show a frequency
PARTS = (slice(4, None), slice(0, 6), slice(7, None))


def stacked(*members: pd.Index) -> tuple[pd.Index, np.ndarray, pd.Index]:
    bounds = np.cumsum([0, *map(len, members)])
    return members[0].append(list(members[1:])), bounds, pd.RangeIndex(len(members))


def table(*members: pd.Index) -> pd.DataFrame:
    rows = pd.DataFrame({"a": np.arange(sum(map(len, members)), dtype=float)})
    ids = np.repeat(list("uvwxyz")[: len(members)], [len(one) for one in members])
    times = members[0].append(list(members[1:]))
    return rows.set_axis(pd.MultiIndex.from_arrays([ids, times]))


@pytest.mark.parametrize("kind", REGULAR)
def test_series_of_different_start_share_a_clock(kind: str) -> None:
    index, step = read_index(REGULAR[kind])
    clock = common_clock([(index[part], step) for part in (slice(4, 9), slice(6), slice(8, 9))])
    assert clock.tolist() == [*range(4, 9), *range(6), 8]


def test_the_clock_counts_time_that_no_series_holds() -> None:
    days = pd.date_range("2020-01-01", periods=100, freq="D")
    assert common_clock([(days[:3], days.freq), (days[90:93], days.freq)]).tolist() == [
        0,
        1,
        2,
        90,
        91,
        92,
    ]


def test_the_clock_of_series_off_each_others_grid_counts_whole_steps() -> None:
    hours = pd.date_range("2020-01-01", periods=4, freq="h")
    assert (
        common_clock([(hours, hours.freq), (hours + pd.Timedelta("30min"), hours.freq)]).tolist()
        == [0, 1, 2, 3] * 2
    )


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (pd.RangeIndex(9), "integers and times of no zone"),
        (REGULAR["days"].tz_localize("UTC"), "times in UTC and times of no zone"),
        (REGULAR["days"].to_period(), "periods of D and times of no zone"),
        (REGULAR["weeks"], "steps of <Day> and steps of <Week: weekday=1>"),
    ],
)
def test_series_that_cannot_share_a_clock_are_refused(other: pd.Index, found: str) -> None:
    with pytest.raises(IrregularIndexError, match=f"but they have {found}"):
        common_clock([read_index(REGULAR["days"]), read_index(other)])


@pytest.mark.parametrize("kind", REGULAR)
def test_the_clock_of_a_panel_is_that_of_its_members(kind: str) -> None:
    index = without_frequency(REGULAR[kind])
    clock, step = panel_clock(*stacked(*(index[part] for part in PARTS)))
    assert clock.tolist() == [*range(4, 9), *range(6), 7, 8]
    assert step is not None


@pytest.mark.parametrize("kind", REGULAR)
def test_the_labels_that_follow_each_series_continue_it(kind: str) -> None:
    index = without_frequency(REGULAR[kind])
    source = read_series(table(*(index[part][:-2] for part in (slice(3, 9), slice(0, 6)))))
    following = source.times_after(np.array([1, 0]), 2)
    assert list(following) == [*index[4:6], *index[7:9]]


def test_weeks_may_begin_on_any_day_of_each_series() -> None:
    sundays = pd.date_range("2021-01-03", periods=6, freq="W-SUN")
    source = read_series(table(sundays, sundays[:4] + pd.Timedelta("2D")))
    assert source.panel is not None
    assert source.panel.clock.tolist() == [*range(6), *range(4)]
    assert source.times_after(np.array([1]), 1)[0] == sundays[4] + pd.Timedelta("2D")


def test_a_short_series_goes_by_the_frequency_of_the_longest() -> None:
    days = pd.date_range("2021-01-04", periods=15, freq="B")
    source = read_series(table(days, days[:3], days[4:5]))
    assert source.panel is not None
    assert source.panel.clock.tolist() == [*range(15), 0, 1, 2, 4]
    assert source.times_after(np.array([2]), 1)[0] == days[5]


def test_a_panel_is_checked_at_once_and_not_series_by_series(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked: list[int] = []

    def spy(index: Any, **options: Any) -> Any:
        checked.append(len(index))
        return read_index(index, **options)

    monkeypatch.setattr(_clock, "read_index", spy)
    for kind in ("days", "month ends", "business days", "months as periods", "unsigned"):
        index = REGULAR[kind]
        make_windows(table(index, *[index[:5]] * 4), lookback=3)
    assert checked == [9] * 5


def test_only_series_that_leave_the_step_of_the_longest_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []

    def spy(index: Any, **options: Any) -> Any:
        read.append(len(index))
        return read_index(index, **options)

    monkeypatch.setattr(_clock, "read_index", spy)
    days = pd.date_range("2020-01-01", periods=9)
    gap = days[[0, 1, 2, 4, 5, 6, 7]]
    with pytest.raises(IrregularIndexError, match="Series 'w': The index must have steps of one"):
        read_series(table(days, days[:5], gap, days[:6]))
    assert read == [9, 7]


def test_series_of_two_rows_each_are_ranked_among_all_times() -> None:
    days = pd.date_range("2020-01-01", periods=4)
    clock, step = panel_clock(*stacked(days[[0, 1]], days[[1, 3]], days[:1]))
    assert (clock.tolist(), step) == ([0, 1, 1, 2, 0], None)
    with pytest.raises(IrregularIndexError, match="Series 1: The index must run forward"):
        panel_clock(*stacked(days[[0, 1]], days[[3, 1]], days[:1]))


def test_a_series_of_two_rows_goes_by_the_step_of_those_that_show_one() -> None:
    days = pd.date_range("2020-01-01", periods=9)
    with pytest.raises(IrregularIndexError, match=r"In series 1 2020-01-09 .* one step, <Day>"):
        panel_clock(*stacked(days[:3], days[[0, 8]]))


def hour(text: str) -> pd.Timestamp:
    return pd.Timestamp(f"2020-01-01 {text}")


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (["00:00", "01:00", "03:00"], "Series 'v': The index must have steps of one length, but"),
        (["00:00", "01:30", "02:00"], "Series 'v': .* but after 2020-01-01 00:00:00 comes"),
        (["00:00", "01:00", "01:00"], "Series 'v': .* 2020-01-01 01:00:00 stands more than once"),
        (["00:00", "02:00", "04:00"], "share .* frequency, but they have steps of <2 \\* Hours>"),
        (["00:00", "03:00"], "In series 'v' 2020-01-01 03:00:00 does not come one step, <Hour>,"),
    ],
)
def test_a_series_that_is_out_of_step_is_named(member: list[str], message: str) -> None:
    hours = pd.date_range("2020-01-01", periods=9, freq="h")
    panel = table(hours, pd.DatetimeIndex([hour(text) for text in member]), hours[:5])
    with pytest.raises(IrregularIndexError, match=message):
        make_windows(panel, lookback=2)


def test_months_that_start_and_months_that_end_are_not_one_frequency() -> None:
    starts, ends = REGULAR["month starts"], REGULAR["month ends"]
    with pytest.raises(IrregularIndexError, match="steps of <MonthBegin> and steps of <MonthEnd>"):
        make_windows(table(starts, ends), lookback=2)


def test_series_too_short_to_show_a_frequency_are_in_the_order_of_time() -> None:
    days = pd.date_range("2020-01-01", periods=9, freq="D")
    clock, step = panel_clock(*stacked(days[[3, 4]], days[[0]]))
    assert clock.tolist() == [1, 2, 0]
    assert step is None
