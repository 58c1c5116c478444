"""Calls that messages outside the reading of series propose, run on the input that was refused."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stforecast import LSTMForecaster, SeriesForecaster, make_windows
from stforecast.estimators import (
    ConvLSTMForecaster,
    ForecastAnomalyDetector,
    RelativeForecaster,
)
from stforecast.exceptions import LayoutWarning
from stforecast.inspection import AnomalyDisplay
from stforecast.persistence import load, save
from stforecast.windows import ChannelsFirst, Flatten

DAYS = pd.date_range("2024-01-01", periods=40, name="day")
ROWS = np.random.default_rng(0).normal(size=(40, 2))
TABLE = pd.DataFrame(ROWS, DAYS, ["a", "b"])
NETWORK = LSTMForecaster(2, max_epochs=1, baseline=None, random_state=0, device="cpu")


def remedy(call: Any, pattern: str) -> str:
    """Return what the refusal of a call proposes, the first group of a pattern."""
    with pytest.raises((ValueError, IndexError, TypeError)) as error:
        call()
    found = re.search(pattern, str(error.value))
    assert found, error.value
    return found[1]


def fitted(series: Any, **how: Any) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), lookback=3).fit(series, **how)


def test_columns_in_another_order() -> None:
    numbered = TABLE.set_axis([1, 2], axis=1)
    model, series = fitted(numbered), numbered[[2, 1]]
    asked = remedy(lambda: model.forecast(series), r"Select them with (series\[.*\])\.")
    pd.testing.assert_frame_equal(model.forecast(eval(asked)), model.forecast())


def test_variables_in_another_order() -> None:
    grid = xarray.DataArray(
        np.random.default_rng(0).normal(size=(40, 2, 3)),
        {"time": DAYS.rename("time")},
        ["time", "y", "x"],
    )
    data = xarray.Dataset({"u": grid, "v": 2 * grid})
    model, series = fitted(data), data[["v", "u"]]
    asked = remedy(lambda: model.forecast(series), r"Select them with (series\[.*\])\.")
    assert model.forecast(eval(asked)).equals(model.forecast())


def test_a_target_of_a_list_that_is_of_other_rows() -> None:
    series, target = [TABLE, TABLE], [TABLE["a"], TABLE["a"][::-1]]
    pattern = r"Use (target\[1\]\.reindex\(.*\))\."
    target[1] = eval(remedy(lambda: make_windows(series, lookback=3, target=target), pattern))
    _, y = make_windows(series, lookback=3, target=target)
    np.testing.assert_array_equal(y.iloc[:37], y.iloc[37:])


def test_a_target_of_a_list_that_names_no_rows() -> None:
    series, target = [TABLE, TABLE], [TABLE["a"], TABLE["a"].add_prefix("row ")]
    pattern = r"label it so: (target\[1\]\.reset_index\(.*\))\."
    target[1] = eval(remedy(lambda: make_windows(series, lookback=3, target=target), pattern))
    _, y = make_windows(series, lookback=3, target=target)
    np.testing.assert_array_equal(y.iloc[:37], y.iloc[37:])


def test_levels_of_a_list() -> None:
    series, relative = [TABLE, TABLE + 100], RelativeForecaster(Ridge(), level="series")
    listed = make_windows(series, lookback=3)
    table = eval(remedy(lambda: relative.fit(*listed), r"(pd\.concat\(.*\)\)), or"))
    X, y = make_windows(table, lookback=3)
    assert relative.fit(X, y).predict(X).shape == (74, 2)


def test_what_was_learned_of_each_series_of_a_list() -> None:
    series = [TABLE, TABLE + 1000]
    relative = RelativeForecaster(make_pipeline(Flatten(), Ridge()), level="series")
    model = SeriesForecaster(relative, lookback=3).fit(series)
    remedy(lambda: model.forecast([series[1]]), r"(as pd\.concat makes it of a dict)")
    model.fit(pd.concat(dict(enumerate(series))))
    only = pd.concat({1: series[1]})
    np.testing.assert_allclose(model.forecast(only), model.forecast().loc[[1]])


def test_hours_of_a_night_on_which_clocks_go_back() -> None:
    hours = pd.date_range("2024-10-26", periods=60, freq="h", tz="Europe/Paris")
    series = pd.DataFrame({"v": np.arange(60.0)}, hours.tz_localize(None))
    call = remedy(lambda: make_windows(series, lookback=3), r"(tz_localize\(zone, .*?\)) first")
    local = eval(f"series.{call}", {"series": series, "zone": "Europe/Paris"})
    assert fitted(local).forecast().index[0] == hours[-1] + pd.Timedelta("1h")


def test_windows_of_one_series_for_a_display() -> None:
    X, _ = make_windows(pd.concat({"u": TABLE, "v": TABLE}), lookback=3)
    detector = ForecastAnomalyDetector(make_pipeline(Flatten(), Ridge())).fit(X)
    picked = remedy(lambda: AnomalyDisplay.from_estimator(detector, X), r"targets: (X\[.*\])\.")
    assert AnomalyDisplay.from_estimator(detector, eval(picked)) is not None


def test_two_axes_of_windows() -> None:
    X, _ = make_windows(TABLE, lookback=3)
    assert eval(remedy(lambda: X[np.eye(2, dtype=int)], r"Index (np\.asarray\(X\)) for")).ndim == 3


def test_targets_with_three_axes() -> None:
    X, y = np.zeros((20, 3, 2)), np.zeros((20, 4, 1))
    y = eval(remedy(lambda: NETWORK.fit(X, y), r"Flatten it: (y\.reshape\(.*\))\."))
    assert NETWORK.fit(X, y).predict(X).shape == (20, 4)


def proposed(X: Any) -> str:
    """Return the transformer that the warning of a layout names."""
    with pytest.warns(LayoutWarning) as said:
        ConvLSTMForecaster(1, max_epochs=1, baseline=None, device="cpu").fit(X, np.zeros(len(X)))
    pattern = r"(FunctionTransformer\(.*\)|ChannelsFirst\(\))( before the|\.$)"
    found = re.search(pattern, str(said[0].message))
    assert found, said[0].message
    return found[1]


@pytest.mark.parametrize(
    ("X", "shape"),
    [
        (np.random.default_rng(0).random((8, 3, 6, 5, 2)), (3, 2, 6, 5)),
        (np.random.default_rng(0).random((8, 3, 30)), (30, 3)),
    ],
    ids=["channels last", "time last"],
)
def test_an_array_whose_axes_stand_in_another_order(X, shape) -> None:
    scope = {"FunctionTransformer": FunctionTransformer, "ChannelsFirst": ChannelsFirst, "np": np}
    transformer = eval(proposed(X), scope)
    network = ConvLSTMForecaster(1, max_epochs=1, baseline=None, device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error", LayoutWarning)
        model = make_pipeline(transformer, network).fit(X, np.arange(8.0))
    assert model[-1].window_shape_ == shape


def test_a_zone_that_no_file_can_name(tmp_path: Any) -> None:
    from datetime import timedelta, timezone, tzinfo

    class Odd(tzinfo):
        def utcoffset(self, when: Any) -> timedelta:
            return timedelta(hours=1)

        def dst(self, when: Any) -> timedelta:
            return timedelta(0)

        def tzname(self, when: Any) -> str:
            return "odd"

    series = TABLE.tz_localize(Odd())
    pattern = r"Use (tz_convert\(.*?\))"
    call = remedy(lambda: save(fit_network(series), tmp_path / "model.stf"), pattern)
    repaired = eval(f"series.{call}")
    save(fit_network(repaired), tmp_path / "model.stf")
    assert load(tmp_path / "model.stf").forecast().index[0].tzinfo is not timezone.max


def fit_network(series: Any) -> SeriesForecaster:
    return SeriesForecaster(NETWORK, lookback=3).fit(series)
