"""The protocol of the literature on household power: 46 weeks, forecast by walking forward.

The daily table has 1442 rows. Whole weeks from Sunday to Saturday are rows 1 to -329 for training
(159 weeks) and rows -328 to -7 for testing (46 weeks); every test week is forecast from all days
before it. Errors are those of the daily sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stforecast.datasets import load_household_power

TARGET = "Global_active_power"
WEEK = 7
FIRST_WEEK = 1  # row of the first Sunday
FIRST_TEST = -328
TEST_WEEKS = 46
WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


@dataclass(frozen=True)
class Weeks:
    """Weeks to forecast, each from all days before it.

    Parameters
    ----------
    power : Series
        The daily sums, from the first day of the record.
    starts : ndarray of shape (weeks,)
        Row of each week's Sunday.
    """

    power: pd.Series
    starts: np.ndarray

    @property
    def days(self) -> np.ndarray:
        """The daily sums as an array."""
        return self.power.to_numpy()

    @property
    def truth(self) -> np.ndarray:
        """What came to pass, (weeks, 7)."""
        return self.days_from(0)

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The days of the weeks, one after the other."""
        return self.power.index[(self.starts[:, None] + np.arange(WEEK)).ravel()]

    @property
    def first_row(self) -> int:
        """The row that training must not reach."""
        return int(self.starts[0])

    def days_from(self, shift: int) -> np.ndarray:
        """Return the seven days that lie `shift` rows after each Sunday, (weeks, 7)."""
        return self.days[self.starts[:, None] + shift + np.arange(WEEK)]


def load_daily() -> pd.Series:
    """Return the 1442 daily sums of active power."""
    return load_household_power("D")[TARGET]


def check_layout(power: pd.Series) -> None:
    """Raise unless rows and weekdays are where the protocol has them."""
    first, test = power.index[FIRST_WEEK], power.index[FIRST_TEST]
    weeks = (len(power) + FIRST_TEST - FIRST_WEEK) / WEEK
    if (len(power), first.day_name(), test.day_name(), weeks) != (1442, "Sunday", "Sunday", 159):
        raise ValueError(
            f"The protocol is for 1442 days with Sundays at rows {FIRST_WEEK} and {FIRST_TEST}, "
            f"but got {len(power)} days, with {first:%A} and {test:%A} there."
        )


def test_weeks(power: pd.Series) -> Weeks:
    """Return the 46 test weeks of the literature."""
    check_layout(power)
    first = len(power) + FIRST_TEST
    return Weeks(power, first + WEEK * np.arange(TEST_WEEKS))


def selection_blocks(power: pd.Series, *, blocks: int = 4, weeks: int = 13) -> list[Weeks]:
    """Return the last training weeks as rolling blocks, with no row of a test week.

    By default the 52 weeks before the test: each season once, and at least two years before each.
    """
    check_layout(power)
    training = power.iloc[:FIRST_TEST]
    first = len(training) - blocks * weeks * WEEK
    starts = first + WEEK * np.arange(blocks * weeks)
    return [Weeks(training, part) for part in np.split(starts, blocks)]


def rmse_by_weekday(forecasts: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Root of the mean squared error of each day of the week, Sunday first."""
    return np.sqrt(np.mean((forecasts - truth) ** 2, axis=0))
