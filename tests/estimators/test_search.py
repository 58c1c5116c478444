"""Searches of other kinds: successive halving, Optuna."""

from __future__ import annotations

import numpy as np
import optuna
import optuna_integration as integration
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the next import work
from sklearn.model_selection import HalvingGridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from stforecast.windows import Crop, make_windows
from tests.estimators.data import ALL_SAMPLES, small


@pytest.fixture
def wave():
    return make_windows(np.sin(np.arange(120) / 3), lookback=8, horizon=2)


def test_halving_with_epochs_as_the_resource(wave):
    X, y = wave
    pipe = make_pipeline(Crop(), small(training=ALL_SAMPLES))
    search = HalvingGridSearchCV(
        pipe,
        {"lstmforecaster__lr": [1e-6, 0.02], "crop__lookback": [2, 8]},
        resource="lstmforecaster__max_epochs",
        min_resources=3,
        max_resources=24,
        factor=2,
        cv=TimeSeriesSplit(2),
        random_state=0,
        error_score="raise",
    ).fit(X, y)
    assert search.n_resources_ == [3, 6, 12]
    assert search.n_candidates_ == [4, 2, 1]
    assert search.best_params_["lstmforecaster__lr"] == 0.02
    assert search.predict(X).shape == y.shape


@pytest.mark.filterwarnings("ignore")  # of Optuna, about Optuna
def test_optuna_searches_over_parameters_of_parts(wave):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    X, y = wave
    search = integration.OptunaSearchCV(
        small(training=ALL_SAMPLES, max_epochs=4),
        {
            "lr": optuna.distributions.FloatDistribution(1e-6, 0.1, log=True),
            "hidden_channels": optuna.distributions.IntDistribution(2, 8),
            "training__ema": optuna.distributions.CategoricalDistribution([0.0, 0.9]),
        },
        cv=TimeSeriesSplit(2),
        n_trials=6,
        random_state=0,
        error_score="raise",
    ).fit(X, y)
    assert len(search.trials_) == 6
    assert search.best_params_["lr"] > 1e-4
    assert search.predict(X).shape == y.shape
