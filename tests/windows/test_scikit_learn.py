"""Lazy windows through scikit-learn's own tools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import BaggingRegressor, StackingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes HalvingGridSearchCV importable
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from stforecast.model_selection import OriginSplit
from stforecast.windows import Crop, Flatten, FoldTime, Framewise, Windows, make_windows

RNG = np.random.default_rng(0)
DAYS = pd.date_range("2020-01-01", periods=120, freq="D")
WAVES = np.sin(np.arange(120)[:, None] * [0.9, 0.4]) + 0.05 * RNG.normal(size=(120, 2))
TABLE = pd.DataFrame(WAVES, DAYS, ["a", "b"])
MAPS = np.sin(np.arange(120)[:, None, None] * 0.5 + np.arange(6).reshape(2, 3))


def pipeline() -> Pipeline:
    return make_pipeline(Crop(), Framewise(), Flatten(), Ridge(alpha=0.1))


@pytest.fixture(
    params=[(TABLE, 2), (MAPS, 1)], ids=["a table", "maps with lazy targets"], name="samples"
)
def windows_and_targets(request: pytest.FixtureRequest) -> tuple[Windows, Any]:
    series, horizon = request.param
    return make_windows(series, lookback=8, horizon=horizon)


def test_predictions_equal_those_from_plain_arrays(samples: tuple[Windows, Any]) -> None:
    X, y = samples
    lazy = pipeline().fit(X[:80], y[:80]).predict(X[80:])
    rows, targets = np.asarray(X), np.asarray(y)
    # the same frames: a scaler that sees each row once, given its statistics
    scaler = StandardScaler().fit(np.asarray(X.base)[:87].reshape(87, -1))
    scaled = scaler.transform(rows.reshape(len(X) * 8, -1)).reshape(len(X), -1)
    model = Ridge(alpha=0.1).fit(scaled[:80], targets[:80])
    np.testing.assert_allclose(lazy, model.predict(scaled[80:]), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_the_lookback_can_be_searched(samples: tuple[Windows, Any], n_jobs: int | None) -> None:
    X, y = samples
    search = GridSearchCV(
        pipeline(),
        {"crop__lookback": [1, 2, 8], "ridge__alpha": [0.01, 100.0]},
        cv=OriginSplit(3),
        scoring="neg_root_mean_squared_error",
        n_jobs=n_jobs,
        error_score="raise",
    )
    search.fit(X, y)
    assert search.best_params_ == {"crop__lookback": 8, "ridge__alpha": 0.01}
    assert search.predict(X[:3]).shape == (3, y.shape[1])


def test_every_fold_of_a_search_scores_the_windows_it_should() -> None:
    X, y = make_windows(TABLE, lookback=8, horizon=2)
    scores = cross_val_score(
        pipeline(), X, y, cv=OriginSplit(3), scoring="neg_root_mean_squared_error"
    )
    for (train, test), score in zip(OriginSplit(3).split(X), scores, strict=True):
        model = pipeline().fit(X[train], y.iloc[train])
        error = root_mean_squared_error(y.iloc[test], model.predict(X[test]))
        assert score == pytest.approx(-error)


def test_halving_searches_run(samples: tuple[Windows, Any]) -> None:
    search = HalvingGridSearchCV(
        pipeline(),
        {"crop__lookback": [1, 2, 4, 8]},
        cv=OriginSplit(2),
        min_resources=40,
        random_state=0,
        error_score="raise",
    )
    assert search.fit(*samples).best_params_ == {"crop__lookback": 8}


def test_scores_do_not_depend_on_the_number_of_workers(samples: tuple[Windows, Any]) -> None:
    alone, together = (
        cross_val_score(pipeline(), *samples, cv=OriginSplit(3), n_jobs=n, error_score="raise")
        for n in (1, 2)
    )
    np.testing.assert_array_equal(alone, together)
    assert alone.min() > 0.9


def test_learning_curves_are_drawn(samples: tuple[Windows, Any]) -> None:
    sizes, _, scores = learning_curve(
        pipeline(), *samples, cv=OriginSplit(2), train_sizes=[10, 20], error_score="raise"
    )
    assert sizes.tolist() == [10, 20]
    assert np.isfinite(scores).all()


def test_forecasts_are_stacked() -> None:
    X, y = make_windows(TABLE["a"], lookback=8)
    stack = StackingRegressor(
        [("long", pipeline()), ("short", pipeline().set_params(crop__lookback=1))],
        final_estimator=Ridge(),
        cv=3,
    )
    stack.fit(X[:80], y[:80].to_numpy().ravel())
    assert stack.score(X[80:], y[80:]) > 0.9


def test_targets_are_transformed_and_back(samples: tuple[Windows, Any]) -> None:
    X, y = samples
    scaled = TransformedTargetRegressor(pipeline(), transformer=MinMaxScaler())
    predicted = scaled.fit(X[:80], y[:80]).predict(X[80:])
    np.testing.assert_allclose(predicted, pipeline().fit(X[:80], y[:80]).predict(X[80:]), atol=0.1)


def test_one_model_for_each_output() -> None:
    X, y = make_windows(TABLE, lookback=8, horizon=2)
    flat = Flatten().fit_transform(X)
    model = MultiOutputRegressor(Ridge()).fit(flat, y)
    assert len(model.estimators_) == y.shape[1]
    bagged = BaggingRegressor(Ridge(), n_estimators=3, random_state=0).fit(flat, y)
    assert bagged.score(flat, y) > 0.9


def test_importance_of_lags_is_permuted_on_the_flattened_windows() -> None:
    yesterday = np.roll(WAVES[:, 0], 1)
    X, y = make_windows(TABLE["a"], lookback=3, target=yesterday)
    flat = np.asarray(Flatten().fit_transform(X))
    model = Ridge(alpha=1e-6).fit(flat, y)
    importance = permutation_importance(model, flat, y, random_state=0).importances_mean
    assert importance[2] > 1
    assert importance[:2].max() < 1e-6


def test_predictions_of_partitions_are_joined(samples: tuple[Windows, Any]) -> None:
    predicted = cross_val_predict(pipeline(), *samples, cv=3)
    assert predicted.shape == samples[1].shape


def test_folded_windows_and_parts_go_through() -> None:
    known = pd.DataFrame({"k": np.cos(np.arange(130))}, pd.date_range("2020-01-01", periods=130))
    X, y = make_windows(TABLE, lookback=8, horizon=2, known=known, static=[1.0])
    model = make_pipeline(Framewise(), FoldTime(width=4), Framewise(), Flatten(), Ridge())
    result = cross_validate(model, X, y, cv=OriginSplit(2), error_score="raise")
    assert result["test_score"].min() > 0.8


def test_rows_after_an_origin_do_not_change_its_prediction() -> None:
    X, y = make_windows(TABLE.to_numpy(), lookback=8)
    model = pipeline().fit(X[:60], y[:60])
    poisoned = TABLE.to_numpy().copy()
    poisoned[90:] = 1e6
    again, _ = make_windows(poisoned, lookback=8)
    seen = X.times < 90
    np.testing.assert_array_equal(model.predict(again[seen]), model.predict(X[seen]))
    np.testing.assert_array_equal(pipeline().fit(again[:60], y[:60]).predict(X), model.predict(X))


def test_dummies_and_numpy_take_windows() -> None:
    X, y = make_windows(TABLE, lookback=8)
    assert DummyRegressor().fit(X, y).predict(X).shape == y.shape
    np.testing.assert_array_equal(np.mean(X, axis=0), np.asarray(X).mean(axis=0))
