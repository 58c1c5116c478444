"""The maps of air temperature that come with the library."""

from __future__ import annotations

import hashlib
import sys

import numpy as np
import pytest

from stforecast import SeriesForecaster
from stforecast.datasets import load_air_temperature
from stforecast.datasets._package_files import find_shipped_file
from stforecast.estimators import Persistence
from tests.datasets.conftest import ROOT


def test_the_file_is_the_one_that_was_built():
    path = find_shipped_file("air_temperature", "air_temperature.npz")
    wanted = (ROOT / "datasets" / "air_temperature" / "SHA256SUMS").read_text(encoding="utf-8")
    assert wanted.split()[0] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_maps_have_units_places_and_times():
    air = load_air_temperature()
    assert air.dims == ("time", "lat", "lon")
    assert air.shape == (20, 25, 53)
    assert air.dtype == np.float32
    assert air.attrs["units"] == "K"
    assert str(air.time.values[0]).startswith("2014-02-24T00:00")
    assert (np.diff(air.time.values) == np.timedelta64(6, "h")).all()
    assert (np.diff(air.lat) == -2.5).all()
    assert (np.diff(air.lon) == 2.5).all()
    warm, cold = float(air.sel(lat=15).mean()), float(air.sel(lat=75).mean())
    assert 290 < warm < 305
    assert 230 < cold < 260


def test_a_forecast_of_them_has_their_places_and_the_times_that_follow():
    air = load_air_temperature()
    forecast = SeriesForecaster(Persistence(), lookback=2, horizon=2).fit(air).forecast()
    assert forecast.dims == air.dims
    assert str(forecast.time.values[-1]).startswith("2014-03-01T06:00")
    np.testing.assert_allclose(forecast.values[1], air.values[-1])


def test_without_xarray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match=r"needs the xarray package.*pip install xarray"):
        load_air_temperature()
