"""When training ends, and what it ends with."""

from __future__ import annotations

import os
import pickle
import signal
import threading

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback, EarlyStopping

from stforecast.estimators import Training
from tests._training.callbacks import Break
from tests.estimators.data import same_weights, small, table_windows, weights


class Weights(Callback):
    """Remembers the weights at the end of every epoch."""

    def on_train_begin(self, net, **kwargs):
        self.epochs_ = []

    def on_epoch_end(self, net, **kwargs):
        state = net.module_.state_dict()
        self.epochs_.append({name: value.numpy().copy() for name, value in state.items()})


class CtrlC(Callback):
    """Sends this process a real interrupt at the end of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == self.epoch:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def overfits():
    """Noise: each further epoch makes the held back part worse before long."""
    X, y = table_windows()
    return small(lr=0.05, max_epochs=40, training=Training(patience=4)), X, y


def test_stops_after_patience_epochs_without_a_better_one(overfits):
    model, X, y = overfits
    valid = model.fit(X, y).history_["valid_loss"]
    assert len(valid) == valid.idxmin() + 4 < 40


def test_the_best_epoch_is_restored(overfits):
    model, X, y = overfits
    watch = Weights()
    model.set_params(net_params={"callbacks": [("weights", watch)]}).fit(X, y)
    best = model.history_["valid_loss"].idxmin()
    epochs = dict(model.net_.callbacks_)["weights"].epochs_
    assert best < len(model.history_)
    for name, value in weights(model).items():
        np.testing.assert_array_equal(value, epochs[best - 1][name])
    assert not hasattr(watch, "epochs_")  # the fit used a copy


def test_the_best_epoch_is_restored_where_the_epochs_run_out(overfits):
    model, X, y = overfits
    best = model.fit(X, y).history_["valid_loss"].idxmin()
    shorter = model.set_params(max_epochs=int(best) + 1).fit(X, y)
    assert len(shorter.history_) == best + 1
    assert same_weights(shorter, model.set_params(max_epochs=int(best)).fit(X, y))


def test_a_callback_of_the_user_stops_early_too():
    X, y = table_windows()
    stop = EarlyStopping("train_loss", patience=1, threshold=10.0, sink=str)
    model = small(max_epochs=9, net_params={"callbacks": [("stop", stop)]}).fit(X, y)
    assert len(model.history_) == 2


def test_a_real_interrupt_goes_up_and_leaves_the_network_of_the_last_fit():
    X, y = table_windows()
    model = small(max_epochs=5).fit(X, y)
    net, before = model.net_, model.predict(X)
    model.set_params(net_params={"callbacks": [("interrupt", CtrlC(2))]})
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert model.net_ is net
    np.testing.assert_array_equal(model.predict(X), before)


def test_an_interrupt_ends_a_search_and_not_one_fit():
    X, y = table_windows()
    model = small(max_epochs=5, net_params={"callbacks": [("interrupt", CtrlC(1))]})
    search = GridSearchCV(model, {"hidden_channels": [2, 3]}, cv=2)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    assert not hasattr(search, "cv_results_")


KEEP = {"keep_interrupted": True, "patience": 50}


@pytest.mark.parametrize("setting", [{}, {"ema": 0.9}, {"validation_fraction": 0, "ema": 0.9}])
def test_an_interrupt_leaves_the_best_epoch_so_far_when_asked(setting):
    X, y = table_windows()
    shape = {"lr": 0.05, "dropout": 0.3}
    whole = small(max_epochs=6, training=Training(**setting, patience=50), **shape).fit(X, y)
    model = small(max_epochs=20, training=Training(**setting, **KEEP), **shape)
    model.set_params(net_params={"callbacks": [("break", Break(7))]})
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert same_weights(model, whole)
    assert len(model.history_) == 6
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))
    assert pickle.loads(pickle.dumps(model)).predict(X).shape == y.shape


def test_an_interrupt_in_the_first_epoch_leaves_nothing():
    X, y = table_windows()
    model = small(training=Training(**KEEP), net_params={"callbacks": [("b", Break(1))]})
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert not hasattr(model, "net_")


def test_an_interrupted_further_fit_leaves_its_best_epoch_when_asked():
    X, y = table_windows()
    model = small(max_epochs=2, training=Training(**KEEP)).fit(X, y)
    first = weights(model)
    model.set_params(max_epochs=5, net_params={"callbacks": [("b", Break(3))]})
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X, y)
    assert model.history_.index.tolist() == [1, 2, 3, 4]
    assert any(not np.array_equal(first[name], value) for name, value in weights(model).items())


def test_an_interrupt_ends_a_search_also_where_the_fit_keeps_its_best():
    X, y = table_windows()
    model = small(max_epochs=5, training=Training(**KEEP))
    model.set_params(net_params={"callbacks": [("interrupt", CtrlC(2))]})
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(model, {"hidden_channels": [2, 3]}, cv=2).fit(X, y)


def test_history_has_a_row_for_each_epoch():
    X, y = table_windows()
    history = small(max_epochs=3).fit(X, y).history_
    assert history.index.tolist() == [1, 2, 3]
    assert {"train_loss", "valid_loss", "dur"} <= set(history)
    assert history["train_loss"].is_monotonic_decreasing


class Writer(Callback):
    """Writes to something that cannot be copied, as TensorBoard's callback does."""

    def __init__(self, writer):
        self.writer = writer

    def on_epoch_end(self, net, **kwargs):
        with self.writer[0]:
            self.writer.append(len(net.history))


def test_a_callback_keeps_what_cannot_be_copied():
    written = [threading.Lock()]
    small(net_params={"callbacks": [("writer", Writer(written))]}).fit(*table_windows())
    assert written[1:] == [1, 2]
