"""What is forecast is the distance from the climatology, which is then added back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from stforecast import make_windows
from stforecast.estimators import Climatology, DeseasonalizedForecaster, StencilForecaster
from stforecast.exceptions import IrregularIndexError, ShapeError
from stforecast.windows import Crop, FoldSpace

HOURS = pd.date_range("2024-01-01", periods=240, freq="h")


def fields(mask: bool = False) -> xr.DataArray:
    """Hourly maps with a daily course of every cell's own, and anomalies that drift and fade."""
    rng = np.random.default_rng(0)
    course = 5 * np.cos(2 * np.pi * np.arange(240) / 24)[:, None, None] * rng.random((4, 5))
    anomaly = rng.normal(size=(240, 4, 5))
    for t in range(1, 240):
        anomaly[t] += 0.9 * np.roll(anomaly[t - 1], 1, axis=1)
    maps = 280 + course + anomaly
    if mask:
        maps[:, 0, :2] = np.nan
    return xr.DataArray(maps, {"time": HOURS}, ("time", "lat", "lon"))


@pytest.mark.checks
def test_every_check_of_scikit_learn_passes():
    model = DeseasonalizedForecaster(LinearRegression())
    checks = check_estimator(model, on_skip=None, on_fail=None)
    assert [check["check_name"] for check in checks if check["status"] != "passed"] == []


@pytest.mark.parametrize("mask", [False, True], ids=["whole", "land"])
def test_it_is_the_regressor_on_distances_made_by_hand(mask: bool) -> None:
    maps, options = fields(mask), {"lookback": 3, "horizon": 2, "missing": "mask"}
    X, y = make_windows(maps, **options)
    model = DeseasonalizedForecaster(StencilForecaster(3, 2, 1.0)).fit(X[:150], y[:150])
    usual = Climatology("hour").fit(X[:150], y[:150])
    of_hours = usual.means_.reshape(24, 4, 5)[HOURS.hour]
    Z, left = make_windows(maps.values - of_hours, **options)
    by_hand = StencilForecaster(3, 2, 1.0).fit(Z[:150], left[:150])
    expected = usual.predict(X[160:]) + by_hand.predict(Z[160:])
    assert_allclose(model.predict(X[160:]), expected, rtol=1e-8)
    assert np.isnan(expected).any() == mask


def test_a_season_helps_a_regression_that_does_not_know_the_hour() -> None:
    X, y = make_windows(fields(), lookback=2, gap=5)
    truth = np.asarray(y[170:])
    errors = [
        np.sqrt(np.mean((model.fit(X[:160], y[:160]).predict(X[170:]) - truth) ** 2))
        for model in (StencilForecaster(3, 2), DeseasonalizedForecaster(StencilForecaster(3, 2)))
    ]
    assert errors[1] < 0.8 * errors[0]


def test_rows_after_training_change_nothing() -> None:
    maps = fields()
    poisoned = maps.copy()
    poisoned[160:] = 1e6
    coefficients = []
    for series in (maps, poisoned):
        X, y = make_windows(series, lookback=3, horizon=2)
        train = X.origins <= HOURS[150]
        model = DeseasonalizedForecaster(StencilForecaster(3, 2, 1.0)).fit(X[train], y[train])
        coefficients.append((model.climatology_.means_, model.regressor_.coef_))
    assert_array_equal(coefficients[0][0], coefficients[1][0])
    assert_array_equal(coefficients[0][1], coefficients[1][1])


def test_other_columns_stay_as_they_are() -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(240, 2)), HOURS, ["load", "wind"])
    table["load"] += HOURS.hour
    X, y = make_windows(table, lookback=3, target="load")
    model = DeseasonalizedForecaster(Ridge()).fit(X, y)
    distances = np.asarray(model._distances(X))
    assert_array_equal(distances[:, :, 1], np.asarray(X)[:, :, 1])
    means = pd.Series(np.asarray(y).ravel()).groupby(np.asarray(y.index.hour + 1) % 24).mean()
    expected = np.asarray(X)[:, -1, 0] - means[X.origins.hour].to_numpy()
    assert_allclose(distances[:, -1, 0], expected)


def test_windows_that_a_transformer_changed_are_read_as_they_were_made() -> None:
    X, y = make_windows(fields()[:, :, :4], lookback=4)
    stencil = StencilForecaster(3, 2, 1.0)
    plain = DeseasonalizedForecaster(stencil).fit(X, y).predict(X)
    folded = make_pipeline(Crop(2), FoldSpace(2), DeseasonalizedForecaster(stencil))
    assert_allclose(folded.fit(X, y).predict(X), plain)


def test_stored_rows_are_read_in_blocks(tmp_path) -> None:
    maps = fields().values
    stored = np.memmap(tmp_path / "maps", dtype=maps.dtype, mode="w+", shape=maps.shape)
    stored[:] = maps
    model = DeseasonalizedForecaster(StencilForecaster(3, 2, 1.0))
    forecasts = [
        model.fit(X, y).predict(X)
        for X, y in (make_windows(rows, lookback=3) for rows in (stored, maps))
    ]
    assert_allclose(*forecasts)


def test_what_cannot_be_deseasonalized_is_refused() -> None:
    X, y = make_windows(fields().values, lookback=3)
    with pytest.raises(IrregularIndexError, match="need the time of each row"):
        DeseasonalizedForecaster(Ridge(), by="hour").fit(X, y)
    other = pd.Series(np.arange(240.0), HOURS, name="other")
    X, y = make_windows(fields(), lookback=3, target=other)
    with pytest.raises(ShapeError, match="reads the target's own values"):
        DeseasonalizedForecaster(Ridge()).fit(X, y)
