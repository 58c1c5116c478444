"""Time indexes: regular or refused and what comes next."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stforecast.exceptions import IrregularIndexError
from stforecast.windows.sources._index import next_labels, regular_index

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
    index = regular_index(without_frequency(REGULAR[kind]))
    assert list(index) == list(REGULAR[kind])


@pytest.mark.parametrize("kind", REGULAR)
def test_the_next_labels_continue_the_index(kind: str) -> None:
    index = REGULAR[kind]
    following = next_labels(regular_index(without_frequency(index)[:6]), 3)
    assert list(following) == list(index[6:])
    assert following.name == "t"


@pytest.mark.parametrize("kind", REGULAR)
def test_a_missing_row_is_found(kind: str) -> None:
    index = without_frequency(REGULAR[kind]).delete(4)
    with pytest.raises(IrregularIndexError, match="steps of one length, but after") as caught:
        regular_index(index)
    if "month" not in kind and "quarter" not in kind and "business" not in kind:
        assert f"after {index[3]} comes {index[4]}" in str(caught.value)


@pytest.mark.parametrize("kind", REGULAR)
def test_rows_out_of_order_are_found(kind: str) -> None:
    index = without_frequency(REGULAR[kind])[::-1]
    with pytest.raises(IrregularIndexError, match=r"must run forward .* in row 1. Use sort_index"):
        regular_index(index)


@pytest.mark.parametrize("kind", REGULAR)
def test_a_repeated_label_is_named(kind: str) -> None:
    index = without_frequency(REGULAR[kind])
    with pytest.raises(IrregularIndexError, match="stands more than once") as caught:
        regular_index(index.append(index[3:4]))
    assert str(index[3]) in str(caught.value)


def test_a_missing_label_is_counted() -> None:
    index = pd.DatetimeIndex(["2020-01-01", None, "2020-01-03"])
    with pytest.raises(IrregularIndexError, match="every row, but 1 labels are missing"):
        regular_index(index)


@pytest.mark.parametrize("index", [pd.Index([0.5, 1.5]), pd.Index(["a", "b"])])
def test_other_labels_are_refused(index: pd.Index) -> None:
    with pytest.raises(IrregularIndexError, match="DatetimeIndex, PeriodIndex, TimedeltaIndex or"):
        regular_index(index)


def test_an_index_too_short_to_tell_its_frequency_says_so() -> None:
    two = pd.DatetimeIndex(["2020-01-01", "2020-01-02"])
    with pytest.raises(IrregularIndexError, match="2 rows is too short to tell its frequency"):
        next_labels(regular_index(two), 1)
