"""What every baseline does with windows that are masked where those of fit were not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.impute import SimpleImputer

from stforecast import Framewise, make_windows
from stforecast.estimators import (
    Advection,
    Climatology,
    ConvLSTMForecaster,
    DampedAnomaly,
    DeseasonalizedForecaster,
    Persistence,
    ProbabilityMatchedForecaster,
    SeasonalNaive,
    StackedBaseline,
    StencilForecaster,
    WindowRidge,
)
from stforecast.exceptions import MissingValuesError
from tests.estimators.data import small

MAPS = np.random.default_rng(0).normal(size=(60, 4, 5)).cumsum(axis=0)
READERS = [
    Persistence(),
    SeasonalNaive(2),
    Advection(),
    StencilForecaster(3, 2, 1.0),
    WindowRidge(1.0),
    StackedBaseline([Persistence()]),
    DeseasonalizedForecaster(StencilForecaster(3, 2, 1.0)),
    ProbabilityMatchedForecaster(StencilForecaster(3, 2, 1.0)),
]


def class_name(model):
    return type(model).__name__


names = [*map(class_name, READERS)]


def gappy(rows: slice | int) -> np.ndarray:
    maps = MAPS.copy()
    maps[rows, 1, 2] = np.nan
    return maps


@pytest.mark.parametrize("missing", ["error", "mask"])
@pytest.mark.parametrize(
    "model",
    [*READERS, Climatology(), DampedAnomaly(), small(ConvLSTMForecaster, baseline="stacked")],
    ids=class_name,
)
def test_no_windows_have_no_forecasts(model, missing):
    maps = MAPS.copy()
    maps[:, 0, 0] = np.nan if missing == "mask" else 0.0  # a cell that never has a value
    X, y = make_windows(maps, lookback=4, missing=missing)
    model = clone(model).fit(X, y)
    assert model.predict(X[:0]).shape == (0, 20)


@pytest.mark.parametrize("model", READERS, ids=names)
def test_a_gap_is_filled_from_the_window(model):
    model.fit(*make_windows(MAPS, lookback=4))
    X, _ = make_windows(gappy(40), lookback=4, missing="mask")
    found = model.predict(X).reshape(len(X), 4, 5)
    assert np.isfinite(found).all()
    whole = model.predict(make_windows(MAPS, lookback=4)[0]).reshape(found.shape)
    assert_array_equal(found[:30], whole[:30])  # windows that end before the gap


def test_the_last_value_seen_stays():
    model = Persistence().fit(*make_windows(MAPS, lookback=4))
    X, _ = make_windows(gappy(slice(39, 41)), lookback=4, missing="mask")
    at = 40 - 3  # the window whose origin is row 40
    assert model.predict(X)[at].reshape(4, 5)[1, 2] == MAPS[38, 1, 2]


@pytest.mark.parametrize("model", READERS, ids=names)
def test_a_window_without_any_value_of_a_cell_is_refused_and_fit_on_masked_windows_serves(model):
    X, _ = make_windows(gappy(slice(36, 42)), lookback=4, missing="mask")
    model.fit(*make_windows(MAPS, lookback=4))
    with pytest.raises(MissingValuesError, match=r"show no value .* windows made with missing='m"):
        model.predict(X)
    model.fit(*make_windows(MAPS, lookback=4, missing="mask"))
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("model", [Climatology(), DampedAnomaly()])
def test_a_climatology_needs_no_value_of_the_window(model):
    model.fit(*make_windows(MAPS, lookback=4))
    X, _ = make_windows(gappy(slice(36, 42)), lookback=4, missing="mask")
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("model", [*READERS, Climatology(), DampedAnomaly()], ids=class_name)
def test_stored_rows_with_gaps_are_refused_unless_masked(model, tmp_path):
    maps = gappy(slice(20, 30))
    stored = np.memmap(tmp_path / "maps", dtype=maps.dtype, mode="w+", shape=maps.shape)
    stored[:] = maps
    message = "10 of its 1180 values are NaN or infinity, the first in row 20. .*missing='mask'"
    with pytest.raises(MissingValuesError, match=message):
        clone(model).fit(*make_windows(stored, lookback=4))
    clone(model).fit(*make_windows(stored, lookback=4, missing="mask"))


def test_a_step_may_fill_the_gaps_of_stored_rows(tmp_path):
    maps = gappy(slice(20, 30))
    stored = np.memmap(tmp_path / "maps", dtype=maps.dtype, mode="w+", shape=maps.shape)
    stored[:] = maps
    X, y = make_windows(stored, lookback=4)
    filled = Framewise(SimpleImputer()).fit_transform(X)
    Climatology().fit(filled, np.nan_to_num(np.asarray(y)))
