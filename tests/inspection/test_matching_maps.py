"""Maps of several arguments are compared by label, or refused with the first that differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from sklearn.linear_model import Ridge

from stforecast.exceptions import ShapeError
from stforecast.inspection import FramesDisplay, SkillMapDisplay
from stforecast.inspection._matching_maps import match_maps
from stforecast.series import SeriesForecaster
from stforecast.windows import make_windows
from tests.series.data import MAPS, in_xarray

# as many latitudes as longitudes: an order that is not put right raises no error of shapes
GRID = xarray.DataArray(
    np.random.default_rng(3).normal(size=(6, 4, 4)),
    {
        "time": pd.date_range("2017-01-01", periods=6, freq="MS"),
        "lat": [40.0, 30, 20, 10],
        "lon": [1.0, 2, 3, 4],
    },
    ("time", "lat", "lon"),
    name="t2m",
)
ORDERS: dict[str, Callable[[xarray.DataArray], xarray.DataArray]] = {
    "latitudes from the south": lambda maps: maps.sortby("lat"),
    "longitudes before latitudes": lambda maps: maps.transpose("time", "lon", "lat"),
    "latest first": lambda maps: maps[::-1],
    "single precision": lambda maps: maps.sortby("lat").assign_coords(
        lat=np.sort(maps["lat"].values).astype(np.float32) * np.float32(1 + 1e-7)
    ),
    "time last": lambda maps: maps.transpose("lat", "lon", "time"),
    "steps in place of times": lambda maps: maps.rename(time="step").assign_coords(
        step=range(1, 1 + len(maps))
    ),
}


def same(*maps: Any) -> list[Any]:
    """Return maps as displays match them."""
    return match_maps({f"y_{number}": one for number, one in enumerate(maps)})


@pytest.mark.parametrize("order", ORDERS)
def test_a_forecast_in_another_order_differs_from_no_truth(order: str) -> None:
    display = FramesDisplay.from_predictions(GRID[:3], ORDERS[order](GRID[:3]))
    np.testing.assert_array_equal(display.forecast, GRID[:3])
    assert not any(np.asarray(image.get_array()).any() for image in display.images_[2])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_skill_is_that_of_the_same_cells(order: str, place: int) -> None:
    maps = [GRID, GRID + 0.5, GRID + 1.0]
    maps[place] = ORDERS[order](maps[place])
    skill = SkillMapDisplay.from_predictions(*maps).skill
    np.testing.assert_allclose(skill, np.full((1, 4, 4), 0.75))
    height, width = (dim for dim in maps[0].dims if dim in ("lat", "lon"))
    np.testing.assert_array_equal(skill[height], maps[0][height])
    np.testing.assert_array_equal(skill[width], maps[0][width])


def test_arrays_are_compared_as_they_stand() -> None:
    forecast = GRID.sortby("lat").values
    assert same(GRID, forecast)[1] is forecast
    xarray.testing.assert_identical(same(forecast, GRID)[1], GRID)
    labelled = same(forecast, GRID, GRID.sortby("lat"))[2]
    xarray.testing.assert_identical(labelled, GRID)


def test_times_of_another_calendar_are_compared_by_their_dates() -> None:
    noleap = GRID.convert_calendar("noleap")
    np.testing.assert_array_equal(same(GRID, noleap[::-1])[1], GRID)
    with pytest.raises(ShapeError, match="along 'time', but y_1 has no 2017-01-01"):
        same(noleap[:3], GRID[3:])


@pytest.mark.parametrize(
    ("like", "other", "message"),
    [
        (
            GRID[3:],
            GRID[:3].transpose("lat", ...),
            r"y_1 has no 2017-04-01\. Pass np\.asarray\(y_1\) to compare them",
        ),
        (GRID[:2], GRID, r"y_0 has no 2017-03-01\. Select y_1\.sel\(\{'time': y_0\['time'\]\}\)"),
        (GRID, GRID[:2], r"y_1 has no 2017-03-01\. Select y_0\.sel\(\{'time': y_1\['time'\]\}\)"),
        (GRID[1:], GRID[:-1], r"y_1 has no 2017-06-01\. Select what both have with xarray\.align"),
        (GRID, GRID.assign_coords(lat=GRID["lat"] + 5), r"along 'lat', but y_1 has no 40\.0\."),
        (GRID, GRID.assign_coords(lon=[1.0, 2, 2, 3]), r"along 'lon', but y_1 has no 4\.0\."),
        (
            GRID,
            GRID.rename(lat="y", lon="x"),
            r"y_1 must have the dimensions of y_0, .* got .* with y_1\.rename, or pass np\.asarray",
        ),
    ],
)
def test_other_labels_are_refused_by_the_first_that_differs(
    like: Any, other: Any, message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        same(like, other)


def test_forecasts_from_another_origin_are_refused() -> None:
    X, y = make_windows(in_xarray(MAPS), lookback=4, horizon=3)
    truth = X.unflatten(y)
    assert same(truth[0], truth[0])[1].equals(truth[0])
    with pytest.raises(ShapeError, match="along 'origin', but y_1 has no 2020-01-05"):
        same(truth[1], truth[0])


def test_a_dataset_is_no_map() -> None:
    data = GRID.to_dataset()
    with pytest.raises(TypeError, match=r"y_true must be one array, .* variables: y_true\['t2m'\]"):
        FramesDisplay.from_predictions(data, GRID)
    with pytest.raises(TypeError, match=r"y_reference must be one .*: y_reference\['t2m'\]"):
        SkillMapDisplay.from_predictions(GRID, GRID, data)


def test_a_series_in_another_order_than_in_fit_keeps_its_places() -> None:
    grid = in_xarray(MAPS)[:, 0]
    other = grid.sortby("lat", ascending=False).transpose("time", "lon", "lat")
    model, mirrored = (
        SeriesForecaster(Ridge(alpha=alpha), lookback=4, horizon=3).fit(maps)
        for maps, alpha in ((grid, 1.0), (other, 100.0))
    )
    frames = FramesDisplay.from_estimator(model, other)
    assert frames.truth.equals(grid[-3:])
    same_order = SeriesForecaster(Ridge(alpha=100.0), lookback=4, horizon=3).fit(grid)
    expected = SkillMapDisplay.from_estimator(model, grid, same_order).skill
    for series in (grid, other):
        skill = SkillMapDisplay.from_estimator(model, series, mirrored).skill
        xarray.testing.assert_allclose(skill, expected)


def test_models_of_other_channels_are_refused() -> None:
    model, other = (
        SeriesForecaster(Ridge(), lookback=4, target=[channel]).fit(MAPS) for channel in (0, 1)
    )
    with pytest.raises(ShapeError, match=r"same values, but model forecasts \[0\] and .* \[1\]"):
        SkillMapDisplay.from_estimator(model, MAPS, other)
