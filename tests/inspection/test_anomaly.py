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
from stforecast.windows import Flatten, Windows, make_windows

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


class Offness:
    """A detector to which a row is as strange as its value is large."""

    offset_ = -1.0

    def score_samples(self, X: Windows) -> np.ndarray:
        return -np.asarray(X)[:, -1, 0]


def test_rows_apart_in_time_are_not_one_stretch() -> None:
    values = pd.Series(0.0, HOURS[:20])
    values.iloc[[6, 12, 13]] = 5.0
    X, _ = make_windows(values, lookback=2)
    at = [X.origins.get_loc(HOURS[row]) for row in (4, 5, 6, 12, 13, 14)]
    display = AnomalyDisplay.from_estimator(Offness(), X[at])
    assert display.spans_ == [(HOURS[6], HOURS[6]), (HOURS[12], HOURS[13])]
    line = display.axes_[1].lines[0].get_ydata()
    np.testing.assert_array_equal(line, [0, 0, 5, np.nan, 5, 5, 0])
    width = display.axes_[0].patches[0].get_width()
    assert width == pytest.approx(1 / 24)
    even, _ = make_windows(values, lookback=2, stride=6)  # origins are six rows apart
    strided = AnomalyDisplay.from_estimator(Offness(), even)
    assert not np.isnan(strided.axes_[1].lines[0].get_ydata()).any()


def test_windows_in_any_order_are_drawn_in_order_of_time() -> None:
    values = pd.Series(0.0, HOURS[:20])
    values.iloc[[6, 7]] = 5.0
    X, _ = make_windows(values, lookback=2)
    order = np.random.default_rng(0).permutation(len(X))
    display = AnomalyDisplay.from_estimator(Offness(), X[order])
    assert display.series.equals(AnomalyDisplay.from_estimator(Offness(), X).series)
    assert display.spans_ == [(HOURS[6], HOURS[7])]


def test_one_series_of_a_panel_is_drawn_and_several_are_refused() -> None:
    series = pd.Series(np.arange(12.0), HOURS[:12])
    X, _ = make_windows(pd.concat({"a": series, "b": -series}), lookback=2)
    with pytest.raises(ShapeError, match=r"of 2\. Pass those of one.*droplevel\(-1\) == 'a'"):
        AnomalyDisplay.from_estimator(Offness(), X)
    one = X[X.origins.droplevel(-1) == "a"]
    display = AnomalyDisplay.from_estimator(Offness(), one)
    np.testing.assert_array_equal(display.series, series[1:-1])


class StoredRows:
    """A series on disk that counts the rows read."""

    dtype, shape = np.dtype(np.float64), (1000, 1)

    def __init__(self) -> None:
        self.read = 0

    def __len__(self) -> int:
        return 1000

    def __getitem__(self, key: slice) -> np.ndarray:
        rows = np.arange(1000.0)[key][:, None]
        self.read += len(rows)
        return rows


def test_only_the_rows_drawn_are_read_from_disk() -> None:
    stored = StoredRows()
    X = Windows(stored, ends=np.arange(900, 910), lookback=2)
    display = AnomalyDisplay.from_estimator(Offness(), X)
    np.testing.assert_array_equal(display.series, np.arange(899.0, 909))
    assert stored.read < 100


def test_windows_of_maps_are_refused() -> None:
    X, _ = make_windows(np.zeros((9, 2, 2)), lookback=3)
    with pytest.raises(ShapeError, match="one series"):
        AnomalyDisplay.from_estimator(None, X)
