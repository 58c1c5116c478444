"""Made rain: it drifts, grows and decays."""

from __future__ import annotations

import numpy as np
import pytest

from stforecast.datasets import make_rain_cells
from stforecast.datasets._rain_cells import DRY
from stforecast.estimators import Advection


def test_a_seed_gives_the_same_films_and_another_others():
    one, two = (make_rain_cells(2, 6, 24, random_state=0) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert (one != make_rain_cells(2, 6, 24, random_state=1)).any()
    assert (one[0] != one[1]).any()


def test_rates_are_rain_mostly_dry_and_sometimes_hard():
    films = make_rain_cells(10, random_state=0)
    assert films.dtype == np.float32
    assert films.min() == 0
    assert films[films > 0].min() >= DRY
    assert 0.05 < (films > 1).mean() < 0.6
    assert films.max() > 20


def test_the_maps_move_at_about_the_speed_asked_for_and_not_without_wind():
    def speeds(**options):
        films = make_rain_cells(12, 4, 32, random_state=0, **options)
        X = films.reshape(12, 4, 32, 32).astype(float)
        model = Advection(frames=4, max_shift=6).fit(X, X[:, -1].reshape(12, -1))
        return np.hypot(*model.estimate_motion(X)[:, :, 0, 0].T)

    moving = speeds(speed=2.0, lifetime=40)
    assert 1.5 < moving.mean() < 2.5
    assert speeds(speed=0.0, lifetime=40).mean() < 0.2


def test_cells_grow_and_decay_the_faster_the_shorter_they_live():
    def change(lifetime):
        films = make_rain_cells(20, 2, 32, speed=0.0, lifetime=lifetime, random_state=0)
        return np.abs(films[:, 1] - films[:, 0]).mean() / films.mean()

    assert change(6) > 3 * change(40)


@pytest.mark.parametrize(
    "params", [{"n_frames": 0}, {"size": 0}, {"n_cells": 0}, {"speed": -1}, {"lifetime": 0}]
)
def test_numbers_too_small_are_refused(params):
    with pytest.raises(ValueError, match=f"{next(iter(params))} must be"):
        make_rain_cells(1, **params)
