"""The skill of each cell is that of the formula, and land stays blank."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge

from stforecast.exceptions import ShapeError
from stforecast.inspection import SkillMapDisplay
from stforecast.series import SeriesForecaster
from stforecast.windows import make_windows
from stforecast.windows.sources._grids import map_dimensions
from tests.series.data import MAPS, in_xarray

TRUTH = np.random.default_rng(3).normal(size=(9, 4, 5))


def test_each_cell_has_the_skill_of_its_own_errors() -> None:
    forecast, reference = 0.5 * TRUTH, np.zeros_like(TRUTH)
    forecast[:, 0, 0] = TRUTH[:, 0, 0]
    display = SkillMapDisplay.from_predictions(TRUTH, forecast, reference)
    expected = np.full((1, 4, 5), 0.75)
    expected[0, 0, 0] = 1.0
    np.testing.assert_allclose(display.skill, expected)
    np.testing.assert_allclose(display.image_.get_array(), expected[0])


def test_cells_without_truth_are_grey() -> None:
    truth = TRUTH.copy()
    truth[:, 1, 2] = np.nan
    display = SkillMapDisplay.from_predictions(truth, 0.5 * TRUTH, 0 * TRUTH)
    blank = np.ma.getmaskarray(display.image_.get_array())
    assert blank[1, 2]
    assert blank.sum() == 1
    assert display.ax_.get_facecolor() == (0.8, 0.8, 0.8, 1.0)  # 0 is white


@pytest.mark.parametrize("shape", [(4, 24), (24, 4)], ids=["wide", "tall"])
def test_the_colour_bar_is_as_tall_as_the_map(shape: tuple[int, int]) -> None:
    truth = np.random.default_rng(0).normal(size=(3, *shape))
    figure = SkillMapDisplay.from_predictions(truth, 0.5 * truth, 0 * truth).figure_
    figure.canvas.draw()
    axes = figure.axes[0]
    picture, bar = axes.get_window_extent(), axes.child_axes[0].get_window_extent()
    assert bar.height == pytest.approx(picture.height)
    assert bar.y0 == pytest.approx(picture.y0)


@pytest.mark.parametrize("place", [0, 1], ids=["forecast", "reference"])
def test_a_forecast_that_is_missing_is_not_a_perfect_one(place: int) -> None:
    maps = [0.5 * TRUTH, 0 * TRUTH]
    maps[place] = maps[place].copy()
    maps[place][:4, 0, 0] = np.nan
    maps[place][:, 1, 2] = np.nan
    skill = SkillMapDisplay.from_predictions(TRUTH, *maps).skill[0]
    assert np.isnan(skill[1, 2])
    np.testing.assert_allclose(skill[0, 0], 0.75)  # of the five steps that can be compared


@pytest.mark.parametrize("wrap", [lambda maps: maps, in_xarray], ids=["array", "xarray"])
def test_two_forecasters_are_compared_on_every_origin(wrap: Callable[[np.ndarray], Any]) -> None:
    maps = wrap(MAPS)
    model, mean = (
        SeriesForecaster(one, lookback=4, horizon=2).fit(maps)
        for one in (Ridge(), DummyRegressor())
    )
    display = SkillMapDisplay.from_estimator(model, maps, mean, channel=1)
    forecast, truth = model.paired_forecasts(maps)
    reference, _ = mean.paired_forecasts(maps)
    shape = (2 * len(truth), *MAPS.shape[1:])
    ours, free = (((y - truth) ** 2).reshape(shape).sum(axis=0)[1] for y in (forecast, reference))
    np.testing.assert_allclose(np.asarray(display.skill)[0], 1 - ours / free)


@pytest.mark.parametrize("wrap", [lambda maps: maps, in_xarray], ids=["array", "xarray"])
def test_targets_of_windows_are_compared_as_unflatten_gives_them(
    wrap: Callable[[np.ndarray], Any],
) -> None:
    X, y = make_windows(wrap(MAPS), lookback=4, horizon=3)
    truth = np.asarray(y)
    maps = [X.unflatten(one) for one in (truth, 0.5 * truth, 0 * truth)]
    display = SkillMapDisplay.from_predictions(*maps, channel=1)
    np.testing.assert_allclose(np.asarray(display.skill), np.full((1, *MAPS.shape[2:]), 0.75))
    single = [np.asarray(one)[:, :, 1] for one in maps]
    again = SkillMapDisplay.from_predictions(*single)
    np.testing.assert_allclose(again.skill, np.asarray(display.skill))


def test_maps_of_time_bring_their_coordinates() -> None:
    grid = in_xarray(MAPS).isel(level=1, drop=True)
    height, _ = map_dimensions(grid)
    skill = SkillMapDisplay.from_predictions(grid, 0.5 * grid, 0 * grid).skill
    assert skill.dims == grid.dims
    np.testing.assert_array_equal(skill[height], grid[height])


def test_a_skill_has_a_name_of_its_own_and_no_unit() -> None:
    grid = in_xarray(MAPS).isel(level=1, drop=True).rename("sst").assign_attrs(units="K")
    display = SkillMapDisplay.from_predictions(grid, MAPS[:, 0] + 1, MAPS[:, 0] + 2)
    assert (display.skill.name, display.skill.attrs) == ("skill", {})
    assert grid.attrs == {"units": "K"}


def test_a_channel_that_is_not_there_is_refused() -> None:
    maps = MAPS[:4, None]
    with pytest.raises(ValueError, match="channel must be below 2, the number of channels, got 2"):
        SkillMapDisplay.from_predictions(maps, maps, maps, channel=2)


def test_models_of_other_values_are_refused() -> None:
    model, other = (
        SeriesForecaster(Ridge(), lookback=4, horizon=horizon).fit(MAPS) for horizon in (2, 1)
    )
    with pytest.raises(ShapeError, match=r"same values.* Fit both with one lookback"):
        SkillMapDisplay.from_estimator(model, MAPS, other)


def test_maps_of_other_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match="of one shape"):
        SkillMapDisplay.from_predictions(TRUTH, TRUTH[:3], TRUTH)
