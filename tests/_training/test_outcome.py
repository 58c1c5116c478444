"""A fit that has come to nothing, or not yet to its end, says so."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.pipeline import make_pipeline

from stforecast import Crop, SeedEnsemble, make_windows
from stforecast.estimators import LSTMClassifier, QuantileDecoder, Training
from stforecast.exceptions import DivergedError
from tests.estimators.data import ALL_SAMPLES, FORECASTERS, noise, small, table_windows

UNFINISHED = r"least after the last of max_epochs=3 epochs, .* Raise max_epochs or lr\."


@pytest.fixture
def wave():
    """A series that three epochs do not learn."""
    return make_windows(np.sin(np.arange(120) / 5), lookback=8, horizon=2)


def test_a_fit_that_was_still_improving_warns(wave):
    with pytest.warns(ConvergenceWarning, match=UNFINISHED):
        small(max_epochs=3).fit(*wave)


def test_the_warning_names_the_line_that_fits(wave):
    X, y = wave
    classifier = LSTMClassifier(4, lr=0.01, max_epochs=3, device="cpu", random_state=0)
    fits = {
        "forecaster": lambda: small(max_epochs=3).fit(X, y),
        "pipeline": lambda: make_pipeline(Crop(8), small(max_epochs=3)).fit(X, y),
        "ensemble": lambda: SeedEnsemble(small(max_epochs=3), 1, random_state=0).fit(X, y),
        "classifier": lambda: classifier.fit(X, np.asarray(y)[:, 0] > 0),
    }
    for fit in fits.values():
        with pytest.warns(ConvergenceWarning) as caught:
            fit()
        assert caught[0].filename == __file__


@pytest.mark.parametrize("training", [ALL_SAMPLES, Training(schedule="cosine")])
def test_a_fit_that_ends_by_design_does_not_warn(wave, training):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(max_epochs=3, training=training).fit(*wave)


def test_a_fit_that_stopped_early_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(lr=0.05, max_epochs=40, training=Training(patience=4)).fit(*table_windows())


def test_further_fits_do_not_warn(wave):
    with pytest.warns(ConvergenceWarning):
        model = small(max_epochs=3).fit(*wave)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.partial_fit(*wave)


def test_training_that_diverges_without_nan_is_an_error():
    X, y = table_windows()
    model = small(lr=1e6, max_epochs=5)
    with pytest.raises(DivergedError, match=r"loss of the network is .*e\+.*, and .* Lower lr"):
        model.fit(X, y)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        model.predict(X)


@pytest.mark.parametrize("kind", FORECASTERS)
@pytest.mark.parametrize("training", [None, ALL_SAMPLES])
def test_it_is_so_for_every_network(kind, training):
    with pytest.raises(DivergedError, match=r"diverged|became"):
        small(kind, lr=1e8, max_epochs=3, training=training).fit(*table_windows())


@pytest.mark.parametrize("lr", [1e8, 1e20, 1e38])
@pytest.mark.parametrize("baseline", ["ridge", "persistence"])
def test_a_network_on_a_baseline_diverges_and_does_not_blame_the_data(lr, baseline):
    model = small(lr=lr, max_epochs=3, baseline=baseline)
    with pytest.raises(DivergedError, match=r"(diverged|became).*Lower lr"):
        model.fit(*table_windows())


def test_a_decoder_of_quantiles_diverges_alike():
    with pytest.raises(DivergedError, match="Training has diverged"):
        small(lr=1e8, max_epochs=3, decoder=QuantileDecoder((0.1, 0.5, 0.9))).fit(*table_windows())


def test_a_classifier_diverges_alike():
    X, _ = table_windows()
    labels = np.random.default_rng(0).integers(2, size=len(X))
    with pytest.raises(DivergedError, match="Training has diverged"):
        LSTMClassifier(4, lr=1e8, max_epochs=3, device="cpu", random_state=0).fit(X, labels)


def test_a_fit_that_diverges_leaves_a_fitted_forecaster_as_it_was():
    X, y = table_windows()
    model = small().fit(X, y)
    before = model.predict(X)
    with pytest.raises(DivergedError):
        model.set_params(lr=1e6).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)


def test_held_back_values_far_from_those_before_are_no_divergence():
    growing = np.exp(np.arange(80) / 8)[:, None]  # the latest are five deviations away
    X, y = make_windows(growing, lookback=5, horizon=2)
    assert np.isfinite(small().fit(X, y).predict(X)).all()


def test_a_baseline_that_leaves_nothing_is_no_divergence():
    X, y = make_windows(np.arange(80.0), lookback=5, horizon=2)
    model = small(baseline="ridge").fit(X, y)
    np.testing.assert_allclose(model.predict(X), y)


def test_still_noise_is_no_divergence():
    values = np.r_[noise(60, 1), np.full((20, 1), 0.01)]  # what is held back hardly varies
    X, y = make_windows(values, lookback=5, horizon=2)
    assert np.isfinite(small().fit(X, y).predict(X)).all()
