"""The weeks and the naive figures are those of the literature."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.accuracy.household_power.protocol import (
    WEEKDAYS,
    check_layout,
    load_daily,
    rmse_by_weekday,
    selection_blocks,
)
from benchmarks.accuracy.household_power.protocol import test_weeks as weeks_to_test

POWER = load_daily()
WEEKS = weeks_to_test(POWER)


def test_the_record_has_its_1442_days() -> None:
    assert len(POWER) == 1442
    assert POWER.index[0] == pd.Timestamp("2006-12-16")
    assert POWER.index[-1] == pd.Timestamp("2010-11-26")


def test_whole_weeks_are_rows_1_to_329_and_328_to_7_from_the_end() -> None:
    assert WEEKS.truth.shape == (46, 7)
    np.testing.assert_array_equal(WEEKS.truth.ravel(), POWER.to_numpy()[-328:-6])
    assert WEEKS.first_row == len(POWER) - 328
    assert len(POWER.iloc[1:-328]) == 159 * 7


def test_weeks_go_from_sunday_to_saturday() -> None:
    assert POWER.index[1].day_name() == "Sunday"
    assert [day.strftime("%a") for day in WEEKS.dates[:7]] == list(WEEKDAYS)
    assert WEEKS.dates[0] == pd.Timestamp("2010-01-03")
    assert WEEKS.dates[-1] == pd.Timestamp("2010-11-20")


def test_blocks_are_the_52_weeks_before_the_test() -> None:
    blocks = selection_blocks(POWER)
    assert [len(block.starts) for block in blocks] == [13] * 4
    dates = np.concatenate([block.dates for block in blocks])
    np.testing.assert_array_equal(dates, POWER.index[-328 - 52 * 7 : -328])
    assert all(block.power.index[-1] < WEEKS.dates[0] for block in blocks)


def test_another_record_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"for 1442 days .* but got 1441 days, with Monday"):
        check_layout(POWER.iloc[1:])


def test_rmse_by_weekday_is_over_the_weeks() -> None:
    truth = np.zeros((2, 7))
    forecasts = np.zeros((2, 7))
    forecasts[0, 0] = 7.0
    assert rmse_by_weekday(forecasts, truth) == pytest.approx([np.sqrt(49 / 2), *[0.0] * 6])
