"""Persistence and the seasonal naive forecast against loops over rows."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.utils.estimator_checks import check_estimator

from stforecast import Crop, make_windows
from stforecast.estimators import Persistence, SeasonalNaive
from stforecast.exceptions import ShapeError
from stforecast.metrics import skill_score
from stforecast.persistence import load, save
from stforecast.windows import Framewise


def table(rows: int = 40) -> pd.DataFrame:
    values = np.random.default_rng(0).normal(size=(rows, 3))
    return pd.DataFrame(values, pd.date_range("2024-01-01", periods=rows), list("abc"))


def sea(rows: int = 30) -> np.ndarray:
    """Maps of two channels, a corner of land and values that are missing now and then."""
    maps = np.random.default_rng(1).normal(size=(rows, 2, 4, 5))
    maps[np.random.default_rng(2).random(maps.shape) < 0.2] = np.nan
    maps[:, :, :2, :2] = np.nan
    return maps


def season_before(series: np.ndarray, origin: int, step: int, season: int, lookback: int):
    """Rows one season before, two before and so on, as far as the window goes, the latest known."""
    row = origin + step
    found = np.full(series.shape[1:], np.nan)
    while row > origin:
        row -= season
    for one in range(row, origin - lookback, -season):
        found = np.where(np.isnan(found), series[one], found)
    return found


@pytest.mark.checks
@pytest.mark.parametrize("estimator", [Persistence(), SeasonalNaive()])
def test_every_check_of_scikit_learn_passes(estimator):
    checks = check_estimator(estimator, on_skip=None, on_fail=None)
    assert [one["check_name"] for one in checks if one["status"] != "passed"] == []


@pytest.mark.parametrize("gap", [0, 3])
@pytest.mark.parametrize("season", [1, 2, 5, 7])
def test_each_step_is_the_value_of_a_season_before(season, gap):
    series = table()
    X, y = make_windows(series, lookback=7, horizon=9, target=["c", "a"], gap=gap)
    found = SeasonalNaive(season).fit(X, y).predict(X)
    values = series[["c", "a"]].to_numpy()
    expected = [
        [season_before(values, i + 6, gap + step, season, 7) for step in range(1, 10)]
        for i in range(len(X))
    ]
    assert_array_equal(found, np.reshape(expected, found.shape))


def test_a_season_of_one_row_is_persistence_of_maps():
    X, y = make_windows(sea()[:, :, 2:], lookback=4, horizon=2, missing="mask")
    naive, last = SeasonalNaive().fit(X, y).predict(X), Persistence().fit(X, y).predict(X)
    assert_array_equal(naive, last)


def test_masked_maps_keep_land_and_take_the_last_value_seen():
    maps = sea()
    X, y = make_windows(maps, lookback=3, horizon=2, missing="mask")
    found = Persistence().fit(X, y).predict(X).reshape(-1, 2, 2, 4, 5)
    assert np.isnan(found[:, :, :, :2, :2]).all()
    assert np.isfinite(found[:, :, :, 2:]).all()
    windows = np.asarray(X)
    last = np.where(np.isnan(windows[:, 2]), windows[:, 1], windows[:, 2])
    last = np.where(np.isnan(last), windows[:, 0], last)
    shown = np.isfinite(last)
    assert_array_equal(found[:, 0][shown], last[shown])
    assert_array_equal(found[:, 1], found[:, 0])


def test_a_missing_value_is_that_of_the_season_before():
    maps = sea(40)
    X, y = make_windows(maps, lookback=8, horizon=3, missing="mask")
    found = SeasonalNaive(4).fit(X, y).predict(X).reshape(-1, 3, 2, 4, 5)
    expected = np.array(
        [[season_before(maps, i + 7, step, 4, 8) for step in range(1, 4)] for i in range(len(X))]
    )
    shown = np.isfinite(expected)
    assert 0.5 < shown.mean() < 0.9
    assert_array_equal(found[shown], expected[shown])
    assert np.isnan(found[..., :2, :2]).all()
    assert np.isfinite(found[..., 2:, :]).all()


def test_arrays_are_forecast_by_their_last_frame():
    windows = np.random.default_rng(0).normal(size=(6, 3, 2, 4))
    y = np.zeros((6, 16))
    assert_array_equal(
        Persistence().fit(windows, y).predict(windows), np.tile(windows[:, -1].reshape(6, 8), 2)
    )


def test_cropped_windows_are_read_as_they_were_made():
    X, y = make_windows(table(), lookback=6, horizon=2)
    cropped = Crop(2).fit_transform(X)
    assert_array_equal(
        SeasonalNaive(5).fit(cropped, y).predict(cropped), SeasonalNaive(5).fit(X, y).predict(X)
    )


def test_a_series_that_stays_has_no_error_to_avoid():
    X, y = make_windows(np.arange(8.0), lookback=3, horizon=2)
    assert skill_score(y, y - 1, Persistence().fit(X, y).predict(X)) == pytest.approx(0.6)


@pytest.mark.parametrize("model", [Persistence(), SeasonalNaive(2)])
def test_it_survives_pickle_and_file(model, tmp_path):
    X, y = make_windows(sea(), lookback=3, missing="mask")
    model.fit(X, y)
    save(model, tmp_path / "model.stf")
    for twin in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model.stf")):
        assert_array_equal(twin.predict(X), model.predict(X))


def test_windows_that_do_not_hold_the_target_are_refused():
    X, _ = make_windows(table(), lookback=3)
    X, y = Framewise().fit_transform(X), np.zeros((len(X), 3))
    with pytest.raises(ShapeError, match=r"Persistence reads the target's own values.*unscaled"):
        Persistence().fit(X, y)


def test_arrays_whose_targets_are_no_frames_are_refused():
    with pytest.raises(ShapeError, match="or pass arrays whose targets are whole frames"):
        Persistence().fit(np.zeros((5, 3, 4)), np.zeros((5, 3)))


def test_windows_shorter_than_a_season_are_refused():
    X, y = make_windows(table(), lookback=3)
    with pytest.raises(ShapeError, match=r"reads as many rows, but.*lookback=7 or more"):
        SeasonalNaive(7).fit(X, y)


def test_a_fit_that_fails_leaves_the_estimator_as_it_was():
    X, y = make_windows(table(), lookback=7)
    model = SeasonalNaive(7).fit(X, y)
    before = model.predict(X)
    short, shorter = make_windows(table(), lookback=3)
    with pytest.raises(ShapeError, match="lookback=7 or more"):
        model.fit(short, shorter)
    assert_array_equal(model.predict(X), before)
