"""Time indexes: regular or refused and what comes next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from stforecast.exceptions import IrregularIndexError
from stforecast.windows.sources._index import labels_after, read_index

REGULAR = {
    "days": pd.date_range("2020-02-25", periods=9, freq="D"),
    "hours over the change to summer time": pd.date_range(
        "2020-03-28 22:00", periods=9, freq="h", tz="Europe/Paris"
    ),
    "days over the change to summer time": pd.date_range(
        "2020-03-26", periods=9, freq="D", tz="Europe/Paris"
    ),
    "month starts": pd.date_range("2020-01", periods=9, freq="MS"),
    "month ends": pd.date_range("2020-01", periods=9, freq="ME"),
    "quarters": pd.date_range("2020-01", periods=9, freq="QE-NOV"),
    "business days": pd.date_range("2020-01-02", periods=9, freq="B"),
    "weeks": pd.date_range("2020-01-02", periods=9, freq="W-TUE"),
    "months as periods": pd.period_range("2020-01", periods=9, freq="M"),
    "pairs of months": pd.period_range("2020-01", periods=9, freq="2M"),
    "time differences": pd.timedelta_range("1h", periods=9, freq="90min"),
    "a range with a step": pd.RangeIndex(5, 32, 3),
    "a negative start": pd.Index(np.arange(-4, 5)),
    "unsigned": pd.Index(np.arange(9, dtype=np.uint8)),
    "nullable": pd.Index(np.arange(9), dtype="Int64"),
}


def without_frequency(index: pd.Index) -> pd.Index:
    plain = pd.Index(list(index), name="t")
    return index.rename("t") if isinstance(index, pd.PeriodIndex | pd.RangeIndex) else plain


@pytest.mark.parametrize("kind", REGULAR)
def test_a_regular_index_is_taken_as_it_is(kind: str) -> None:
    index, step = read_index(without_frequency(REGULAR[kind]))
    assert list(index) == list(REGULAR[kind])
    assert step is not None


@pytest.mark.parametrize("kind", REGULAR)
def test_the_next_labels_continue_the_index(kind: str) -> None:
    index = REGULAR[kind]
    seen, step = read_index(without_frequency(index)[:6])
    following = labels_after(seen[-1:], 3, step)
    assert list(following) == list(index[6:])
    assert following.name == "t"


@pytest.mark.parametrize("kind", REGULAR)
def test_the_labels_after_several_are_those_after_each(kind: str) -> None:
    seen, step = read_index(without_frequency(REGULAR[kind]))
    several = seen.take([2, 7, 2, 0])
    each = [several[i : i + 1] for i in range(4)]
    expected = [label for one in each for label in labels_after(one, 3, step)]
    following = labels_after(several, 3, step)
    assert list(following) == expected
    assert following.dtype == labels_after(seen[-1:], 3, step).dtype
    assert following.name == "t"


def test_labels_after_several_keep_a_step_finer_than_their_unit() -> None:
    seconds = pd.date_range("2020-01-01", periods=4, freq="s", unit="s")
    following = labels_after(seconds[[0, 3]], 2, pd.offsets.Milli(1500))
    assert [one.isoformat()[11:] for one in following][:2] == [
        one.isoformat()[11:] for one in labels_after(seconds[:1], 2, pd.offsets.Milli(1500))
    ]


@pytest.mark.parametrize("kind", REGULAR)
def test_a_missing_row_is_found(kind: str) -> None:
    index = without_frequency(REGULAR[kind]).delete(4)
    with pytest.raises(IrregularIndexError, match="steps of one length, but after") as caught:
        read_index(index)
    assert f"after {index[3]} comes {index[4]}" in str(caught.value)


@pytest.mark.parametrize(
    "index",
    [
        *(pd.date_range("1985-01-01", periods=90, freq=f) for f in ("MS", "ME", "BMS", "2MS")),
        *(pd.date_range("1985-01-01", periods=90, freq=f) for f in ("QS", "QE", "6ME", "YS", "YE")),
        pd.bdate_range("2024-01-01", periods=90),
        pd.bdate_range("2024-03-01", periods=90, tz="America/New_York") + pd.Timedelta("16h"),
        pd.date_range("2022-08-01", periods=90, tz="Europe/Paris"),
        pd.date_range("2022-10-28", periods=90, freq="h", tz="Europe/Paris"),
        pd.date_range("2022-10-28", periods=90, freq="7D", tz="Europe/Paris"),
    ],
    ids=lambda index: f"{index.freqstr} of {index.tz}",
)
def test_the_first_row_that_is_missing_is_named(index: pd.DatetimeIndex) -> None:
    left = pd.DatetimeIndex(list(index)).delete([70, 80])
    with pytest.raises(IrregularIndexError) as caught:
        read_index(left)
    assert f"after {index[69]} comes {index[71]}." in str(caught.value)


def test_the_first_middle_of_a_month_that_is_missing_is_named() -> None:
    middles = pd.date_range("1985-01-01", periods=90, freq="MS") + pd.Timedelta("14D")
    with pytest.raises(IrregularIndexError, match=r"after 1990-10-15 .* comes 1990-12-15"):
        read_index(middles.delete(70))


MONTHS = pd.date_range("2022-07-01", periods=30, freq="MS").delete(9)
SOME_DAYS = pd.date_range("2022-07-20", periods=30).delete(9)


@pytest.mark.parametrize(
    ("labels", "option", "dates"),
    [
        (SOME_DAYS.strftime("%Y%m%d").astype(int), "format='%Y%m%d'", SOME_DAYS),
        (MONTHS.strftime("%Y%m").astype(int), "format='%Y%m'", MONTHS),
        (pd.Index(SOME_DAYS.as_unit("s").asi8), "unit='s'", SOME_DAYS),
        (pd.Index(SOME_DAYS.as_unit("ms").asi8), "unit='ms'", SOME_DAYS),
        (pd.Index(SOME_DAYS.as_unit("ns").asi8), "unit='ns'", SOME_DAYS),
    ],
)
def test_integers_that_look_like_dates_are_read_as_such(
    labels: pd.Index, option: str, dates: pd.DatetimeIndex
) -> None:
    with pytest.raises(IrregularIndexError) as caught:
        read_index(labels)
    call = str(caught.value).split("Read them as times: ")[1].rstrip(".")
    assert call == f"series.set_axis(pd.to_datetime(series.index, {option}))"
    series = pd.Series(0.0, labels)
    assert list(eval(call, {"series": series, "pd": pd}).index) == list(dates)


@pytest.mark.parametrize(
    "labels",
    [
        [0, 100, 200, 400],
        [100, 101, 103],
        [20220701, 20220702, 20220745],
        [10**9, 10**9 + 1, 10**9 + 5],
    ],
    ids=["hundreds", "numbers", "a day that is none", "seconds, one after another"],
)
def test_other_integers_are_not_taken_for_dates(labels: list[int]) -> None:
    with pytest.raises(IrregularIndexError, match=r"missing rows, series.reindex\(range"):
        read_index(pd.Index(labels))


@pytest.mark.parametrize(
    "dates",
    [
        pd.date_range("2024-05-01", periods=12),
        pd.date_range("2022-01-01", periods=24, freq="MS"),
        pd.date_range("2024-01-09", periods=8, freq="31D")[:2].append(
            pd.date_range("2024-03-11", periods=2, freq="31D")
        ),
    ],
    ids=["days", "months", "steps of 31 days"],
)
def test_dates_whose_day_was_read_as_the_month_are_to_be_read_anew(dates: Any) -> None:
    swapped = pd.to_datetime(dates.strftime("%Y-%d-%m"))
    with pytest.raises(IrregularIndexError, match=r"day stands first .* with pd.to_datetime\(dayf"):
        read_index(swapped)


def test_dates_that_are_right_are_not_to_be_read_anew() -> None:
    for index in (pd.date_range("2024-05-01", periods=12), REGULAR["month starts"]):
        with pytest.raises(IrregularIndexError) as caught:
            read_index(without_frequency(index).delete(4))
        assert "dayfirst" not in str(caught.value)


@pytest.mark.parametrize("kind", REGULAR)
def test_rows_out_of_order_are_found(kind: str) -> None:
    index = without_frequency(REGULAR[kind])[::-1]
    with pytest.raises(
        IrregularIndexError, match=r"must run forward .* in row 1. Sort the rows: ser"
    ):
        read_index(index)


@pytest.mark.parametrize("kind", REGULAR)
def test_a_repeated_label_is_named(kind: str) -> None:
    index = without_frequency(REGULAR[kind])
    with pytest.raises(IrregularIndexError, match="stands more than once") as caught:
        read_index(index.append(index[3:4]))
    assert str(index[3]) in str(caught.value)


def test_a_missing_label_is_counted() -> None:
    index = pd.DatetimeIndex(["2020-01-01", None, "2020-01-03"])
    with pytest.raises(IrregularIndexError, match="every row, but 1 labels are missing"):
        read_index(index)


@pytest.mark.parametrize("index", [pd.Index([0.5, 1.5]), pd.Index(["a", "b"])])
def test_other_labels_are_refused(index: pd.Index) -> None:
    with pytest.raises(IrregularIndexError, match="DatetimeIndex, PeriodIndex, TimedeltaIndex or"):
        read_index(index)


def test_an_index_too_short_to_tell_its_frequency_says_so() -> None:
    two = pd.DatetimeIndex(["2020-01-01", "2020-01-02"])
    with pytest.raises(
        IrregularIndexError, match="fewer than 3 rows is too short to tell its frequency"
    ):
        labels_after(two[-1:], 1, read_index(two)[1])


@pytest.mark.parametrize("kind", REGULAR)
@pytest.mark.parametrize("rows", [slice(0, 1), slice(3, 5), slice(2, 7), slice(0, 0)], ids=str)
def test_few_rows_are_taken_by_the_step_that_others_had(kind: str, rows: slice) -> None:
    index = without_frequency(REGULAR[kind])
    step = read_index(index)[1]
    found, kept = read_index(index[rows], step)
    assert kept == step
    assert list(found) == list(index[rows])


def test_five_days_of_a_week_are_business_days_where_the_rows_before_were() -> None:
    days = pd.bdate_range("2024-01-01", periods=30)
    week = pd.DatetimeIndex(days[-5:].to_numpy())
    assert labels_after(week[-1:], 1, read_index(week, days.freq)[1])[0] == days[-1] + days.freq
    assert read_index(week)[1] == pd.offsets.Day()


def test_rows_that_do_not_follow_the_step_before_show_their_own() -> None:
    days, hours = REGULAR["days"], pd.date_range("2020", periods=5, freq="h")
    assert read_index(hours, days.freq)[1] == hours.freq
    assert read_index(REGULAR["months as periods"], days.freq)[1] == 1
    assert read_index(days, 1)[1] == days.freq
    assert read_index(REGULAR["time differences"], pd.offsets.MonthEnd())[1] == pd.Timedelta(
        "90min"
    )


@pytest.mark.parametrize(
    "index",
    [
        [
            d + pd.Timedelta(hours=h)
            for d in pd.date_range("2024", periods=12)
            for h in range(8, 16)
        ],
        pd.date_range("2020-01-01", periods=12, freq="WOM-3FRI").delete(5),
    ],
    ids=["eight rows a day", "third Fridays but one"],
)
def test_a_frequency_that_does_not_give_the_rows_again_is_not_believed(index: Any) -> None:
    index = pd.DatetimeIndex(list(index))
    assert pd.infer_freq(index) is not None
    with pytest.raises(IrregularIndexError, match=r"steps of one length, but after 20\d\d-"):
        read_index(index)


def test_days_of_24_hours_through_a_change_of_clocks_are_hours() -> None:
    index = pd.date_range("2020-03-26", periods=6, freq="24h", tz="Europe/Paris")
    assert read_index(pd.DatetimeIndex(list(index)))[1] == pd.offsets.Hour(24)
