"""scikit-learn's tools around the forecasters, on lazy windows."""

from __future__ import annotations

import io
import pickle
from copy import deepcopy

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stforecast.estimators import ConvLSTMForecaster, Training
from stforecast.windows import Crop, FoldTime, Framewise, Windows
from tests.estimators.data import (
    FORECASTERS,
    OWN_UNITS,
    map_windows,
    same_weights,
    small,
    table_windows,
)


@pytest.fixture
def materialised(monkeypatch):
    """The largest number of windows that anything copied out at once."""
    sizes = []
    read = Windows.batch

    def spy(self, key):
        values = read(self, key)
        sizes.append(len(values))
        return values

    monkeypatch.setattr(Windows, "batch", spy)
    monkeypatch.setattr("stforecast._training.samples.CACHE_BYTES", 0)
    return sizes


def test_windows_stay_lazy_through_a_pipeline_and_fit(materialised):
    X, y = table_windows(lookback=6)
    materialised.clear()
    make_pipeline(Crop(4), FoldTime(width=2), small(ConvLSTMForecaster)).fit(X, y)
    from_fit = [size for size in materialised if size <= 16]
    # the standardiser reads blocks; the loader batches of 16, and nothing else reads windows
    assert len(materialised) - len(from_fit) <= 1
    assert len(from_fit) >= 2 * 5


def test_pipeline_of_windows_equals_that_of_arrays():
    X, y = table_windows(lookback=6)
    fold = make_pipeline(FoldTime(width=2), small(ConvLSTMForecaster, training=OWN_UNITS))
    lazy = fold.fit(X, y).predict(X)
    assert np.isfinite(lazy).all()
    np.testing.assert_allclose(fold.predict(np.asarray(X)), lazy, rtol=1e-6)


def test_a_search_over_the_window_length():
    X, y = table_windows(lookback=8)
    pipe = make_pipeline(Crop(), Framewise(StandardScaler()), small())
    grid = {"crop__lookback": [2, 4], "lstmforecaster__hidden_channels": [2, 8]}
    search = GridSearchCV(
        pipe,
        grid,
        cv=TimeSeriesSplit(2),
        scoring="neg_root_mean_squared_error",
        error_score="raise",
    ).fit(X, y)
    assert search.predict(X).shape == y.shape
    assert len(set(search.cv_results_["mean_test_score"])) == 4


def test_two_processes_find_what_one_finds():
    X, y = table_windows()
    scores = [
        cross_val_score(small(dropout=0.2), X, y, cv=TimeSeriesSplit(3), n_jobs=jobs)
        for jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


def test_parts_of_parameters_are_searched():
    X, y = table_windows()
    search = GridSearchCV(small(training=Training()), {"training__ema": [0.0, 0.9]}, cv=2)
    assert len(set(search.fit(X, y).cv_results_["mean_test_score"])) == 2


def test_transformed_targets():
    X, y = table_windows()
    model = TransformedTargetRegressor(small(), func=np.exp, inverse_func=np.log)
    plain = TransformedTargetRegressor(small(), transformer=StandardScaler())
    assert model.fit(X, y).predict(X).shape == y.shape
    np.testing.assert_allclose(
        plain.fit(X, y).predict(X), small().fit(X, y).predict(X), rtol=0.1, atol=0.1
    )


def test_permutation_importance_on_a_lag_table():
    lags = np.random.default_rng(0).normal(size=(120, 5))
    model = small(max_epochs=40, lr=0.02).fit(lags, lags[:, 3])
    found = permutation_importance(model, lags, lags[:, 3], n_repeats=2, random_state=0)
    assert found.importances_mean.argmax() == 3


@pytest.mark.parametrize("kind", FORECASTERS)
@pytest.mark.parametrize(
    "copied",
    [lambda model: pickle.loads(pickle.dumps(model)), deepcopy],
    ids=["pickle", "deepcopy"],
)
def test_copies_forecast_alike(kind, copied):
    X, y = map_windows()
    model = small(kind, training=Training(ema=0.9)).fit(X, y)
    copy = copied(model)
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    assert same_weights(copy.partial_fit(X, y), model.partial_fit(X, y))


def test_joblib_dumps_and_loads():
    X, y = table_windows()
    model, file = small().fit(X, y), io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    np.testing.assert_array_equal(joblib.load(file).predict(X), model.predict(X))


def test_a_pickle_holds_the_network_and_not_the_data():
    X, y = table_windows(5000)
    model = small(max_epochs=1, batch_size=500).fit(X, y)
    assert len(pickle.dumps(model)) < 60_000 < X.nbytes


@pytest.mark.parametrize("kind", FORECASTERS)
def test_a_clone_is_unfitted_and_fits_the_same(kind):
    X, y = table_windows()
    model = small(kind, training=Training(ema=0.5)).fit(X, y)
    copy = clone(model)
    assert not hasattr(copy, "net_")
    assert same_weights(copy.fit(X, y), model)


def test_fitting_changes_no_parameter():
    X, y = table_windows()
    model = small(training=Training(schedule="one-cycle"))
    before = repr(model.get_params())
    assert repr(model.fit(X, y).get_params()) == before
