"""Advection against maps that move as they are made to."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.estimator_checks import check_estimator

from stforecast import make_windows
from stforecast.estimators import Advection, Persistence
from stforecast.estimators.baselines._motion import list_shifts, match_blocks
from stforecast.exceptions import ShapeError
from stforecast.persistence import load, save


def hills(speed, rows: int = 12, H: int = 24, W: int = 30) -> np.ndarray:
    """Two smooth hills that move by `speed` cells a row, (rows, H, W)."""
    down, across = np.mgrid[0:H, 0:W]
    t = np.arange(rows)[:, None, None]
    maps = np.zeros((rows, H, W))
    for top, left, width in ((8, 10, 3.0), (15, 18, 4.0)):
        y, x = down - top - speed[0] * t, across - left - speed[1] * t
        maps += np.exp(-(y**2 + x**2) / (2 * width**2))
    return maps


@pytest.mark.checks
def test_every_check_of_scikit_learn_passes():
    checks = check_estimator(Advection(), on_skip=None, on_fail=None)
    assert [one["check_name"] for one in checks if one["status"] != "passed"] == []


@pytest.mark.parametrize("speed", [(0, 0), (0, 1), (-1, 0.5), (0.4, -0.7)])
def test_the_motion_is_found_between_cells(speed):
    X, y = make_windows(hills(speed), lookback=3)
    motion = Advection(frames=3).fit(X, y).estimate_motion(X)[..., 0, 0]
    assert_allclose(motion, np.broadcast_to(speed, motion.shape), atol=0.1)


def test_a_shift_by_whole_cells_is_the_one_of_least_difference():
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(1, 2, 1, 9, 10))
    errors = {}
    for down, across in list_shifts(3, 3).tolist():
        here = [
            (r, c)
            for r in range(9)
            for c in range(10)
            if 0 <= r - down < 9 and 0 <= c - across < 10
        ]
        change = [maps[0, 1, 0, r, c] - maps[0, 0, 0, r - down, c - across] for r, c in here]
        errors[down, across] = np.mean(np.square(change))
    best = min(errors, key=errors.get)
    assert_allclose(match_blocks(maps, 3, 1)[0, :, 0, 0], best, atol=0.5)


@pytest.mark.parametrize("gap", [0, 2])
def test_maps_are_carried_on_and_gain_on_persistence_with_every_step(gap):
    X, y = make_windows(hills((0.3, 0.8), rows=14), lookback=3, horizon=3, gap=gap)
    truth = np.asarray(y).reshape(len(X), 3, -1)

    def errors(model):
        found = model.fit(X, y).predict(X).reshape(truth.shape)
        return np.sqrt(np.mean((found - truth) ** 2, axis=(0, 2)))

    assert (errors(Advection()) < 0.35 * errors(Persistence())).all()


def test_whole_steps_move_cells_exactly_and_repeat_the_border():
    start = np.random.default_rng(0).random((10, 12))
    maps = np.stack([np.roll(start, 2 * t, axis=1) for t in range(6)])
    X, y = make_windows(maps, lookback=2, horizon=2)
    found = Advection().fit(X, y).predict(X).reshape(-1, 2, 10, 12)
    motion = Advection().fit(X, y).estimate_motion(X)[:, :, 0, 0]
    assert_allclose(motion, np.broadcast_to([0, 2], motion.shape), atol=0.05)
    last = np.asarray(X)[:, -1, 0]
    assert_allclose(found[:, 0, :, 3:], last[:, :, 1:-2], atol=0.06)
    assert_allclose(found[:, 1, :, :1], last[:, :, :1], atol=1e-3)


def test_blocks_move_apart():
    left, right = hills((0, 1), W=24), hills((0, -1), W=24)
    maps = np.concatenate([left, right], axis=2)
    X, y = make_windows(maps, lookback=2, horizon=2)
    model = Advection(2).fit(X, y)
    motion = model.estimate_motion(X[:4])
    assert motion.shape == (4, 2, 2, 2)
    assert (motion[:, 1, :, 0] > 0.5).all()
    assert (motion[:, 1, :, 1] < -0.5).all()
    one = np.mean((Advection(1).fit(X, y).predict(X) - y) ** 2)
    assert np.mean((model.predict(X) - y) ** 2) < 0.5 * one


def test_a_block_without_anything_moves_as_the_whole_map():
    maps = hills((0, 1), rows=3, W=45)
    maps[:, :, 24:] = 0.0
    X, y = make_windows(maps, lookback=2)
    motion = Advection(3).fit(X, y).estimate_motion(X)
    whole = Advection(1).fit(X, y).estimate_motion(X)
    assert_allclose(motion[..., 2], np.broadcast_to(whole[..., 0], (1, 2, 3)), atol=1e-12)
    assert (motion[..., 0] != whole[..., 0]).any()


def test_maps_of_nothing_stay():
    X, y = make_windows(np.zeros((8, 6, 6)), lookback=2, horizon=2)
    model = Advection(2).fit(X, y)
    assert not model.estimate_motion(X).any()
    assert not model.predict(X).any()


def test_land_stays_land_and_moves_nothing_into_the_sea():
    maps = hills((0, 1.0), rows=10)
    maps[:, :6, :8] = np.nan
    maps[4, 12, 12] = np.nan
    X, y = make_windows(maps, lookback=3, horizon=2, missing="mask")
    found = Advection().fit(X, y).predict(X).reshape(-1, 2, 24, 30)
    land = np.isnan(maps).all(axis=0)
    assert_array_equal(np.isnan(found), np.broadcast_to(land, found.shape))
    truth = np.asarray(y).reshape(found.shape)
    assert np.nanmax(np.abs(found - truth)) < 0.3


def test_channels_are_weighed_by_their_spread():
    moving, noise = hills((0, 1)), np.random.default_rng(0).normal(size=(12, 24, 30))
    maps = np.stack([moving, 1e-3 * noise], axis=1)
    X, y = make_windows(maps, lookback=2)
    model = Advection().fit(X, y)
    assert_allclose(model.scale_, np.asarray(X)[:, -1].std(axis=(0, 2, 3)))
    assert model.predict(X).shape == (len(X), 2 * 24 * 30)


def test_it_survives_pickle_and_file(tmp_path):
    X, y = make_windows(hills((0, 1), rows=6), lookback=2)
    model = Advection(2).fit(X, y)
    save(model, tmp_path / "model.stf")
    for twin in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model.stf")):
        assert_array_equal(twin.predict(X), model.predict(X))


def test_windows_shorter_than_the_frames_are_refused():
    X, y = make_windows(hills((0, 1)), lookback=2)
    with pytest.raises(ShapeError, match=r"Advection\(frames=3\) finds.*lookback=3 or more"):
        Advection(frames=3).fit(X, y)


@pytest.mark.parametrize("params", [{"blocks": 0}, {"frames": 1}, {"max_shift": 0}])
def test_counts_out_of_bounds_are_refused(params):
    with pytest.raises(ValueError, match=f"{next(iter(params))} must be an integer of at least"):
        Advection(**params).fit(np.zeros((5, 3)), np.zeros(5))


def test_maps_far_from_zero_have_the_scale_of_their_spread():
    maps = np.random.default_rng(0).normal(size=(20, 2, 5, 6)) * np.array([1, 3])[:, None, None]
    X, y = make_windows(maps + 1e9, lookback=2)
    expected = maps[1:-1].std(axis=(0, 2, 3))
    assert_allclose(Advection().fit(X, y).scale_, expected, rtol=1e-6)


def test_no_windows_show_no_motion():
    X, y = make_windows(np.random.default_rng(0).random((9, 5, 3)), lookback=2)
    for blocks in (1, 4):
        model = Advection(blocks).fit(X, y)
        assert model.estimate_motion(X[:0]).shape == (0, *model.estimate_motion(X).shape[1:])
