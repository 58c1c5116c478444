"""A second fit on all samples, for the epochs that the first one found."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from stforecast import make_windows
from stforecast.estimators import LSTMClassifier, SeedEnsemble, Training
from stforecast.persistence import load, save
from tests._training.callbacks import Break
from tests.estimators.data import (
    ALL_SAMPLES,
    FORECASTERS,
    noise,
    same_weights,
    small,
    table_windows,
)


class BreakLater(Break):
    """Breaks off the fit that holds nothing back."""

    def on_batch_end(self, net, **kwargs):
        if net.train_split is None:
            super().on_batch_end(net, **kwargs)


REFIT = Training(refit=True, patience=4)
ONCE = Training(refit=False, patience=4)
QUICK = {"lr": 0.05, "max_epochs": 30}


@pytest.mark.parametrize("kind", FORECASTERS)
def test_it_is_the_fit_on_all_samples_for_the_best_epochs(kind):
    X, y = table_windows()
    once = small(kind, training=ONCE, **QUICK).fit(X, y).history_
    best = int(once["valid_loss"].idxmin())
    assert best < len(once)
    model = small(kind, training=REFIT, **QUICK).fit(X, y)
    alone = small(kind, training=ALL_SAMPLES, **{**QUICK, "max_epochs": best}).fit(X, y)
    assert same_weights(model, alone)
    np.testing.assert_array_equal(model.history_["valid_loss"], once["valid_loss"][:best])


def test_what_is_held_back_is_learned_too():
    X, y = table_windows()
    poisoned = y.copy()
    poisoned[-5:] = y[-5:][::-1]  # mean and scale of all targets stay

    def change(refit):
        training = Training(refit=refit, patience=9)
        fits = [small(max_epochs=1, training=training).fit(X, one) for one in (y, poisoned)]
        assert [len(fit.history_) for fit in fits] == [1, 1]
        return np.abs(np.subtract(*(fit.predict(X) for fit in fits))).max()

    assert change(refit=False) < 1e-6
    assert change(refit=True) > 1e-4


def test_nothing_after_the_training_rows_is_seen():
    values = noise(90, 2)
    poisoned = values.copy()
    poisoned[70:] = np.nan
    fits = []
    for one in (values, poisoned):
        X, y = make_windows(pd.DataFrame(one), lookback=5, horizon=2, missing="mask")
        inside = np.flatnonzero(X.times + 2 < 70)
        fits.append(small(training=REFIT, **QUICK).fit(X[inside], y.iloc[inside]))
    assert same_weights(*fits)
    assert not same_weights(fits[1], small(training=ONCE, **QUICK).fit(X[inside], y.iloc[inside]))


def test_it_is_the_default_where_samples_are_few_and_epochs_are_not_given():
    X, y = table_windows(40)
    short = {"max_epochs": "auto", "net_params": {"max_epochs": 8}, "lr": 0.05}
    chosen = small(**short).fit(X, y)
    asked = small(**short, training=Training(refit=True)).fit(X, y)
    once = small(**short, training=Training(refit=False)).fit(X, y)
    assert same_weights(chosen, asked)
    assert not same_weights(chosen, once)


def test_epochs_that_are_given_are_one_fit():
    X, y = table_windows()
    one, other = (small(training=t, **QUICK).fit(X, y) for t in (Training(patience=4), ONCE))
    assert same_weights(one, other)


def test_it_goes_on_from_an_earlier_fit():
    X, y = table_windows()
    settings = {"warm_start": True, "patience": 4}
    warm = small(training=Training(refit=True, **settings), **QUICK).fit(X, y)
    once = deepcopy(warm).set_params(training=Training(refit=False, **settings)).fit(X, y)
    before = len(warm.history_)
    warm.fit(X, y)
    assert len(warm.history_) > before
    assert warm.history_.index.tolist() == list(range(1, len(warm.history_) + 1))
    assert len(once.history_) > before
    assert not same_weights(warm, once)


@pytest.mark.parametrize("breaks", [Break(3), BreakLater(1)])
def test_it_is_resumed_from_its_checkpoint_in_either_fit(tmp_path, breaks):
    X, y = table_windows()
    whole = small(training=REFIT, **QUICK).fit(X, y)
    assert not same_weights(whole, small(training=ONCE, **QUICK).fit(X, y))
    model = small(training=Training(refit=True, patience=4, checkpoint=tmp_path), **QUICK)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(net_params={"callbacks": [("break", breaks)]}).fit(X, y)
    model.set_params(net_params={"callbacks": [("break", Break(0))]}).fit(X, y)
    assert same_weights(model, whole)


def test_an_interrupt_of_the_second_fit_leaves_the_first_when_asked():
    X, y = table_windows()
    once = small(training=ONCE, **QUICK).fit(X, y)
    keep = Training(refit=True, patience=4, keep_interrupted=True)
    model = small(training=keep, **QUICK)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(net_params={"callbacks": [("break", BreakLater(1))]}).fit(X, y)
    assert same_weights(model, once)


def test_classifiers_and_members_of_an_ensemble_do_so_too():
    X, y = table_windows()
    labels = np.where(np.asarray(X)[:, -1, 0] > 0, "up", "down")
    settings = {"lr": 0.05, "max_epochs": 30, "device": "cpu", "random_state": 0}
    model = LSTMClassifier(4, training=REFIT, **settings).fit(X, labels)
    once = LSTMClassifier(4, training=ONCE, **settings).fit(X, labels)
    assert not same_weights(model, once)
    ensemble = SeedEnsemble(small(training=REFIT, **QUICK), 2, random_state=0).fit(X, y)
    for member in ensemble.estimators_:
        assert same_weights(member, clone(member).fit(X, y))
        assert not same_weights(member, clone(member).set_params(training=ONCE).fit(X, y))


def test_panels_and_masked_windows_do_so_too(tmp_path):
    values = noise(60, 1)
    values[10] = np.nan
    panel = [pd.DataFrame(values), pd.DataFrame(noise(40, 1, 1))]
    X, y = make_windows(panel, lookback=5, horizon=2, missing="mask")
    model = small(training=REFIT, **QUICK).fit(X, y)
    assert not same_weights(model, small(training=ONCE, **QUICK).fit(X, y))
    save(model, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(X), model.predict(X))
