"""The ridge on windows against scikit-learn's, and what it reads of a window."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from stforecast.estimators import RelativeForecaster, WindowRidge
from stforecast.estimators.baselines import ridge
from stforecast.estimators.baselines._leave_one_out import Decomposition, solve_table
from stforecast.estimators.baselines._moments import compute_moments, generalised_errors
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.model_selection import OriginSplit
from stforecast.windows import (
    ColumnsToGrid,
    Crop,
    Flatten,
    FoldTime,
    Framewise,
    make_windows,
)

PENALTIES = np.logspace(-2, 4, 13)


def walk(rows: int = 90, columns: int = 2, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(rows, columns)).cumsum(axis=0)
    index = pd.date_range("2020-01-01", periods=rows)
    return pd.DataFrame(values, index, columns=[f"c{i}" for i in range(columns)])


def reference(alphas=PENALTIES):
    return make_pipeline(Flatten(), StandardScaler(), RidgeCV(alphas))


@pytest.mark.checks
def test_every_check_of_scikit_learn_passes():
    checks = check_estimator(WindowRidge(), on_skip=None, on_fail=None)
    assert [one["check_name"] for one in checks if one["status"] != "passed"] == []


def test_weights_and_penalty_are_those_of_scikit_learn_on_relative_windows():
    X, y = make_windows(walk(), lookback=8, horizon=3)
    model = WindowRidge().fit(X, y)
    theirs = RelativeForecaster(reference()).fit(X, y)
    assert model.alpha_ == pytest.approx(theirs.estimator_[-1].alpha_)
    assert_allclose(model.predict(X), theirs.predict(X), rtol=0, atol=1e-10)


@pytest.mark.parametrize("lookback", [5, 60], ids=["more samples", "more columns"])
def test_arrays_without_a_known_last_value_get_an_absolute_ridge(lookback):
    X, y = make_windows(walk(), lookback=lookback, horizon=2)
    X, y = np.asarray(X), np.asarray(y)
    model, theirs = WindowRidge().fit(X, y), reference().fit(X, y)
    assert model.alpha_ == pytest.approx(theirs[-1].alpha_)
    assert_allclose(model.predict(X), theirs.predict(X), rtol=0, atol=1e-9)


def solve_by_hand(columns, targets, weights, alpha, scale):
    """Return intercept and coefficients of a weighted ridge with a penalty on scaled columns."""
    z = np.column_stack([np.ones(len(columns)), columns / scale])
    penalty = alpha * np.diag([0.0, *np.ones(columns.shape[1])])
    solution = np.linalg.solve(z.T @ (weights[:, None] * z) + penalty, z.T * weights @ targets)
    return np.concatenate([solution[:1], solution[1:] / scale[:, None]])


def weighted_table():
    rng = np.random.default_rng(0)
    weights = rng.exponential(size=25)
    weights[:3] = [1e-9, 1e-3, 8.0]
    return rng.normal(size=(25, 4)), rng.normal(size=(25, 2)), weights / weights.mean()


@pytest.mark.parametrize("alpha", [0.0, 0.3, 50.0])
def test_errors_of_weighted_samples_are_those_of_leaving_each_out(alpha):
    columns, targets, weights = weighted_table()
    decomposition = Decomposition(columns, targets, weights)
    error = 0.0
    for i in range(len(columns)):
        rest = np.delete(np.arange(len(columns)), i)
        solution = solve_by_hand(
            columns[rest], targets[rest], weights[rest], alpha, decomposition.scale
        )
        left = targets[i] - solution[0] - columns[i] @ solution[1:]
        error += weights[i] * np.sum(left**2)
    assert_allclose(decomposition.errors([alpha]), [error], rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_generalised_error_asks_for_ratios_of_weights(scale):
    columns, targets, weights = weighted_table()
    expected = generalised_errors(compute_moments(columns, targets, weights), [0.1, 10.0])
    scaled = compute_moments(columns, targets, scale * weights)
    found = generalised_errors(scaled, [0.1 * scale, 10.0 * scale])
    assert_allclose(found, scale * expected, rtol=1e-6)


def test_a_whole_table_is_not_copied_to_be_solved(monkeypatch):
    columns, targets, _ = weighted_table()
    views = []
    start = Decomposition.__init__

    def note(self, columns, targets, weights=None):
        views.append(np.shares_memory(columns, table))
        start(self, columns, targets, weights)

    table = columns.copy()
    monkeypatch.setattr(Decomposition, "__init__", note)
    solve_table(table, targets, [1.0])
    assert views == [True]
    assert_allclose(table, columns, rtol=0)  # nor changed in place


def test_columns_that_are_not_forecast_known_and_static_enter_as_they_are():
    table = walk(columns=3)
    known = pd.DataFrame({"k": np.arange(120.0) % 7}, pd.date_range("2020-01-01", periods=120))
    X, y = make_windows(table, lookback=6, horizon=2, target="c1", known=known)
    X = X.with_parts({"static": np.arange(len(X))[:, None] % 3})
    last = np.asarray(X)[:, -1, 1]
    rows = np.asarray(X).copy()
    rows[:, :, 1] -= last[:, None]
    flat = np.concatenate(
        [rows.reshape(len(X), -1), X.parts["known"][:, :, 0], X.parts["static"]], axis=1
    )
    theirs = make_pipeline(StandardScaler(), Ridge(3.0)).fit(flat, y.to_numpy() - last[:, None])
    found = WindowRidge(3.0).fit(X, y).predict(X)
    assert_allclose(found, theirs.predict(flat) + last[:, None], rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    "transformer",
    [Crop(3), FoldTime(width=4), ColumnsToGrid(), make_pipeline(FoldTime(2, 2), Crop(1))],
    ids=["crop", "fold", "grid", "fold and crop"],
)
def test_windows_are_read_as_they_were_made(transformer):
    X, y = make_windows(walk(), lookback=8, horizon=2)
    plain = WindowRidge().fit(X[:50], y[:50]).predict(X[50:])
    moved = make_pipeline(transformer, WindowRidge()).fit(X[:50], y[:50]).predict(X[50:])
    assert_allclose(moved, plain, rtol=0, atol=1e-12)


def test_scaled_frames_get_an_absolute_ridge():
    X, y = make_windows(walk(), lookback=8, horizon=2)
    scaled = Framewise().fit_transform(X)
    model = WindowRidge(2.0).fit(scaled, y)
    theirs = make_pipeline(StandardScaler(), Ridge(2.0))
    flat = np.asarray(scaled).reshape(len(X), -1)
    assert model.columns_.channels == ()
    assert_allclose(model.predict(scaled), theirs.fit(flat, y).predict(flat), rtol=0, atol=1e-9)


def test_a_target_of_its_own_gets_an_absolute_ridge():
    table = walk()
    X, y = make_windows(table, lookback=8, target=table["c0"].to_numpy() ** 2)
    assert WindowRidge().fit(X, y).columns_.channels == ()
    X, y = make_windows(table, lookback=8, horizon=0, target="c0")
    assert WindowRidge().fit(X, y).columns_.channels == ()


@pytest.mark.parametrize("penalty", [None, 7.0])
def test_products_summed_up_block_by_block_give_the_same_weights(penalty, monkeypatch):
    X, y = make_windows(walk(400), lookback=8, horizon=2)
    whole = WindowRidge(penalty).fit(X, y)
    monkeypatch.setattr(ridge, "CACHE_VALUES", 0)
    monkeypatch.setattr("stforecast.estimators.baselines._columns.BLOCK_BYTES", 8 * 16 * 50)
    summed = WindowRidge(whole.alpha_).fit(X, y)
    assert_allclose(summed.coef_, whole.coef_, rtol=0, atol=1e-9)
    assert_allclose(summed.predict(X), whole.predict(X), rtol=0, atol=1e-9)
    chosen = np.log10(WindowRidge(penalty).fit(X, y).alpha_ / whole.alpha_)
    assert abs(chosen) <= 0.5 + 1e-9  # generalised and exact errors may differ by one penalty


def test_a_series_on_disk_is_read_in_one_pass(tmp_path, monkeypatch):
    values = walk(300).to_numpy()
    stored = np.memmap(tmp_path / "rows", dtype=values.dtype, mode="w+", shape=values.shape)
    stored[:] = values
    X, y = make_windows(stored, lookback=8, horizon=2)
    monkeypatch.setattr("stforecast.estimators.baselines._columns.READ_BYTES", 8 * 16 * 40)
    Z, z = make_windows(values, lookback=8, horizon=2)
    alpha = 5.0
    on_disk, in_memory = WindowRidge(alpha).fit(X, y), WindowRidge(alpha).fit(Z, z)
    assert_allclose(on_disk.predict(X), in_memory.predict(Z), rtol=0, atol=1e-9)


def test_the_last_frames_of_very_long_windows_are_read(monkeypatch):
    monkeypatch.setattr(ridge, "MAX_COLUMNS", 10)
    X, y = make_windows(walk(), lookback=20, horizon=2)
    short, z = make_windows(walk().iloc[15:], lookback=5, horizon=2)
    model = WindowRidge(1.0).fit(X, y)
    assert model.columns_.frames == 5
    assert_allclose(model.predict(X), WindowRidge(1.0).fit(short, z).predict(short), atol=1e-10)


def test_logarithms_forecast_ratios():
    growth = np.exp(0.02 * np.arange(120.0)) * (2 + np.sin(np.arange(120) * np.pi / 6))
    X, y = make_windows(growth, lookback=24, horizon=6)
    model = WindowRidge(1e-6, log=True).fit(X[:60], y[:60])
    assert_allclose(model.predict(X[60:]), y[60:], rtol=1e-3)


def test_logarithms_refuse_what_has_none():
    X, y = make_windows(walk(), lookback=8, horizon=2)
    with pytest.raises(ValueError, match="log=True needs values above 0, but values of the target"):
        WindowRidge(log=True).fit(X, y)
    with pytest.raises(ValueError, match="needs the last value of the target"):
        WindowRidge(log=True).fit(np.asarray(X), y)


def test_missing_values_are_those_seen_last_and_missing_targets_do_not_count():
    values = walk(200).to_numpy()
    gaps = values.copy()
    gaps[60:63, 0] = gaps[100, 1] = np.nan
    X, y = make_windows(gaps, lookback=8, horizon=2, missing="mask")
    model = WindowRidge(1.0).fit(X, y)
    filled = pd.DataFrame(gaps).ffill().to_numpy()
    Z, _ = make_windows(filled, lookback=8, horizon=2)
    # a window that begins in a gap shows the next value instead: leave those out
    rows = np.isfinite(np.asarray(X)[:, 0]).all(axis=1)
    last = np.asarray(Z)[:, -1]
    flat = (np.asarray(Z) - last[:, None]).reshape(len(Z), -1)
    for output, channel in enumerate([0, 1, 0, 1]):
        seen = np.isfinite(y[:, output])
        column = WindowRidge(1.0).fit(X[seen], y[seen][:, [output] * 4])
        assert_allclose(
            model.predict(X)[:, output], column.predict(X)[:, output], rtol=0, atol=1e-9
        )
        theirs = make_pipeline(StandardScaler(), Ridge(1.0))
        theirs.fit(flat[seen & rows], y[seen & rows, output] - last[seen & rows, channel])
        close = WindowRidge(1.0).fit(X[seen & rows], y[seen & rows][:, [output] * 4])
        expected = theirs.predict(flat[rows]) + last[rows, channel]
        assert_allclose(close.predict(X[rows])[:, output], expected, rtol=0, atol=1e-9)


def test_a_penalty_is_searched_like_any_parameter():
    X, y = make_windows(walk(), lookback=8, horizon=2)
    search = GridSearchCV(WindowRidge(), {"alpha": [0.1, 10.0]}, cv=OriginSplit(2)).fit(X, y)
    assert search.best_params_["alpha"] in (0.1, 10.0)


@pytest.mark.parametrize("alpha", [-1.0, "most", [], [1.0, np.nan]])
def test_penalties_are_numbers_of_at_least_zero(alpha):
    X, y = make_windows(walk(), lookback=8)
    with pytest.raises(ParameterError, match="alpha must be a number of at least 0"):
        WindowRidge(alpha).fit(X, y)


def test_a_covariate_of_fit_must_come_again():
    X, y = make_windows(walk(), lookback=8, known=np.zeros((90, 1)))
    model = WindowRidge().fit(X, y)
    with pytest.raises(ShapeError, match="carried part 'known'"):
        model.predict(make_windows(walk(), lookback=8)[0])
