"""Maps of xarray on other grids than those of fit, and with times as files hold them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray

from stforecast import make_windows
from stforecast.exceptions import IrregularIndexError, ShapeError
from stforecast.windows.sources._axes import align
from stforecast.windows.sources._read_series import read_series

DAYS = pd.date_range("2024-01-01", periods=12, name="time")


def maps(lat: Any, lon: Any, **dims: Any) -> xarray.DataArray:
    """Maps whose values are linear in their labels, so that they are known between those too."""
    day = xarray.DataArray(np.arange(12.0), {"time": DAYS}, ["time"])
    coords = {"lat": lat, "lon": lon, **dims}
    for name, labels in coords.items():
        day = day + xarray.DataArray(np.asarray(labels, dtype=float), {name: labels}, [name])
    return day


LAT, LON = np.arange(50.0, 54.0), np.arange(0.0, 360.0, 45.0)
GRID = maps(LAT, LON)
WEST = (LON + 180) % 360 - 180


def repaired(series: Any, grid: Any = GRID) -> Any:
    """Return what the call that the refusal of a series proposes makes of it."""
    with pytest.raises(ShapeError) as error:
        align(read_series(series), read_series(grid))
    call = re.search(
        r"series\.\w+\(.*?\)(\.sortby\('\w+'\))?(?=[,.] ?(or|where)|\.$)", str(error.value)
    )
    assert call, error.value
    series = eval(call[0], {"series": series, "grid": grid})
    return align(read_series(series), read_series(grid))


def test_longitudes_are_counted_as_in_fit() -> None:
    east = GRID.assign_coords(lon=WEST)
    np.testing.assert_allclose(repaired(east).values[:], read_series(GRID).values[:])
    np.testing.assert_allclose(
        repaired(GRID, east.sortby("lon")).values[:], read_series(east.sortby("lon")).values[:]
    )


def test_a_larger_grid_is_cut_to_that_of_fit() -> None:
    larger = maps(np.arange(48.0, 60.0), LON)
    np.testing.assert_allclose(repaired(larger).values[:], read_series(GRID).values[:])


def test_another_grid_is_interpolated_in_both_directions() -> None:
    finer = maps(np.arange(49.75, 55.0, 0.5), np.arange(-2.5, 360.0, 5.0))
    np.testing.assert_allclose(repaired(finer).values[:], read_series(GRID).values[:])


def test_a_grid_that_reaches_less_far_is_not_interpolated() -> None:
    with pytest.raises(ShapeError, match=r"Pass maps that reach as far, or fit on maps like these"):
        align(read_series(maps(LAT + 0.5, LON)), read_series(GRID))


def test_lists_of_labels_end_behind_a_label() -> None:
    finer = maps(LAT, np.arange(0.0, 360.0, 0.3))
    with pytest.raises(ShapeError, match=r"got \[0.0, 0.3, .*, \.\.\.\]") as error:
        align(read_series(finer), read_series(GRID))
    listed = re.search(r"got \[(.*), \.\.\.\]", str(error.value))
    assert listed
    numbers = [float(text) for text in listed[1].split(", ")]
    np.testing.assert_array_equal(numbers, finer.lon[: len(numbers)])


def test_a_further_dimension_is_named() -> None:
    deep = maps(LAT, LON, depth=[0.0, 10.0]).transpose("time", "depth", "lat", "lon")
    with pytest.raises(ShapeError, match=r"of fit, {'lat': 4, 'lon': 8}, got {'depth': 2, 'lat'"):
        align(read_series(deep), read_series(GRID))
    np.testing.assert_allclose(repaired(deep).values[:], read_series(GRID).values[:])


@pytest.mark.parametrize("names", [("j", "i"), ("nj", "ni"), ("rlat", "rlon")])
def test_grids_of_ocean_and_regional_models_are_known(names: tuple[str, str]) -> None:
    renamed = GRID.rename(lat=names[0], lon=names[1]).transpose("time", names[1], names[0])
    assert read_series(renamed).frame == (1, 4, 8)


def test_a_channel_may_be_named_as_columns_of_other_grids_are() -> None:
    members = GRID.expand_dims(i=[1, 2, 3]).rename(lat="y", lon="x")
    assert read_series(members.transpose("time", "i", "y", "x")).frame == (3, 4, 8)


@pytest.mark.parametrize("whole", [False, True])
def test_times_that_are_numbers_of_a_file_are_decoded(whole: bool) -> None:
    days = [0, 1, 2, 3, 7] if whole else [0.5, 1.5, 2.5, 3.5, 4.5]
    coded = GRID[:5].assign_coords(time=("time", days, {"units": "days since 2024-01-01"}))
    for series in (coded, coded.to_dataset(name="sst")):
        with pytest.raises(IrregularIndexError, match="numbers of 'days since 2024") as error:
            make_windows(series, lookback=1)
        call = str(error.value).split("Decode them: ")[1].rstrip(".")
        decoded = eval(call, {"series": series, "xarray": xarray})
        assert decoded.indexes["time"][0] == DAYS[0] + pd.Timedelta(days=days[0])
        if not whole:
            assert len(make_windows(decoded, lookback=1)[0]) == 4


def test_whole_numbers_of_one_step_may_stay_numbers() -> None:
    coded = GRID[:5].assign_coords(
        time=("time", [0, 6, 12, 18, 24], {"units": "hours since 2024-01-01"})
    )
    assert read_series(coded).step == 6
