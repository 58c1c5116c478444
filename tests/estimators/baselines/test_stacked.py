"""Several baselines, weighed by their errors on blocks."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from stforecast import make_windows
from stforecast.estimators import (
    Advection,
    Climatology,
    DampedAnomaly,
    Persistence,
    SeasonalNaive,
    StackedBaseline,
    StencilForecaster,
)
from stforecast.estimators.baselines._time_blocks import (
    purge_block,
    purge_blocks,
    series_blocks,
    time_blocks,
)
from stforecast.estimators.baselines.stacked import simplex_weights, sparse_weights
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.persistence import load, save


def fields(kind: str, rows: int = 72, H: int = 6, W: int = 7) -> xr.DataArray:
    """Monthly maps of a kind that one baseline is made for."""
    rng = np.random.default_rng(0)
    times = pd.date_range("2000-01-01", periods=rows, freq="MS")
    season = 5 * np.cos(2 * np.pi * np.arange(rows) / 12)[:, None, None] * rng.random((H, W))
    noise = rng.normal(size=(rows, H, W))
    made = {
        "season": lambda: season + 0.3 * noise,
        "walk": lambda: noise.cumsum(axis=0),
        "fading": lambda: season + _fading(noise, 0.7),
        "moving": lambda: np.stack([np.roll(noise[0], t, axis=1) for t in range(rows)]),
    }
    return xr.DataArray(made[kind](), {"time": times}, ("time", "lat", "lon"))


def _fading(noise: np.ndarray, share: float) -> np.ndarray:
    anomaly = noise.copy()
    for t in range(1, len(noise)):
        anomaly[t] += share * anomaly[t - 1]
    return anomaly


@pytest.mark.checks
def test_every_check_of_scikit_learn_passes():
    checks = check_estimator(StackedBaseline(), on_skip=None, on_fail=None)
    assert [one["check_name"] for one in checks if one["status"] != "passed"] == []


@pytest.mark.parametrize(
    ("kind", "place"), [("season", 1), ("walk", 0), ("fading", 2), ("moving", 3)]
)
def test_the_one_that_fits_has_most_of_the_weight(kind, place):
    X, y = make_windows(fields(kind), lookback=3)
    few = [Persistence(), Climatology("month"), DampedAnomaly("month"), Advection()]
    model = StackedBaseline(few).fit(X, y)
    assert_allclose(model.weights_.sum(), 1)
    assert model.weights_[place, 0] > 0.6
    assert np.argmin(model.errors_) == place
    assert len(model.regressors_) == np.count_nonzero(model.weights_)


def test_forecasts_are_the_weighted_mean_of_regressors_fitted_on_all_windows():
    X, y = make_windows(fields("fading"), lookback=3, horizon=2)
    candidates = [Persistence(), Climatology("month"), Advection()]
    model = StackedBaseline(candidates).fit(X, y)
    assert np.count_nonzero(model.weights_) > 1
    forecasts = np.stack([candidate.fit(X, y).predict(X) for candidate in candidates])
    by_step = forecasts.reshape(3, len(X), 2, -1)
    expected = np.einsum("ks,knsv->nsv", model.weights_, by_step).reshape(len(X), -1)
    assert_allclose(model.predict(X), expected)


def test_each_step_has_weights_of_its_own():
    rng = np.random.default_rng(0)
    X, y = make_windows(_fading(rng.normal(size=(600, 4, 4)), 0.7), lookback=2, horizon=6)
    model = StackedBaseline([Persistence(), Climatology()]).fit(X, y)
    assert_allclose(model.weights_.sum(axis=0), 1)
    assert_allclose(model.weights_[0, :3], 0.7 ** np.arange(1, 4), atol=0.06)  # what is left of now
    assert_array_equal(model.weights_[0, 5], 0)


def test_the_mean_is_ahead_of_each_where_errors_differ():
    rng = np.random.default_rng(0)
    X, y = make_windows(_fading(rng.normal(size=(400, 4, 4)), 0.5), lookback=2)
    model = StackedBaseline([Persistence(), Climatology()]).fit(X[:300], y[:300])
    assert_allclose(model.weights_[:, 0], [0.5, 0.5], atol=0.03)  # what half of an anomaly leaves
    error = np.mean((model.predict(X[301:]) - y[301:]) ** 2)
    for single in (Persistence(), Climatology()):
        alone = np.mean((single.fit(X[:300], y[:300]).predict(X[301:]) - y[301:]) ** 2)
        assert error < 0.9 * alone


def test_a_member_without_a_forecast_leaves_it_to_the_others():
    X, y = make_windows(fields("fading"), lookback=3)
    model = StackedBaseline([Persistence(), Climatology("month")]).fit(X, y)
    assert (model.weights_ > 0).all()

    model.regressors_[0] = Silent()
    assert_allclose(model.predict(X), model.regressors_[1].predict(X))
    model.regressors_ = [Silent(), Silent()]
    assert np.isnan(model.predict(X)).all()


class Silent(Persistence):
    """Forecasts nothing."""

    def predict(self, X):
        return np.full((len(X), 42), np.nan)


def test_one_that_forecasts_nothing_has_no_weight():
    X, y = make_windows(fields("fading"), lookback=3)
    model = StackedBaseline([Silent(), Persistence()]).fit(X, y)
    assert_array_equal(model.weights_, [[0], [1]])
    assert_array_equal(np.isinf(model.errors_), [True, False])
    silent = StackedBaseline([Silent(), Silent()]).fit(X, y)
    assert_array_equal(silent.weights_, [[1], [0]])
    assert np.isnan(silent.predict(X)).all()


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_the_least_of_all_on_the_simplex(seed):
    rng = np.random.default_rng(seed)
    errors = rng.normal(size=(3, 50)) @ rng.normal(size=(50, 20)) + rng.normal(size=(3, 1))
    products = errors @ errors.T
    weights = simplex_weights(products)
    steps = np.linspace(0, 1, 101)
    others = [(i, j, 1 - i - j) for i in steps for j in steps if i + j <= 1]
    least = min(np.array(other) @ products @ other for other in others)
    assert weights.min() >= 0
    assert_allclose(weights.sum(), 1)
    assert weights @ products @ weights <= least * (1 + 1e-6)


def test_none_below_half_of_an_equal_weight_stays():
    products = np.diag([1.0, 2.0, 1e3, 1e3])
    weights = sparse_weights(products)
    assert_allclose(weights[:2], [2 / 3, 1 / 3], rtol=1e-6)
    assert_array_equal(weights[2:], 0)
    assert_allclose(sparse_weights(np.eye(10)), 0.1)
    assert_array_equal(sparse_weights(np.array([[2.0]])), [1])


def test_of_perfect_forecasts_the_first_is_taken():
    assert_array_equal(simplex_weights(np.zeros((2, 2))), [1, 0])
    X, y = make_windows(np.zeros((40, 3, 3)), lookback=2)
    model = StackedBaseline([Persistence(), Climatology()]).fit(X, y)
    assert_array_equal(model.weights_, [[1], [0]])


def test_errors_are_those_of_blocks_that_taught_nothing():
    X, y = make_windows(fields("fading"), lookback=3, horizon=2)
    truth = np.asarray(y)
    given = [Persistence(), DampedAnomaly("month"), Ridge()]
    model = StackedBaseline(given, blocks=3).fit(X, y)
    for i, make in enumerate((Persistence, lambda: DampedAnomaly("month"))):
        squares = []
        for block in purge_blocks(X, 3):
            train = purge_block(X, block)
            found = make().fit(X[train], truth[train]).predict(X[block])
            squares.append((found - truth[block]) ** 2)
        assert_allclose(model.errors_[i], np.sqrt(np.mean(np.concatenate(squares))))
    assert np.isfinite(model.errors_[2])


def random_weights(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(1, 5, size=count).astype(float)


def test_errors_are_weighted():
    X, y = make_windows(fields("fading"), lookback=3)
    truth, weights = np.asarray(y), random_weights(len(X))
    model = StackedBaseline([Persistence(), Climatology("month")]).fit(
        X.with_parts({"weight": weights}), y
    )
    for i, make in enumerate((Persistence, lambda: Climatology("month"))):
        squares = np.zeros(len(X))
        for block in time_blocks(X, 4):
            train = purge_block(X, block)
            found = make().fit(X[train], truth[train]).predict(X[block])
            squares[block] = np.mean((found - truth[block]) ** 2, axis=1)
        assert_allclose(model.errors_[i], np.sqrt(np.average(squares, weights=weights)))


def test_a_block_that_hardly_counts_decides_nothing():
    maps = np.random.default_rng(0).normal(size=(400, 4, 4))
    maps[:300] *= 10
    maps[300:] = maps[300:].cumsum(axis=0)
    X, y = make_windows(maps, lookback=2)
    weights = np.where(np.arange(len(X)) < 300, 1e-6, 1.0)
    model = StackedBaseline([Persistence(), Climatology()])
    assert_array_equal(model.fit(X.with_parts({"weight": weights}), y).weights_, [[1], [0]])
    assert_array_equal(model.fit(X, y).weights_, [[0], [1]])


def test_weights_of_windows_decide_which_counts():
    calm, walk = fields("season"), fields("walk")
    X, y = make_windows(calm + walk.where(calm.time.dt.month < 7, 0), lookback=3)
    summer = X.origins.month > 7
    candidates = [Persistence(), Climatology("month")]
    weights = [
        StackedBaseline(candidates)
        .fit(X.with_parts({"weight": np.where(heavy, 1e3, 1e-3)}), y)
        .weights_
        for heavy in (summer, X.origins.month == 1)
    ]
    assert weights[0][1, 0] > 0.8
    assert weights[1][0, 0] > 0.6


@pytest.mark.parametrize("horizon", [1, 2])
def test_a_stencil_measures_itself_as_the_others_are_measured(horizon):
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(80, 2, 4, 5)).cumsum(axis=0)
    gaps = rng.random(maps.shape) < 0.1
    gaps[np.arange(80) % 4 > 0] = False  # every window shows some value of a cell
    maps[gaps] = np.nan
    X, y = make_windows(maps, lookback=2, horizon=horizon, missing="mask")
    X = X.with_parts({"weight": random_weights(len(X))})
    stencil = StencilForecaster(3, 2, 0.0)
    model = StackedBaseline([stencil, make_pipeline(stencil)]).fit(X, y)
    by_itself, by_others = model.errors_
    assert_allclose(by_itself, by_others)


def test_what_measures_a_stencil_on_a_block_owes_nothing_to_that_block():
    X, y = make_windows(fields("moving", rows=60), lookback=3)
    truth, candidates = np.asarray(y).copy(), [StencilForecaster(3, 1, (1.0, 1e6))]
    whole = StackedBaseline(candidates).fit(X, truth)
    block = time_blocks(X, 4)[-1]
    truth[block] = np.random.default_rng(0).normal(size=truth[block].shape) * 100
    poisoned = StackedBaseline(candidates).fit(X, truth)
    stencils = [
        model.fit(X, y).block_stencils_[-1] for model in (*whole.regressors_, *poisoned.regressors_)
    ]
    assert stencils[0].get_params() == stencils[1].get_params()


def test_a_regressor_that_takes_no_weights_is_named():
    X, y = make_windows(fields("walk"), lookback=3)
    weights = random_weights(len(X))
    given = [Persistence(), KNeighborsRegressor()]
    with pytest.raises(ValueError, match="fit takes sample_weight, which that of KNeighbors"):
        StackedBaseline(given).fit(X.with_parts({"weight": weights}), y)
    StackedBaseline(given).fit(X, y)


def test_a_parameter_that_cannot_be_is_named():
    X, y = make_windows(fields("walk"), lookback=3)
    with pytest.raises(ParameterError, match=r"size must be odd.*got 4"):
        StackedBaseline([Persistence(), StencilForecaster(4)]).fit(X, y)


def test_those_that_cannot_read_the_windows_are_left_out():
    X, y = make_windows(fields("walk"), lookback=3)
    model = StackedBaseline([SeasonalNaive(12), Persistence()]).fit(X, y)
    assert np.isnan(model.errors_[0])
    assert_array_equal(model.weights_, [[0], [1]])
    with pytest.raises(ShapeError, match="lookback=12 or more"):
        StackedBaseline([SeasonalNaive(12)]).fit(X, y)


def test_few_windows_take_what_learns_nothing_and_masks_are_kept():
    maps = fields("fading").copy()
    maps[:, :2, :2] = np.nan
    X, y = make_windows(maps, lookback=3, missing="mask")
    model = StackedBaseline().fit(X, y)
    assert_array_equal(np.isnan(model.predict(X)[0]), np.isnan(maps[0]).values.ravel())
    few = StackedBaseline().fit(X[:2], y[:2])
    assert_array_equal(few.weights_[[1, 3, 4]], 0)
    assert_allclose(few.weights_.sum(), 1)
    assert_array_equal(np.isnan(few.errors_), [False, True, False, True, True])
    learners = StackedBaseline([Climatology("month"), DampedAnomaly("month")]).fit(X[:2], y[:2])
    assert_array_equal(learners.weights_, [[1], [0]])
    assert np.isnan(learners.errors_).all()


def test_a_short_film_of_what_moves_is_forecast_by_its_motion():
    X, y = make_windows(fields("moving", rows=8, H=16, W=16), lookback=3, horizon=3)
    model = StackedBaseline().fit(X, y)
    assert (model.weights_[2] > 0.8).all()
    misses = Advection().fit(X, y).predict(X) - y
    assert_allclose(model.errors_[2], np.sqrt(np.mean(misses**2)), rtol=1e-12)


def test_what_learns_nothing_forecasts_alike_whatever_it_was_fitted_on():
    X, y = make_windows(fields("moving"), lookback=12, horizon=2)
    other, their_y = make_windows(fields("walk"), lookback=12, horizon=2)
    for model in (Persistence(), SeasonalNaive(12), Advection()):
        assert not model.learns
        expected = model.fit(X, y).predict(X)
        assert_allclose(model.fit(other, their_y).predict(X), expected, rtol=1e-12)


def test_films_are_held_back_as_a_whole():
    rng = np.random.default_rng(0)
    starts = rng.normal(size=(12, 10, 10))
    films = [np.stack([np.roll(one, t, axis=1) for t in range(7)]) for one in starts]
    X, y = make_windows(films, lookback=3, horizon=3)
    model = StackedBaseline([Persistence(), Climatology(), StencilForecaster()]).fit(X, y)
    assert (model.weights_[2] > 0.9).all()
    truth, errors = np.asarray(y), []
    for block in series_blocks(X, 4):
        others = np.setdiff1d(np.arange(len(X)), block)
        found = Climatology().fit(X[others], truth[others]).predict(X[block])
        errors.append((found - truth[block]) ** 2)
    assert_allclose(model.errors_[1], np.sqrt(np.mean(np.concatenate(errors))))


def test_a_cell_whose_values_begin_late_does_not_spoil_the_choice():
    maps = fields("fading").copy()
    maps[:40, 0, 0] = np.nan
    X, y = make_windows(maps, lookback=3, missing="mask")
    given = [Persistence(), Climatology(), DampedAnomaly()]
    model = StackedBaseline(given).fit(X, y)
    assert np.isfinite(model.errors_).all()
    assert model.weights_[2, 0] > 0.5
    whole = StackedBaseline(given).fit(*make_windows(fields("fading"), lookback=3))
    assert_allclose(model.errors_, whole.errors_, rtol=0.1)


def test_the_mean_of_the_training_targets_stands_in():
    values = np.arange(24.0).repeat(2).reshape(24, 1, 2)
    values[:12, 0, 1] = np.nan
    X, y = make_windows(values, lookback=1, missing="mask")
    model = StackedBaseline([Climatology()], blocks=2).fit(X, y)
    truth = np.asarray(y)
    errors = []
    for block in time_blocks(X, 2):
        taught = truth[purge_block(X, block)]
        means = [
            np.mean(one[np.isfinite(one)]) if np.isfinite(one).any() else np.nan for one in taught.T
        ]
        means = np.where(np.isnan(means), np.nanmean(taught), means)
        # a cell counts in the rows where it has its targets
        errors.append(((truth[block] - means) ** 2)[np.isfinite(truth[block])])
    assert_allclose(model.errors_, np.sqrt(np.mean(np.concatenate(errors))))


def test_it_survives_pickle_and_file(tmp_path):
    X, y = make_windows(fields("season"), lookback=3)
    model = StackedBaseline([Persistence(), Climatology("month")]).fit(X, y)
    save(model, tmp_path / "model.stf")
    for twin in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model.stf")):
        assert_array_equal(twin.predict(X), model.predict(X))


def test_what_is_no_regressor_is_refused():
    with pytest.raises(ValueError, match="regressors must be"):
        StackedBaseline(["persistence"]).fit(np.zeros((9, 3)), np.zeros(9))
