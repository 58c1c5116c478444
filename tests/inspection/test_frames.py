"""Maps are drawn as they are, on common scales."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from sklearn.linear_model import Ridge

from stforecast.exceptions import MissingValuesError, ShapeError
from stforecast.inspection import FramesDisplay
from stforecast.inspection._map_labels import step_titles
from stforecast.series import SeriesForecaster
from stforecast.windows import make_windows
from stforecast.windows.sources._grids import map_dimensions
from tests.series.data import MAPS, in_dataset, in_xarray

TRUTH = np.random.default_rng(3).normal(size=(3, 4, 5))
FORECAST = TRUTH + np.random.default_rng(4).normal(size=TRUTH.shape)


def drawn(display: FramesDisplay, row: int) -> np.ndarray:
    return np.stack([image.get_array() for image in display.images_[row]])


def test_truth_forecast_and_difference_are_drawn_for_each_step() -> None:
    display = FramesDisplay.from_predictions(TRUTH, FORECAST)
    np.testing.assert_array_equal(drawn(display, 0), TRUTH)
    np.testing.assert_array_equal(drawn(display, 1), FORECAST)
    np.testing.assert_array_equal(drawn(display, 2), FORECAST - TRUTH)
    assert [ax.get_title() for ax in display.axes_[0]] == ["step 1", "step 2", "step 3"]


def test_truth_and_forecast_share_their_scale_and_differences_are_centred() -> None:
    display = FramesDisplay.from_predictions(TRUTH, FORECAST)
    both = np.stack([TRUTH, FORECAST])
    most = np.abs(FORECAST - TRUTH).max()
    assert {image.get_clim() for image in display.images_[:2].ravel()} == {(both.min(), both.max())}
    assert {image.get_clim() for image in display.images_[2]} == {(-most, most)}


def test_pictures_have_the_shape_of_their_maps() -> None:
    for maps in (TRUTH, np.ones((3, 24, 7))):
        display = FramesDisplay.from_predictions(maps, maps)
        display.figure_.draw_without_rendering()
        _, H, W = maps.shape
        room = display.axes_[0, 0].get_subplotspec().get_position(display.figure_)
        width, height = room.size * display.figure_.get_size_inches()
        assert 0.5 * H / W < height / width < 2 * H / W


def test_cells_without_a_value_do_not_spoil_the_scale() -> None:
    truth = TRUTH.copy()
    truth[:, 0, 0] = np.nan
    display = FramesDisplay.from_predictions(truth, FORECAST)
    assert np.isfinite(display.images_[0, 0].get_clim()).all()
    assert np.isfinite(display.images_[2, 0].get_clim()).all()


@pytest.mark.parametrize("wrap", [lambda maps: maps, in_xarray], ids=["array", "xarray"])
def test_the_last_maps_are_forecast_from_those_before(wrap: Any) -> None:
    maps = wrap(MAPS)
    model = SeriesForecaster(Ridge(), lookback=4, horizon=3).fit(maps[:30])
    display = FramesDisplay.from_estimator(model, maps, channel=1)
    np.testing.assert_array_equal(drawn(display, 0), MAPS[-3:, 1])
    expected = np.asarray(model.forecast(maps[:-3]))[:, 1]
    np.testing.assert_allclose(drawn(display, 1), expected, rtol=1e-9)


def test_the_target_channel_is_compared_with_itself() -> None:
    model = SeriesForecaster(Ridge(), lookback=4, horizon=3, target=[1]).fit(MAPS)
    np.testing.assert_array_equal(drawn(FramesDisplay.from_estimator(model, MAPS), 0), MAPS[-3:, 1])


@pytest.mark.parametrize("target", ["v", ["v", "u"]])
def test_variables_of_a_dataset_are_compared_with_themselves(target: Any) -> None:
    grid = in_dataset(MAPS)
    model = SeriesForecaster(Ridge(), lookback=4, horizon=3, target=target).fit(grid)
    display = FramesDisplay.from_estimator(model, grid)
    np.testing.assert_array_equal(drawn(display, 0), MAPS[-3:, 1])
    expected = model.forecast(grid.isel(time=slice(-3)))["v"]
    np.testing.assert_allclose(drawn(display, 1), expected, rtol=1e-9)


def test_maps_without_channels_are_drawn() -> None:
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(MAPS[:, 0])
    display = FramesDisplay.from_estimator(model, MAPS[:, 0])
    np.testing.assert_array_equal(drawn(display, 0), MAPS[-2:, 0])


@pytest.mark.parametrize("forecast", [TRUTH[:2], TRUTH.reshape(3, -1)])
def test_other_shapes_are_an_error(forecast: np.ndarray) -> None:
    with pytest.raises(ShapeError, match=r"of one shape, got .* one window's with X\.unfl"):
        FramesDisplay.from_predictions(TRUTH, forecast)


@pytest.mark.parametrize("wrap", [lambda maps: maps, in_xarray], ids=["array", "xarray"])
def test_targets_of_windows_are_drawn_as_unflatten_gives_them(wrap: Any) -> None:
    X, y = make_windows(wrap(MAPS), lookback=4, horizon=3)
    truth, forecast = X[:2].unflatten(y[:2]), X[:2].unflatten(np.asarray(y[:2]) + 1.0)
    display = FramesDisplay.from_predictions(truth[0], forecast[0], channel=1)
    np.testing.assert_array_equal(drawn(display, 0), MAPS[4:7, 1])
    np.testing.assert_allclose(drawn(display, 2), np.ones_like(MAPS[:3, 1]))
    assert [ax.get_title() for ax in display.axes_[0]] == ["step 1", "step 2", "step 3"]


@pytest.mark.parametrize("place", [0, 1])
def test_maps_without_a_cell_in_common_are_an_error(place: int) -> None:
    maps = [TRUTH, FORECAST]
    maps[place] = np.full_like(TRUTH, np.nan)
    with pytest.raises(MissingValuesError, match=r"share a cell .* none of their 60 .* other"):
        FramesDisplay.from_predictions(*maps)


@pytest.mark.parametrize("other", [Ridge(), None, SeriesForecaster])
def test_what_forecasts_no_series_is_an_error(other: Any) -> None:
    with pytest.raises(TypeError, match="needs a fitted SeriesForecaster, got"):
        FramesDisplay.from_estimator(other, MAPS)


def test_what_is_no_series_is_an_error() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(MAPS)
    with pytest.raises(TypeError, match="X must be a series"):
        FramesDisplay.from_estimator(model, None)


def test_maps_of_words_are_an_error() -> None:
    with pytest.raises(ValueError, match="y_pred must be numeric, got an array of <U"):
        FramesDisplay.from_predictions(TRUTH, FORECAST.astype(str))


def test_a_channel_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="channel must be below 2"):
        FramesDisplay.from_predictions(MAPS[:2], MAPS[:2], channel=2)


def test_maps_of_xarray_bring_dates_coordinates_and_units() -> None:
    grid = in_xarray(MAPS).isel(level=1, drop=True)
    grid.attrs.update(long_name="temperature", units="K")
    height, width = map_dimensions(grid)
    grid = grid.assign_coords(
        {height: 60.0 - 2 * np.arange(grid.sizes[height]), width: np.arange(grid.sizes[width])}
    )
    model = SeriesForecaster(Ridge(), lookback=4, horizon=3).fit(grid)
    display = FramesDisplay.from_estimator(model, grid)
    top = display.axes_[0, 0]
    assert top.get_title() == step_titles(grid)[-3]
    left, right, low, high = top.images[0].get_extent()
    assert (left, right) == (-0.5, grid.sizes[width] - 0.5)
    assert high == 61.0
    assert low < high
    assert display.images_[0, 0].origin == "upper"
    texts = [axes.get_ylabel() for axes in display.figure_.axes]
    assert {"temperature in K", "forecast - truth\nin K"} <= set(texts)


def test_axes_have_the_units_of_their_coordinates() -> None:
    attrs = {"lat": {"units": "degrees_north"}, "lon": {"units": "km"}}
    coords = {
        dim: (dim, np.arange(TRUTH.shape[axis]), attrs[dim])
        for axis, dim in ((1, "lat"), (2, "lon"))
    }
    truth = xarray.DataArray(TRUTH, coords, ("time", "lat", "lon"))
    display = FramesDisplay.from_predictions(truth, FORECAST)
    assert display.axes_[0, 0].get_ylabel() == "truth\nlat in °N"
    assert display.axes_[2, 0].get_xlabel() == "lon in km"


def test_land_is_missing_in_truth_and_difference_and_grey() -> None:
    truth, forecast = TRUTH.copy(), FORECAST.copy()
    truth[:, 1, 2] = np.nan
    forecast[:, 0, 0] = np.nan
    forecast[:, 1, 2] = 99.0  # what a network says of land is shown, and stretches no scale
    display = FramesDisplay.from_predictions(truth, forecast)
    for row, missing in enumerate([[(1, 2)], [(0, 0)], [(0, 0), (1, 2)]]):
        mask = np.ma.getmaskarray(display.images_[row, 0].get_array())
        assert [tuple(cell) for cell in np.argwhere(mask)] == missing
    assert display.images_[1, 0].get_clim()[1] < 99.0
    greys = {axes.get_facecolor() for axes in display.axes_.ravel()}
    assert greys == {(0.8, 0.8, 0.8, 1.0)}


def test_times_of_climate_models_are_written_like_others() -> None:
    grid = in_xarray(MAPS).isel(level=1, drop=True)
    for step, hours in ((24, ""), (6, " 12:00")):
        times = xarray.date_range("2002-12-28", periods=40, freq=f"{step}h", calendar="noleap")
        titles = step_titles(grid.assign_coords(time=times.values)[2:])
        plain = pd.date_range("2002-12-28", periods=40, freq=f"{step}h")
        assert titles[0] == f"2002-12-{30 if step == 24 else 28}{hours}"
        assert titles == step_titles(grid.assign_coords(time=plain)[2:])
