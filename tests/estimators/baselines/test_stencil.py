"""The stencil on maps against a regression of every cell by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from stforecast.estimators import StencilForecaster
from stforecast.estimators.baselines import stencil
from stforecast.estimators.baselines._time_blocks import purge_blocks
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.windows import make_windows


def maps(rows: int = 60, channels: int = 2, H: int = 5, W: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, channels, H, W)).cumsum(axis=0)


def cell_by_cell(X: np.ndarray, size: int, frames: int, relative: bool) -> np.ndarray:
    """Columns of every cell of every window, one after the other."""
    n, T, C, H, W = X.shape
    edge, rows = size // 2, []
    for i in range(n):
        for r in range(H):
            for c in range(W):
                own = X[i, -1, :, r, c] if relative else np.zeros(C)
                values = [
                    X[i, t, k, min(max(r + a, 0), H - 1), min(max(c + b, 0), W - 1)] - own[k]
                    for t in range(T - frames, T)
                    for k in range(C)
                    for a in range(-edge, edge + 1)
                    for b in range(-edge, edge + 1)
                ]
                rows.append([*values, *(own if relative else [])])
    return np.array(rows)


@pytest.mark.checks
def test_every_check_of_scikit_learn_passes():
    checks = check_estimator(StencilForecaster(), on_skip=None, on_fail=None)
    assert [one["check_name"] for one in checks if one["status"] != "passed"] == []


@pytest.mark.parametrize("relative", [True, False])
def test_weights_are_those_of_a_regression_of_all_cells(relative):
    X, y = make_windows(maps(30), lookback=4, horizon=2)
    given = X if relative else np.asarray(X)
    model = StencilForecaster(3, 2, 5.0).fit(given, y)
    columns = cell_by_cell(np.asarray(X), 3, 2, relative)
    last = np.asarray(X)[:, -1] if relative else np.zeros((len(X), 2, 5, 6))
    changes = np.asarray(y).reshape(len(X), 2, 2, 5, 6) - last[:, None]
    targets = changes.transpose(0, 3, 4, 1, 2).reshape(-1, 4)
    theirs = make_pipeline(StandardScaler(), Ridge(5.0)).fit(columns, targets)
    found = theirs.predict(columns).reshape(len(X), 5, 6, 2, 2).transpose(0, 3, 4, 1, 2)
    expected = (found + last[:, None]).reshape(len(X), -1)
    assert_allclose(model.predict(given), expected, rtol=0, atol=1e-8)


def test_what_moves_is_found_in_the_cell_it_comes_from():
    start = np.random.default_rng(0).random((16, 16))
    moving = np.stack([np.roll(start, 2 * t, axis=1) for t in range(40)])
    X, y = make_windows(moving, lookback=3)
    model = StencilForecaster().fit(X[:25], y[:25])
    assert model.size_[0] >= 5  # a neighbourhood of 3 does not show what comes from 2 cells away
    near = StencilForecaster(3).fit(X[:25], y[:25])
    truth = np.asarray(y[25:])
    left = [(one.predict(X[25:]) - truth).reshape(-1, 16, 16) for one in (model, near)]
    errors = [np.square(one[:, :, 2:]).mean() for one in left]  # what enters in the west is new
    assert errors[0] < 0.1 * errors[1]


def test_size_frames_and_penalty_are_those_of_the_least_error_on_blocks():
    X, y = make_windows(maps(50, channels=1), lookback=3)
    model = StencilForecaster([1, 3], [1, 2], [1.0, 100.0]).fit(X, y)
    blocks = [np.arange(0, 11), np.arange(11, 23), np.arange(23, 35), np.arange(35, 47)]
    columns = {(s, f): cell_by_cell(np.asarray(X), s, f, True) for s in (1, 3) for f in (1, 2)}
    change = (np.asarray(y) - np.asarray(X)[:, -1].reshape(len(X), -1)).ravel()
    of = np.repeat(np.arange(len(X)), 30)
    errors = {}
    for (size, frames), table in columns.items():
        for alpha in (1.0, 100.0):
            error = 0.0
            for block in blocks:
                test = np.isin(of, block)
                ridge = make_pipeline(StandardScaler(), Ridge(alpha))
                left = change[test] - ridge.fit(table[~test], change[~test]).predict(table[test])
                error += np.sum(left**2)
            errors[size, frames, alpha] = error
    assert (model.size_[0], model.frames_, model.alpha_) == min(errors, key=errors.get)


def test_weights_count_in_its_errors_and_its_choice():
    X, y = make_windows(maps(60, channels=1), lookback=3)
    weights = np.random.default_rng(1).integers(1, 5, size=len(X)).astype(float)
    alphas, truth = (1.0, 30.0, 1000.0), np.asarray(y)
    blocks, mean = purge_blocks(X, 4), weights.mean()
    by_hand = np.zeros((3, 4))
    for j, block in enumerate(blocks):
        others = np.setdiff1d(np.arange(len(X)), block)
        for i, alpha in enumerate(alphas):
            # beside weights of mean one of all windows, not of the others alone
            penalty = alpha * mean / weights[others].mean()
            model = StencilForecaster(3, 1, penalty)
            model.fit(X[others].with_parts({"weight": weights[others]}), truth[others])
            each = np.mean((model.predict(X[block]) - truth[block]) ** 2, axis=1)
            by_hand[i, j] = np.sum(weights[block] * each)
    total = by_hand.sum(axis=1, keepdims=True)
    model = StencilForecaster(3, 1, alphas).fit(X.with_parts({"weight": weights}), y)
    assert model.alpha_ == alphas[np.argmin(total)]
    crosswise = [alphas[i] for i in (total - by_hand).argmin(axis=0)]
    assert [stencil.alpha for stencil in model.block_stencils_] == crosswise


def test_what_a_block_is_measured_by_owes_nothing_to_a_choice_that_the_block_made():
    X, y = make_windows(maps(60, channels=1), lookback=3, horizon=2)
    truth, alphas = np.asarray(y), (1.0, 1e3, 1e6)
    blocks = purge_blocks(X, 4)
    errors = np.zeros((3, 4))
    for j, block in enumerate(blocks):
        others = np.concatenate([part for part in blocks if part[0] != block[0]])
        for i, alpha in enumerate(alphas):
            found = StencilForecaster(3, 1, alpha).fit(X[others], truth[others]).predict(X[block])
            errors[i, j] = np.sum((found - truth[block]) ** 2)
    model = StencilForecaster(3, 1, alphas).fit(X, y)
    total = errors.sum(axis=1, keepdims=True)
    assert model.alpha_ == alphas[np.argmin(total)]
    crosswise = [alphas[i] for i in (total - errors).argmin(axis=0)]
    assert [stencil.alpha for stencil in model.block_stencils_] == crosswise
    assert all((stencil.size, stencil.frames) == (3, 1) for stencil in model.block_stencils_)


def test_a_block_does_not_teach_what_is_measured_on_it(monkeypatch):
    X, y = make_windows(maps(60, channels=1), lookback=3, horizon=4)
    seen = []

    def noted(blocks, patches, stencils, alphas, extra):
        seen.append(blocks)
        return (stencils[0], alphas[0]), []

    monkeypatch.setattr(stencil, "_choose", noted)
    StencilForecaster().fit(X, y)
    poisoned = np.asarray(y).copy()
    poisoned[:13] += 1e6  # the first of four blocks, and what reaches into it
    StencilForecaster().fit(X, poisoned)
    clean, other = seen
    assert len(clean) == 4
    for ours, theirs in zip(clean[1:], other[1:], strict=True):
        assert_allclose(ours.cross, theirs.cross)
    assert not np.allclose(clean[0].cross, other[0].cross)


def test_known_values_are_columns_of_every_cell():
    hours = np.arange(60) % 24
    tide = np.sin(2 * np.pi * hours / 24)
    still = np.zeros((60, 1, 4, 4)) + tide[:, None, None, None]
    X, y = make_windows(still, lookback=2, known=tide[:, None])
    model = StencilForecaster(1, 1, 1e-6).fit(X[:40], y[:40])
    assert np.abs(model.predict(X[40:]) - y[40:]).max() < 1e-6


def test_cells_that_never_have_a_value_count_as_the_cell_in_the_centre():
    values = maps(30, channels=1)
    values[:, :, :, 3:] = np.nan  # land in the east
    X, y = make_windows(values, lookback=3, missing="mask")
    model = StencilForecaster(3, 2, 5.0).fit(X, y)
    columns = cell_by_cell(np.asarray(X), 3, 2, relative=True)
    last = np.asarray(X)[:, -1].reshape(len(X), -1)
    changes = (np.asarray(y) - last).ravel()
    sea = np.isfinite(changes)
    centre = columns[sea][:, np.repeat([4, 13, 18], [9, 9, 1])]  # of each frame; the last value
    table = np.where(np.isnan(columns[sea]), centre, columns[sea])
    theirs = make_pipeline(StandardScaler(), Ridge(5.0)).fit(table, changes[sea])
    found = model.predict(X)
    assert_array_equal(np.isfinite(found), np.isfinite(last))
    assert_allclose((found - last).ravel()[sea], theirs.predict(table), rtol=0, atol=1e-8)


def test_a_series_on_disk_gives_the_same_forecasts(tmp_path):
    values = maps(40)
    stored = np.memmap(tmp_path / "maps", dtype=values.dtype, mode="w+", shape=values.shape)
    stored[:] = values
    X, y = make_windows(stored, lookback=3)
    Z, z = make_windows(values, lookback=3)
    ours, theirs = StencilForecaster().fit(X, y), StencilForecaster().fit(Z, z)
    assert_allclose(ours.predict(X), theirs.predict(Z), rtol=0, atol=1e-9)


def test_windows_are_thinned_out_beyond_a_number_of_cells(monkeypatch):
    monkeypatch.setattr(stencil, "MAX_CELLS", 30 * 10)
    X, y = make_windows(maps(43), lookback=3)
    few = StencilForecaster(3, 1, 1.0).fit(X, y)
    monkeypatch.undo()
    same = StencilForecaster(3, 1, 1.0).fit(X[::5], y[::5])  # 4 divides the hours of a week
    assert_allclose(few.coef_, same.coef_, rtol=0, atol=1e-12)


def test_few_windows_take_the_smallest_stencil():
    X, y = make_windows(maps(8), lookback=3, horizon=4)
    model = StencilForecaster().fit(X, y)
    assert (model.size_, model.frames_, model.alpha_) == ((3, 3), 1, 1000.0)


def test_targets_that_are_no_maps_are_refused():
    X, _ = make_windows(maps(20), lookback=3)
    with pytest.raises(ShapeError, match="multiple of 5 x 6 values, got 7"):
        StencilForecaster().fit(X, np.zeros((len(X), 7)))


def test_sizes_are_odd_and_frames_lie_in_the_window():
    X, y = make_windows(maps(20), lookback=3)
    with pytest.raises(ParameterError, match=r"size must be odd.*got 4\. Use 5"):
        StencilForecaster(4).fit(X, y)
    with pytest.raises(ShapeError, match="frames must not exceed the lookback of 3, got 9"):
        StencilForecaster(3, 9).fit(X, y)
    with pytest.raises(ParameterError, match="frames must be an integer of at least 1"):
        StencilForecaster(3, 0).fit(X, y)
