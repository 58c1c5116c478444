"""Maps of another variable, in another unit or at another place are not taken for those of fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray
from sklearn.linear_model import Ridge

from stforecast.exceptions import ShapeError
from stforecast.series import SeriesForecaster
from tests.series.data import MAPS, TABLE, in_dataset, in_xarray

GRID = in_xarray(MAPS[:, 0]).assign_attrs(units="degC").assign_coords(depth=5.0)
OTHERS = {
    "name": (GRID.rename("sos"), r"'sst', got 'sos'.*series.rename\('sst'\)"),
    "unit": (GRID.assign_attrs(units="K"), r"'degC', got 'K'.*series.attrs\['units'\] = 'degC'"),
    "place": (GRID.assign_coords(depth=50.0), r"depth = 5.0, as in fit, got 50.0.*depth=5.0"),
}
METHODS = ("update", "forecast", "backtest", "score", "paired_forecasts")


def fitted(series: Any = GRID[:30], **parameters: Any) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), lookback=3, **parameters).fit(series)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("other", OTHERS)
def test_maps_of_another_kind_are_refused(other: str, method: str) -> None:
    grid, message = OTHERS[other]
    with pytest.raises(ShapeError, match=message):
        getattr(fitted(), method)(grid[30:])


def test_what_is_missing_on_either_side_says_nothing() -> None:
    bare = GRID.rename(None).drop_attrs().drop_vars("depth")
    fitted().update(bare[30:])
    fitted(bare[:30]).update(GRID[30:])


def test_rounding_in_a_file_and_times_of_making_are_no_other_place() -> None:
    grid = GRID.assign_coords(depth=0.1, made=np.datetime64("2020-01-01"))
    later = GRID.assign_coords(depth=np.float32(0.1), made=np.datetime64("2020-03-01"))
    fitted(grid[:30]).update(later[30:])


def test_units_of_each_variable_of_a_dataset_are_compared() -> None:
    data = in_dataset(MAPS)
    data["u"].attrs["units"] = "m/s"
    other = data.copy()
    other["u"] = other["u"].assign_attrs(units="km/h")
    model = fitted(data.isel(time=slice(30)))
    with pytest.raises(ShapeError, match=r"'m/s', got 'km/h'.*series\['u'\].attrs\['units'\]"):
        model.update(other.isel(time=slice(30, None)))
    other["u"].attrs["units"] = "m/s"
    model.update(other.isel(time=slice(30, None)))


def test_each_of_a_list_may_be_as_any_of_fit() -> None:
    places = [GRID, GRID.assign_coords(depth=50.0)]
    model = fitted([grid[:30] for grid in places])
    model.update([grid[30:] for grid in places])
    with pytest.raises(ShapeError, match=r"depth = 5.0 or 50.0, as in fit, got 7.0"):
        model.update([GRID[30:], GRID[30:].assign_coords(depth=7.0)])


def test_new_rows_of_another_column_are_refused() -> None:
    model = fitted(TABLE["a"][:50])
    with pytest.raises(ShapeError, match=r"the column 'a', as in fit, got 'b'.*rows.rename\('a'\)"):
        model.update(TABLE["b"][50:])
    assert np.isfinite(model.forecast(TABLE["b"])).all()  # of another series that is alike
    model.update(TABLE["b"][50:].rename(None))


def test_forecasts_keep_the_name_and_the_unit() -> None:
    forecast = fitted(horizon=2).update(GRID[30:]).forecast(horizon=5)
    assert isinstance(forecast, xarray.DataArray)
    assert (forecast.name, forecast.attrs, float(forecast.depth)) == ("sst", {"units": "degC"}, 5.0)
