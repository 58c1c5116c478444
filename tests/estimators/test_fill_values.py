"""Cells that never change, in maps whose other cells do."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from stforecast import ConvLSTMClassifier, ConvLSTMForecaster, RelativeForecaster, make_windows
from stforecast.estimators import BoundedDecoder
from stforecast.exceptions import FillValueWarning

QUICK = {"max_epochs": 3, "lr": 0.01, "device": "cpu", "random_state": 0}
FAR = r"1 cells of channel 0 hold -9999 in every row.* from -[\d.]+ to [\d.]+\. .*missing='mask'"


def maps(constant: float | None) -> np.ndarray:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(70, 4, 5))
    for t in range(1, 70):
        values[t] += 0.9 * values[t - 1]
    if constant is not None:
        values[:, 1, 2] = constant
    return values


def forecasts(model: Any, values: np.ndarray, **given: Any) -> np.ndarray:
    X, y = make_windows(values, lookback=3, **given)
    return model.fit(X[:50], y[:50]).predict(X[50:]).reshape(-1, 4, 5)


def error(found: np.ndarray) -> float:
    """Return the error of the cells that vary."""
    apart = np.delete((found - maps(None)[53:]).reshape(len(found), -1), 7, axis=1)
    return float(np.sqrt(np.mean(apart**2)))


@pytest.mark.parametrize("baseline", ["auto", None])
@pytest.mark.parametrize("constant", [0.0, 3.0])
def test_a_constant_within_reach_stays_near_and_does_no_harm(
    baseline: Any, constant: float
) -> None:
    model = ConvLSTMForecaster(4, 1, baseline=baseline, **QUICK)
    found = forecasts(model, maps(constant))
    spread = maps(None).std()
    assert np.abs(found[:, 1, 2] - constant).max() < spread
    assert error(found) < 1.05 * error(forecasts(model, maps(None)))


def test_a_constant_at_a_bound_stays_within_it() -> None:
    model = ConvLSTMForecaster(4, 1, decoder=BoundedDecoder((0, None)), **QUICK)
    found = forecasts(model, np.where(maps(-1.0) > 0, maps(-1.0), 0))
    assert found.min() >= 0
    assert found[:, 1, 2].max() < 1


@pytest.mark.parametrize("kind", ["forecaster", "classifier"])
def test_a_value_far_from_all_others_is_named_with_what_helps(kind: str) -> None:
    X, y = make_windows(maps(-9999.0), lookback=3)
    model, targets = {
        "forecaster": (ConvLSTMForecaster(2, 1, baseline=None, **QUICK), y),
        "classifier": (ConvLSTMClassifier(2, 1, **QUICK), np.arange(len(X)) % 2),
    }[kind]
    with pytest.warns(FillValueWarning, match=FAR) as caught:
        model.fit(X, targets)
    assert caught[0].filename == __file__


def test_what_helps_does() -> None:
    model = ConvLSTMForecaster(4, 1, baseline=None, **QUICK)
    with pytest.warns(FillValueWarning):
        harm = error(forecasts(model, maps(-9999.0)))
    masked = np.where(maps(-9999.0) == -9999, np.nan, maps(-9999.0))
    assert error(forecasts(model, masked, missing="mask")) < harm / 4
    found = forecasts(RelativeForecaster(model, level="series"), maps(-9999.0))
    assert error(found) < harm / 4
    assert np.abs(found[:, 1, 2] + 9999).max() < 1


def test_land_and_steady_channels_are_no_fill_values() -> None:
    values = np.stack([maps(None), np.full((70, 4, 5), -9999.0)], axis=1)
    values[:, 0, :1] = np.nan
    X, y = make_windows(values, lookback=3, missing="mask", target=[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error", FillValueWarning)
        ConvLSTMForecaster(2, 1, **QUICK).fit(X, y)
