"""Named axes and series are told apart by their names, never by their place alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline

from stforecast import Flatten, RelativeForecaster, SeriesForecaster
from stforecast.exceptions import ShapeError

DAYS = pd.date_range("2024-01-01", periods=60)
MAPS = np.random.default_rng(0).normal(size=(60, 2, 3, 4)).cumsum(axis=0)


def grid(maps: np.ndarray = MAPS) -> xarray.DataArray:
    coords = {
        "time": DAYS[: len(maps)],
        "level": ["low", "high"],
        "lat": [50.0, 51.5, 53.0],
        "lon": [1.0, 2, 3, 4],
    }
    return xarray.DataArray(maps, dims=("time", "level", "lat", "lon"), coords=coords)


def stations() -> xarray.DataArray:
    coords = {"time": DAYS, "station": ["a", "b", "c"]}
    return xarray.DataArray(MAPS[:, 0, :, 0], dims=("time", "station"), coords=coords)


SWAPS = {
    "stations": (stations(), lambda maps: maps.sel(station=["c", "a", "b"])),
    "levels": (grid(), lambda maps: maps.sel(level=["high", "low"])),
    "latitudes": (grid(), lambda maps: maps.isel(lat=slice(None, None, -1))),
    "longitudes": (grid(), lambda maps: maps.sel(lon=[4.0, 2, 3, 1])),
    "single precision": (grid(), lambda maps: maps.assign_coords(lat=maps.lat.astype("f4"))),
    "all axes": (grid(), lambda maps: maps[:, ::-1, ::-1, ::-1].transpose("lon", "time", ...)),
    "on disk": (grid(), lambda maps: maps.chunk(time=7).isel(lat=slice(None, None, -1))),
}


@pytest.mark.parametrize("kind", SWAPS)
def test_axes_of_maps_in_another_order_are_put_right(kind: str) -> None:
    maps, swap = SWAPS[kind]
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(maps[:50])
    dims = ("time", *model.series_.labels.dims)
    expected = model.forecast(maps)
    found = model.forecast(swap(maps)).transpose(*dims)
    np.testing.assert_allclose(found.reindex_like(expected, method="nearest"), expected)
    late = swap(maps.isel(time=slice(50, None)))
    np.testing.assert_allclose(
        model.backtest(late), model.backtest(maps.isel(time=slice(50, None)))
    )
    np.testing.assert_allclose(model.update(late).forecast(), expected)


@pytest.mark.parametrize(
    ("axis", "change"),
    [
        ("level", lambda maps: maps.assign_coords(level=["low", "top"])),
        ("lat", lambda maps: maps.assign_coords(lat=maps.lat + 1.5)),
        ("lat", lambda maps: maps.isel(lat=[0, 1])),
        ("level", lambda maps: maps.isel(level=[0, 0])),
    ],
)
def test_maps_of_other_labels_are_refused(axis: str, change: Any) -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(grid())
    for ask in (model.forecast, model.backtest, model.update):
        with pytest.raises(ShapeError, match=rf"labels of fit along '{axis}'|channels as in fit"):
            ask(change(grid()))


def test_maps_of_other_dimensions_are_refused() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(grid())
    with pytest.raises(ShapeError, match="Maps must have the dimensions of fit"):
        model.forecast(grid().rename(lat="y"))
    with pytest.raises(ShapeError, match="Maps must have the dimensions of fit"):
        model.forecast(grid().isel(lat=[0, 1]).drop_vars("lat"))


def test_maps_of_a_list_are_put_in_one_order() -> None:
    flipped = grid().isel(lat=slice(None, None, -1))
    model = SeriesForecaster(Ridge(), lookback=4).fit([grid(), flipped])
    first, second = model.forecast()
    np.testing.assert_allclose(first, second)
    with pytest.raises(ShapeError, match="labels of fit along 'lat'"):
        model.fit([grid(), grid().assign_coords(lat=[1.0, 2, 3])])


A = pd.DataFrame({"v": np.random.default_rng(0).normal(size=60)}, DAYS)
B = A + 1000
LEVELS = RelativeForecaster(make_pipeline(Flatten(), Ridge()), level="series", scale=True)
LEARNED = {
    "level": SeriesForecaster(LEVELS, lookback=4),
    "level in a pipeline": SeriesForecaster(make_pipeline(LEVELS), lookback=4),
    "calibration": SeriesForecaster(Ridge(), lookback=4, calibration=10),
}


@pytest.mark.parametrize("kind", LEARNED)
def test_what_was_learned_of_a_series_is_not_given_to_another_by_its_place(kind: str) -> None:
    model = LEARNED[kind].fit([A, B])
    model.forecast([A, B]), model.backtest([A, B])
    model.backtest([A.shift(60, freq="D"), B.shift(60, freq="D")])  # rows that follow
    for series in ([B], [B, A], [A, B, A], B, [A, A]):
        for ask in (model.forecast, model.backtest, model.score):
            with pytest.raises(ShapeError, match=r"place alone does not tell .* indexed by series"):
                ask(series)


def test_the_names_of_a_table_tell_its_series_apart() -> None:
    panel = pd.concat({"a": A, "b": B}, names=["id", "day"])
    for model in LEARNED.values():
        expected = model.fit(panel).forecast()
        one = model.forecast(panel.loc[["b"]])
        pd.testing.assert_frame_equal(one, expected.loc[["b"]], check_freq=False)
    with pytest.raises(ShapeError, match="place alone does not tell"):
        model.forecast([A, B])


def test_a_list_of_arrays_is_known_by_the_rows_last_seen() -> None:
    first, second = (one.to_numpy() for one in (A, B))
    model = LEARNED["level"].fit([first, second])
    assert abs(model.forecast([first, second])[1].item() - 1000) < 5
    for arrays in ([second, first], [second], [first[:50], second[:50]]):
        with pytest.raises(ShapeError, match="place alone does not tell"):
            model.forecast(arrays)


def test_series_of_a_list_that_are_alike_to_the_estimator_may_be_others() -> None:
    model = SeriesForecaster(LinearRegression(), lookback=4).fit([A, B])
    assert len(model.forecast([B])) == 1


def test_an_array_of_static_features_takes_the_names_of_the_panel() -> None:
    panel = pd.concat({"a": A, "b": B}, names=["id", "day"])
    model = SeriesForecaster(LinearRegression(), lookback=1).fit(panel, static=[[0.0], [5.0]])
    expected = model.forecast()
    one = model.forecast(panel.loc[["b"]])
    pd.testing.assert_frame_equal(one, expected.loc[["b"]], check_freq=False)
    with pytest.raises(ShapeError, match="row for each series, but lacks 'z'"):
        model.forecast(pd.concat({"z": A}))
    numbered = pd.DataFrame([[0.0], [5.0]])
    model = SeriesForecaster(LinearRegression(), lookback=1).fit(panel, static=numbered)
    one = model.forecast(panel.loc[["b"]])
    pd.testing.assert_frame_equal(one, expected.loc[["b"]], check_freq=False)
    listed = SeriesForecaster(LinearRegression(), lookback=1).fit([A, B], static=[[0.0], [5.0]])
    with pytest.raises(ShapeError, match="place alone does not tell"):
        listed.forecast([B])


def test_names_of_the_columns_axis_survive() -> None:
    named = A.rename_axis(columns="meter")
    assert SeriesForecaster(Ridge(), lookback=4).fit(named).forecast().columns.name == "meter"


def test_whole_numbers_along_an_axis_are_compared_as_they_are() -> None:
    values = np.random.default_rng(0).normal(size=(20, 2, 2))
    grid = xarray.DataArray(values, {"station": [10**17, 10**17 + 1]}, ["time", "station", "x"])
    grid = grid.rename(station="y").assign_coords(time=np.arange(20))
    model = SeriesForecaster(make_pipeline(Flatten(), Ridge()), lookback=3).fit(grid)
    swapped = model.forecast(grid[:, ::-1])
    np.testing.assert_array_equal(swapped, model.forecast(grid).reindex_like(swapped))
    with pytest.raises(ShapeError, match="labels of fit along 'y'"):
        model.forecast(grid.assign_coords(y=[10**17 + 2, 10**17 + 1]))
