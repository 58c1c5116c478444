"""The ensemble over seeds: what its members are, and what it makes of them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from stforecast.estimators import LSTMForecaster, SeedEnsemble, Training
from stforecast.windows import Crop, make_windows

tiny = partial(LSTMForecaster, 4, max_epochs=2, baseline=None, device="cpu")
LEARNS = LSTMForecaster(
    16,
    baseline=None,
    lr=0.03,
    max_epochs=25,
    batch_size=16,
    training=Training(validation_fraction=0),
)


@pytest.fixture
def waves():
    return make_windows(np.sin(np.arange(120) / 5), lookback=12, horizon=2)


@pytest.mark.checks
@pytest.mark.parametrize("inner", [LEARNS, Ridge()], ids=["lstm", "ridge"])
def test_every_check_of_scikit_learn_passes_and_none_is_skipped(inner) -> None:
    checks = check_estimator(SeedEnsemble(inner, 2, random_state=0), on_skip=None, on_fail=None)
    failed = [(c["check_name"], c["exception"]) for c in checks if c["status"] != "passed"]
    assert failed == []
    assert len(checks) >= 40


def test_it_predicts_the_mean_of_members_that_differ(waves) -> None:
    X, y = waves
    model = SeedEnsemble(tiny(), 3, random_state=0).fit(X, y)
    members = [member.predict(X) for member in model.estimators_]
    assert len(members) == 3
    assert np.abs(members[0] - members[1]).max() > 1e-3
    assert_allclose(model.predict(X), sum(members) / 3)


def test_an_integer_repeats_it_and_another_does_not(waves) -> None:
    X, y = waves
    first, again, other = (
        SeedEnsemble(tiny(), 2, random_state=seed).fit(X, y).predict(X) for seed in (0, 0, 1)
    )
    assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_more_members_keep_the_first_ones(waves) -> None:
    X, y = waves
    few, more = (SeedEnsemble(tiny(), n, random_state=0).fit(X, y) for n in (1, 3))
    assert_array_equal(few.predict(X), more.estimators_[0].predict(X))


def test_the_seeds_inside_a_pipeline_are_set_and_the_estimator_left_alone(waves) -> None:
    X, y = waves
    pipeline = make_pipeline(Crop(8), tiny(random_state=7))
    model = SeedEnsemble(pipeline, 2, random_state=0).fit(X, y)
    seeds = {member[-1].random_state for member in model.estimators_}
    assert len(seeds) == 2
    assert 7 not in seeds
    assert pipeline[-1].random_state == 7
    assert not hasattr(pipeline[-1], "net_")


def test_processes_give_the_same_forecasts(waves) -> None:
    X, y = waves
    one, two = (
        SeedEnsemble(Ridge(solver="sag"), 2, n_jobs=n, random_state=0)
        .fit(np.asarray(X)[..., 0], y)
        .predict(np.asarray(X)[..., 0])
        for n in (1, 2)
    )
    assert_allclose(one, two)


def test_a_search_reaches_inside(waves) -> None:
    X, y = waves
    search = GridSearchCV(
        SeedEnsemble(tiny(), 2, random_state=0), {"estimator__hidden_channels": [2, 3]}, cv=2
    )
    assert search.fit(X, y).best_estimator_.estimators_[0].hidden_channels in {2, 3}


def test_an_estimator_without_a_seed_is_refused(waves) -> None:
    with pytest.raises(ValueError, match=r"needs an estimator with a random_state.*Use the"):
        SeedEnsemble(LinearRegression()).fit(*waves)


def test_a_classifier_is_refused(waves) -> None:
    with pytest.raises(TypeError, match=r"Classes cannot be averaged.*VotingClassifier"):
        SeedEnsemble(LogisticRegression()).fit(*waves)


def test_no_members_are_refused(waves) -> None:
    with pytest.raises(ValueError, match="n_estimators must be an integer of at least 1, got 0"):
        SeedEnsemble(tiny(), 0).fit(*waves)
