"""A series whose forecasts are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.accuracy.sktime.series import Task

YEARS = pd.Series(
    np.tile([1.0, 5.0, 2.0, 8.0], 10) + np.repeat(np.arange(10.0), 4),
    pd.period_range("2000Q1", periods=40, freq="Q"),
)  # each value is one above that of the year before


@pytest.fixture
def task() -> Task:
    return Task("quarters", YEARS.copy, season=4, cycle=4, folds=3)
