"""Fits, refits and further fits; targets and windows of every kind."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback

from stforecast.estimators import LSTMForecaster, Training
from stforecast.exceptions import DivergedError, ShapeError
from stforecast.windows import Flatten, FoldTime, make_windows
from tests.estimators.data import (
    ALL_IN_OWN_UNITS,
    ALL_SAMPLES,
    FORECASTERS,
    OWN_UNITS,
    map_windows,
    noise,
    same_weights,
    small,
    table_windows,
    weights,
)


class Interrupt(Callback):
    def on_epoch_end(self, net, **kwargs):
        raise KeyboardInterrupt


FAILURES = {
    "parameter": ({"lr": -1}, ValueError),
    "part": ({"training": 3}, TypeError),
    "network": ({"hidden_channels": 0}, ValueError),
    "interrupt": ({"net_params": {"callbacks": [Interrupt()]}}, KeyboardInterrupt),
    "divergence": ({"training": OWN_UNITS, "lr": 1e30}, DivergedError),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_refit_that_fails_leaves_the_estimator_as_it_was(name):
    X, y = table_windows()
    model = small().fit(X, y)
    before, params = dict(vars(model)), model.get_params(deep=False)
    expected = model.predict(X)
    changes, error = FAILURES[name]
    with pytest.raises(error):
        model.set_params(**changes).fit(np.asarray(X)[:, 1:], y[:, :3] * 1e6)
    model.set_params(**params)
    assert vars(model) == before
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("name", FAILURES)
def test_a_first_fit_that_fails_leaves_nothing_that_predicts(name):
    X, y = table_windows()
    changes, error = FAILURES[name]
    model = small(**changes)
    before = dict(vars(model))
    with pytest.raises(error):
        model.fit(X, y * 1e6)
    assert vars(model) == before
    with pytest.raises(NotFittedError, match="LSTMForecaster instance is not fitted"):
        model.predict(X)


def test_a_refit_on_an_array_without_names_forgets_those_of_a_table():
    X, y = table_windows()
    lags = pd.DataFrame(np.asarray(X)[:, :, 0], columns=list("abcde"))
    model = small().fit(lags, y)
    assert model.feature_names_in_.tolist() == list("abcde")
    assert not hasattr(model.fit(X, y), "feature_names_in_")


def test_a_further_fit_that_fails_leaves_the_network_as_it_was():
    X, y = table_windows()
    model = small().fit(X, y)
    before = model.predict(X)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(net_params={"callbacks": [Interrupt()]}).partial_fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)


def test_before_a_fit_there_is_no_forecast():
    X, _ = table_windows()
    with pytest.raises(NotFittedError, match="LSTMForecaster instance is not fitted"):
        LSTMForecaster().predict(X)


# -- targets


def test_one_dimension_in_one_dimension_out():
    X, y = make_windows(noise(), lookback=5, target=0)
    flat, column = small().fit(X, y[:, 0]).predict(X), small().fit(X, y).predict(X)
    assert flat.shape == (len(X),)
    assert column.shape == (len(X), 1)
    np.testing.assert_array_equal(flat, column[:, 0])
    assert flat.dtype == np.float64


def frame_targets(X, y):
    return pd.DataFrame(y)


def list_targets(X, y):
    return y.tolist()


@pytest.mark.parametrize("kind", [frame_targets, list_targets])
def test_targets_as_tables_and_lists(kind):
    X, y = table_windows()
    np.testing.assert_array_equal(
        small().fit(X, kind(X, y)).predict(X), small().fit(X, y).predict(X)
    )


@pytest.mark.parametrize("kind", FORECASTERS)
def test_lazy_targets_are_learned_as_arrays_are(kind):
    X, y = map_windows()
    lazy, array = small(kind).fit(X, y), small(kind).fit(X, np.asarray(y))
    np.testing.assert_allclose(lazy.predict(X), array.predict(X), rtol=1e-3, atol=1e-4)
    assert lazy.shapes_.target == (1, 3, 4)


def test_integer_targets_are_numbers():
    X, y = table_windows()
    assert small().fit(X, (10 * y).astype(int)).predict(X).dtype == np.float64


def test_a_target_too_many_is_an_error():
    X, y = table_windows()
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[74, 73\]"):
        small().fit(X, y[1:])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        small().fit(np.asarray(X), y[1:])


@pytest.mark.parametrize("convert", [lambda X: X, np.asarray], ids=["windows", "array"])
def test_a_missing_target_is_an_error(convert):
    X, _ = table_windows()
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        small().fit(convert(X), None)


# -- windows


@pytest.mark.parametrize("kind", FORECASTERS)
@pytest.mark.parametrize("shape", [(40, 6), (40, 6, 2), (40, 6, 3, 4), (40, 6, 2, 3, 4)])
def test_arrays_of_every_shape(kind, shape):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=shape), rng.normal(size=(40, 3))
    assert small(kind).fit(X, y).predict(X).shape == (40, 3)


def test_arrays_give_what_their_windows_give():
    X, y = table_windows()
    model = small(training=ALL_IN_OWN_UNITS)
    lazy, array = model.fit(X, y).predict(X), model.fit(np.asarray(X), y).predict(np.asarray(X))
    np.testing.assert_allclose(array, lazy, rtol=1e-6)


@pytest.mark.parametrize("kind", FORECASTERS)
def test_other_windows_than_in_fit_are_an_error(kind):
    X, y = table_windows()
    model = small(kind).fit(X, y)
    longer, _ = table_windows(lookback=6)
    wider, _ = make_windows(noise(columns=3), lookback=5, horizon=2)
    with pytest.raises(ShapeError, match=r"windows of shape \(5, 2\) as in fit, got \(6, 2\)"):
        model.predict(longer)
    with pytest.raises(ShapeError, match=r"windows of shape \(5, 2\) as in fit, got \(5, 3\)"):
        model.predict(wider)
    with pytest.raises(ShapeError, match=r"y must have 4 columns, one for each .*, got 3"):
        model.partial_fit(X, y[:, :3])


def test_flat_windows_are_an_error_with_the_remedy():
    X, y = table_windows()
    with pytest.raises(
        ShapeError, match="Leave Flatten out before an estimator that reads windows"
    ):
        small().fit(Flatten().fit_transform(X), y)


def test_no_window_gives_no_forecast():
    X, y = table_windows()
    model = small().fit(X, y)
    assert model.predict(X[:0]).shape == (0, 4)


def test_one_window_is_enough_to_fit():
    X, y = table_windows()
    assert np.isfinite(small().fit(X[:1], y[:1]).predict(X)).all()


def test_the_forecast_in_double_precision_is_that_of_single(monkeypatch):
    X, y = table_windows()
    model = small().fit(X, y)
    double = model.predict(X)
    monkeypatch.setattr("stforecast.estimators._scaled_network.DOUBLE_VALUES", 0)
    single = model.predict(X)
    assert not np.array_equal(single, double)
    np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-5)
    assert all(value.dtype == np.float32 for value in weights(model).values())


# -- further fits


def test_a_further_fit_takes_the_present_rate_and_epochs():
    X, y = table_windows()
    model = small(max_epochs=2, training=ALL_SAMPLES).fit(X, y)
    before = weights(model)
    model.set_params(lr=1e-12, max_epochs=3).partial_fit(X, y)
    assert model.history_.index.tolist() == [1, 2, 3, 4, 5]
    assert model.net_.optimizer_.param_groups[0]["lr"] == 1e-12
    for name, value in weights(model).items():
        np.testing.assert_allclose(value, before[name], atol=1e-7)
    model.set_params(lr=0.1, max_epochs=1).partial_fit(X, y)
    assert len(model.history_) == 6
    assert not np.allclose(weights(model)[name], before[name], atol=1e-3)


def test_a_further_fit_takes_the_present_training():
    X, y = table_windows()
    model = small(training=Training(validation_fraction=0)).fit(X, y)
    model.set_params(training__weight_decay=0.5).partial_fit(X, y)
    assert model.net_.optimizer_.param_groups[0]["weight_decay"] == 0.5
    model.set_params(training__optimizer="sgd").partial_fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_a_further_fit_goes_on_with_the_optimizers_memory():
    X, y = table_windows()
    model = small(max_epochs=2, batch_size=80, training=ALL_SAMPLES)
    together = model.fit(X, y).partial_fit(X, y)
    steps = {int(state["step"]) for state in together.net_.optimizer_.state.values()}
    assert steps == {4}
    at_once = small(max_epochs=4, batch_size=80, training=ALL_SAMPLES).fit(X, y)
    np.testing.assert_allclose(together.predict(X), at_once.predict(X), rtol=1e-3, atol=1e-4)


def test_a_further_fit_keeps_the_units_of_the_first():
    X, y = table_windows()
    model = small(lr=1e-9).fit(X, y)
    before = model.predict(X)
    model.partial_fit(X, y + 1e6)
    np.testing.assert_allclose(model.predict(X), before, rtol=1e-3, atol=1e-3)


def test_a_first_partial_fit_is_a_fit():
    X, y = table_windows()
    assert same_weights(small().partial_fit(X, y), small().fit(X, y))


def test_a_fit_starts_anew_and_a_warm_one_goes_on():
    X, y = table_windows()
    model = small(training=ALL_SAMPLES).fit(X, y)
    once = weights(model)
    assert all(np.array_equal(v, once[k]) for k, v in weights(model.fit(X, y)).items())
    warm = small(training=Training(validation_fraction=0, warm_start=True))
    further = small(training=ALL_SAMPLES).fit(X, y).partial_fit(X, y)
    assert same_weights(warm.fit(X, y).fit(X, y), further)
    assert len(warm.history_) == 4


def test_callbacks_of_the_user_join_ours_and_parameters_have_the_last_word():
    X, y = table_windows()
    model = small(max_epochs=5, net_params={"callbacks": [("mine", Callback())], "max_epochs": 3})
    net = model.fit(X, y).net_
    names = [name for name, _ in net.callbacks_]
    assert "mine" in names
    assert "EarlyStopping" in names
    assert len(model.history_) == 3


def test_the_device_is_a_choice():
    X, y = table_windows()
    auto = small(device="auto").fit(X, y)
    np.testing.assert_allclose(auto.predict(X), small().fit(X, y).predict(X), rtol=1e-2, atol=1e-2)


def test_folded_windows_keep_their_horizon():
    X, y = table_windows(lookback=6)
    folded = FoldTime(width=3).fit_transform(X)
    assert small().fit(folded, y).shapes_.horizon == 2


# -- with what


def test_fitted_estimators_know_the_releases_they_were_fitted_with(monkeypatch):
    X, y = table_windows()
    model = small().fit(X, y)
    here = {"torch": torch.__version__, "numpy": np.__version__, "pandas": pd.__version__}
    assert here.items() <= model.versions_.items()
    assert {"stforecast", "python", "scikit-learn", "skorch"} <= set(model.versions_)
    assert pickle.loads(pickle.dumps(model)).versions_ == model.versions_
    monkeypatch.setattr("stforecast.estimators._network.versions", lambda: {"torch": "later"})
    assert model.partial_fit(X, y).versions_ == {"torch": "later"}
