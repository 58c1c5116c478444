"""The comparison on made echoes."""

from __future__ import annotations

import numpy as np
import xarray as xr

from benchmarks.accuracy.echoes.__main__ import (
    SIZES,
    Size,
    fit_all,
    forecasts,
    made_films,
    own_parts,
    radar_film,
    rows,
    windows,
)

TINY = Size(films=6, frames=8, side=8, lookback=3, horizon=2, channels=2, epochs=1, fold=2)


def test_films_of_test_and_training_are_different_and_windows_stay_in_a_film():
    (X, y), (Z, _) = (windows(TINY, made_films(TINY, seed)) for seed in (0, 1))
    assert len(X) == 6 * (8 - 3 - 2 + 1)
    assert np.asarray(y).shape == (len(X), 2 * 64)
    assert not np.array_equal(np.asarray(X), np.asarray(Z))


def test_every_method_has_a_row_for_every_step():
    fitted = fit_all(TINY, *windows(TINY, made_films(TINY, 0)), 1)
    truth, found = forecasts(fitted, TINY, *windows(TINY, made_films(TINY, 1)))
    assert {runs.shape[1:] for runs in found.values()} == {truth.shape}
    made = list(rows(truth, found, 5.0))
    assert [row[0] for row in made] == ["1"] * len(found) + ["2"] * len(found)
    assert all(np.isfinite(float(row[2].split()[0])) for row in made)


def test_a_radar_gives_the_middle_of_its_maps_in_an_hour(tmp_path):
    sums = np.arange(2 * 12 * 10.0).reshape(2, 12, 10)
    xr.Dataset({"rainfall_amount": (("time", "y", "x"), sums)}).to_netcdf(tmp_path / "radar.nc")
    rates = radar_film(tmp_path / "radar.nc", 8)
    assert rates.shape == (2, 8, 8)
    np.testing.assert_array_equal(rates, 12 * sums[:, 2:10, 1:9])
    X, _ = windows(TINY, [np.tile(rates, (4, 1, 1))])
    assert np.asarray(X).shape == (4, 3, 1, 8, 8)


def test_what_a_radar_teaches_itself_is_tested_on_no_row_of_its_targets():
    rows = np.arange(31.0)[:, None, None] * np.ones((8, 8))
    (_, learned), (Z, truth) = own_parts(*windows(SIZES["short"], [rows]))
    assert np.asarray(learned).max() == 19
    assert np.asarray(truth).min() == 20
    assert len(Z) == 6
