"""Series of maps in NetCDF files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from stforecast import SeriesForecaster
from stforecast.estimators import DampedAnomaly

if TYPE_CHECKING:
    from pathlib import Path


def field(times: pd.Index) -> xr.DataArray:
    """Sea temperature with a season, noise that fades, and land without values."""
    rng = np.random.default_rng(0)
    day = np.arange(len(times))[:, None, None]
    values = 10 + 5 * np.cos(2 * np.pi * day / 365) + rng.normal(size=(len(times), 4, 5))
    values[:, 0, :2] = np.nan
    coords = {"time": times, "lat": np.linspace(50, 53, 4), "lon": np.linspace(-3, 1, 5)}
    return xr.DataArray(values, coords, ("time", "lat", "lon"), "sst", {"units": "degC"})


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_is_forecast_as_the_maps_that_were_written_to_it(
    tmp_path: Path, chunked: bool
) -> None:
    maps = field(pd.date_range("2020-01-01", periods=200))
    maps.to_netcdf(tmp_path / "sst.nc", engine="h5netcdf")
    model = SeriesForecaster(DampedAnomaly("month"), lookback=3, horizon=2, missing="mask")
    expected = model.fit(maps).forecast()
    with xr.open_dataset(tmp_path / "sst.nc", chunks={"time": 50} if chunked else None) as file:
        forecast = model.fit(file["sst"]).forecast()
    xr.testing.assert_allclose(forecast, expected)
    np.testing.assert_array_equal(np.isnan(forecast[0]), np.isnan(maps[0]))
    assert forecast.attrs["units"] == "degC"


def test_times_of_climate_models_come_back_from_a_file(tmp_path: Path) -> None:
    times = xr.date_range("2001-01-01", periods=120, calendar="noleap", use_cftime=True)
    field(times).to_netcdf(tmp_path / "model.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "model.nc") as file:
        model = SeriesForecaster(DampedAnomaly("month"), lookback=3, horizon=2, missing="mask")
        forecast = model.fit(file["sst"]).forecast()
    following = xr.date_range("2001-05-01", periods=2, calendar="noleap", use_cftime=True)
    assert list(forecast.indexes["time"]) == list(following)
