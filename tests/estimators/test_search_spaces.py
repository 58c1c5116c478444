"""Search spaces: every value fits, and every kind of search takes them."""

from __future__ import annotations

from itertools import chain

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid, RandomizedSearchCV, cross_val_score

from stforecast.estimators import (
    CNNLSTMClassifier,
    CNNLSTMForecaster,
    ConvLSTMClassifier,
    ConvLSTMForecaster,
    LSTMClassifier,
    LSTMForecaster,
    ParallelCNNLSTMClassifier,
    ParallelCNNLSTMForecaster,
    optuna_distributions,
)
from tests.estimators.data import map_windows

ALL = [
    LSTMForecaster(),
    LSTMClassifier(),
    ConvLSTMForecaster(),
    ConvLSTMClassifier(),
    CNNLSTMForecaster(),
    CNNLSTMClassifier(),
    ParallelCNNLSTMForecaster(),
    ParallelCNNLSTMClassifier(),
]
QUICK = ConvLSTMForecaster(max_epochs=1, device="cpu", random_state=0)
# the usual widths take their time
FEW = {"kernel_size": [1, 3], "lr": [0.001, 0.01]}


@pytest.mark.parametrize("estimator", ALL, ids=lambda one: type(one).__name__)
def test_every_value_can_be_set(estimator) -> None:
    space = estimator.search_space()
    assert {"hidden_channels", "lr", "batch_size"} <= set(space)
    every = [ParameterGrid({name: values}) for name, values in space.items()]
    for params in chain(*every):
        chosen = clone(estimator).set_params(**params).get_params()
        assert params.items() <= chosen.items()


def test_the_ranges_are_the_usual_ones() -> None:
    space = CNNLSTMForecaster().search_space()
    assert space["kernel_size"] == [1, 3, 5, 7]
    assert space["layers__pool_size"] == [1, 2, 3]
    assert (min(space["hidden_channels"]), max(space["hidden_channels"])) == (64, 512)
    assert (min(space["lr"]), max(space["lr"])) == (0.001, 0.01)
    assert (min(space["batch_size"]), max(space["batch_size"])) == (32, 128)


@pytest.mark.parametrize("estimator", ALL, ids=lambda one: type(one).__name__)
def test_depth_is_searched_in_the_layers_of_every_network(estimator) -> None:
    place = "layers__branches__" if "Parallel" in type(estimator).__name__ else "layers__"
    assert estimator.search_space()[f"{place}num_layers"] == [1, 2, 3]


def test_changing_a_space_leaves_the_next_alone() -> None:
    LSTMForecaster().search_space()["lr"].clear()
    assert LSTMForecaster().search_space()["lr"]


@pytest.mark.parametrize(
    "search",
    [
        GridSearchCV(QUICK, FEW, cv=2),
        RandomizedSearchCV(QUICK, QUICK.search_space() | {"hidden_channels": [2]}, n_iter=2, cv=2),
    ],
    ids=["grid", "randomized"],
)
def test_searches_take_it(search) -> None:
    X, y = map_windows()
    assert np.isfinite(search.fit(X, y).cv_results_["mean_test_score"]).all()


def test_optuna_takes_it() -> None:
    X, y = map_windows()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = optuna_distributions(QUICK.search_space() | {"hidden_channels": [2, 4]})
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(2):
        trial = study.ask(space)
        model = clone(QUICK).set_params(**trial.params)
        study.tell(trial, -cross_val_score(model, X, y, cv=2).mean())
    assert set(study.best_params) == set(space)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 3, 5, 7], IntDistribution(1, 7, step=2)),
        ([64, 128, 256], IntDistribution(64, 256, log=True)),
        ([0.001, 0.01], FloatDistribution(0.001, 0.01, log=True)),
        (["late", "early"], CategoricalDistribution(["late", "early"])),
        ([True, False], CategoricalDistribution([True, False])),
        ([0, 1], CategoricalDistribution([0, 1])),
        ([4], CategoricalDistribution([4])),
    ],
    ids=str,
)
def test_lists_become_distributions(values, expected) -> None:
    assert optuna_distributions({"name": values}) == {"name": expected}


def test_without_optuna_the_error_says_what_to_do(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(ImportError, match=r"needs the optuna package.*RandomizedSearchCV"):
        optuna_distributions({})
