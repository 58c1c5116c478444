"""What a detector finds is marked where it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast.estimators import ForecastAnomalyDetector
from stforecast.exceptions import ShapeError
from stforecast.inspection import AnomalyDisplay
from stforecast.windows import Flatten, make_windows

HOURS = pd.date_range("2024-01-01", periods=400, freq="h", name="time")
TABLE = pd.DataFrame({"kWh": np.sin(np.arange(400) / 4)}, HOURS)


def test_the_hour_that_is_off_is_marked_in_series_and_scores() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (400, 1))
    table = TABLE + noise
    table.iloc[350] += 3
    X, _ = make_windows(table, lookback=20)
    detector = ForecastAnomalyDetector(make_pipeline(Flatten(), Ridge(1e-3))).fit(X[:300])
    display = AnomalyDisplay.from_estimator(detector, X[300:])
    assert HOURS[350] in [first for first, _ in display.spans_]
    assert display.axes_[0].get_ylabel() == "kWh"
    np.testing.assert_array_equal(
        display.axes_[0].lines[0].get_ydata(), table["kWh"].loc[X.origins[300:]]
    )
    np.testing.assert_array_equal(
        display.axes_[1].lines[0].get_ydata(), -detector.score_samples(X[300:])
    )
    assert len(display.axes_[0].patches) == len(display.spans_)


def test_neighbours_are_one_stretch_and_ends_count() -> None:
    scores = pd.Series([5.0, 0, 5, 5, 0, 5])
    assert AnomalyDisplay(scores, scores, 1.0).plot().spans_ == [(0, 0), (2, 3), (5, 5)]
    assert AnomalyDisplay(scores, scores, 9.0).plot().spans_ == []


def test_windows_of_maps_are_refused() -> None:
    X, _ = make_windows(np.zeros((9, 2, 2)), lookback=3)
    with pytest.raises(ShapeError, match="one series"):
        AnomalyDisplay.from_estimator(None, X)
