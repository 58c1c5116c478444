"""Scales of a series come from rows that were known when it was forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stforecast.comparison._folds import make_folds
from stforecast.comparison._samples import read_samples
from stforecast.comparison._scales import seasonal_scales
from stforecast.windows import make_windows

ROWS = np.random.default_rng(0).normal(size=60)


def panel(other: np.ndarray) -> pd.DataFrame:
    """A series of 60 days, and another that begins with it."""
    days = pd.date_range("2024-01-01", periods=60)
    series = {"long": ROWS, "other": other}
    return pd.concat(
        {name: pd.DataFrame({"load": rows}, days[: len(rows)]) for name, rows in series.items()}
    )


def scales(other: np.ndarray, train: list[int], test: list[int]) -> np.ndarray:
    """The scale of each origin of the other series, named by its day, trained on the long one."""
    X, y = make_windows(panel(other), lookback=3, horizon=2)
    days = X.times - X.times.min() + 2  # of each origin, the first of which is the third row
    is_other = X.origins.get_level_values(0) == "other"
    folds = [
        (
            np.flatnonzero(~is_other & np.isin(days, train)),
            np.flatnonzero(is_other & np.isin(days, test)),
        )
    ]
    samples = read_samples((X, y), None, None, None)
    return seasonal_scales(samples, make_folds(folds, samples)[0], 7)[:, 0]


def seasonal_difference(rows: np.ndarray) -> float:
    return float(np.abs(rows[7:] - rows[:-7]).mean())


def test_a_series_that_ends_before_training_does_is_scaled_by_rows_up_to_its_first_origin() -> None:
    rows = np.random.default_rng(1).normal(size=30)
    found = scales(rows, train=list(range(20, 50)), test=[24, 27])
    np.testing.assert_allclose(found, seasonal_difference(rows[:25]))
    poisoned = rows.copy()
    poisoned[25:] = 1e9
    np.testing.assert_array_equal(scales(poisoned, list(range(20, 50)), [24, 27]), found)


def test_a_series_that_was_not_trained_on_is_scaled_by_rows_up_to_the_end_of_training() -> None:
    rows = np.random.default_rng(1).normal(size=60)
    found = scales(rows, train=[20, 21], test=[40, 50])
    assert found == pytest.approx([seasonal_difference(rows[:24])] * 2)  # targets of the last end
