"""Whole series of a panel are held back, where they are to be forecast from their first row on."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline

from stforecast import Crop, LSTMForecaster, SeriesForecaster
from stforecast.estimators import RelativeForecaster, SeedEnsemble, Training
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.windows import Windows

LIVES = {"a": 40, "b": 60, "c": 50, "d": 90, "e": 45, "f": 70}


def wear(rows: int, seed: int) -> pd.DataFrame:
    """Vibration of a machine that ages slowly at first, then fast, over a life of `rows` days."""
    age = np.linspace(0, 1, rows)
    noise = np.random.default_rng(seed).normal(scale=0.02, size=rows)
    return pd.DataFrame({"vibration": 1 + 4 * age**4 + noise})


MACHINES = pd.concat(
    {name: wear(rows, seed) for seed, (name, rows) in enumerate(LIVES.items())},
    names=["machine", "day"],
)


class Noter(Ridge):
    """Ridge regression that notes the windows and groups that it is fitted on."""

    seen: ClassVar[dict[str, Any]] = {}

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        Noter.seen = {"X": X, "groups": groups}
        return super().fit(np.asarray(X).reshape(len(X), -1), y)

    def predict(self, X: Any) -> np.ndarray:
        return super().predict(np.asarray(X).reshape(len(X), -1))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def machines_of(X: Windows) -> np.ndarray:
    return np.asarray(X.origins.get_level_values("machine"))


def forecaster(estimator: Any = None, **parameters: Any) -> SeriesForecaster:
    parameters = {"lookback": 6, "horizon": 3, **parameters}
    return SeriesForecaster(Noter() if estimator is None else estimator, **parameters)


@pytest.mark.parametrize(
    "groups",
    [
        {"a": 0, "b": 1, "c": 1, "d": 2, "e": 0, "f": 2},
        pd.Series([2, 2, 1, 1, 0, 0], list("fdcbea")),
        [0, 1, 1, 2, 0, 2],
        pd.Series([0, 1, 1, 2, 0, 2]),
    ],
    ids=["mapping", "Series in another order", "list", "numbered Series"],
)
@pytest.mark.parametrize("calibration", [0, 5])
def test_each_window_has_the_group_of_its_series(groups: Any, calibration: int) -> None:
    forecaster(calibration=calibration).fit(MACHINES, groups=groups)
    of_machine = dict(zip("abcdef", [0, 1, 1, 2, 0, 2], strict=True))
    expected = [of_machine[one] for one in machines_of(Noter.seen["X"])]
    assert Noter.seen["groups"].tolist() == expected


def test_each_series_may_be_a_group_of_its_own() -> None:
    forecaster().fit(MACHINES, groups="series")
    seen = Noter.seen
    pairs = set(zip(machines_of(seen["X"]), seen["groups"].tolist(), strict=True))
    assert len(pairs) == len(LIVES)
    series = [MACHINES.loc[name] for name in LIVES]
    forecaster().fit(series, groups="series")
    assert len(np.unique(Noter.seen["groups"])) == len(LIVES)


def test_without_groups_the_estimator_hears_of_none() -> None:
    forecaster().fit(MACHINES)
    assert Noter.seen["groups"] is None


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: one,
        lambda one: make_pipeline(Crop(5), one),
        lambda one: make_pipeline(Crop(5), make_pipeline(Crop(4), one)),
        RelativeForecaster,
        lambda one: RelativeForecaster(make_pipeline(Crop(5), one)),
    ],
    ids=["alone", "pipeline", "pipeline in a pipeline", "relative", "relative pipeline"],
)
def test_groups_pass_through_what_stands_around_an_estimator(wrap: Any) -> None:
    model = forecaster(wrap(Noter())).fit(MACHINES, groups="series")
    assert len(np.unique(Noter.seen["groups"])) == len(LIVES)
    assert len(model.forecast()) == 3 * len(LIVES)


def test_a_search_splits_by_the_groups() -> None:
    search = GridSearchCV(Noter(), {"alpha": [0.1, 1.0]}, cv=GroupKFold(3), refit=True)
    model = forecaster(search).fit(MACHINES, groups="series")
    assert model.estimator_.n_splits_ == 3
    with pytest.raises(ValueError, match="groups"):
        forecaster(search).fit(MACHINES)


def ends_of_lives(**how: Any) -> float:
    """Return the error at the end of lives that a network has not seen."""
    network = LSTMForecaster(
        8,
        baseline=None,
        max_epochs=40,
        lr=0.01,
        training=Training(refit=False, validation_fraction=0.3),
        random_state=0,
        device="cpu",
    )
    model = forecaster(network).fit(MACHINES, **how)
    unseen = pd.concat({"new": wear(65, 9)}, names=["machine", "day"])
    forecasts, truth = model.paired_forecasts(unseen)
    return float(np.abs(forecasts - truth)[-15:].mean())


def test_ends_of_lives_are_learned_where_whole_machines_are_held_back() -> None:
    whole, ends = ends_of_lives(groups="series"), ends_of_lives()
    assert whole < 0.5 * ends


def test_an_ensemble_holds_back_whole_machines_in_every_member() -> None:
    network = LSTMForecaster(2, baseline=None, max_epochs=1, device="cpu")
    ensemble = SeedEnsemble(network, 2, random_state=0)
    model = forecaster(ensemble).fit(MACHINES, groups="series")
    assert all("valid_loss" in one.history_ for one in model.estimator_.estimators_)


@pytest.mark.parametrize(
    ("groups", "match"),
    [
        ({"a": 0, "b": 1}, "must name the group of each series, but lacks 'c'. Add it"),
        ([0, 1], r"'series', or hold one entry for each of the 6 series, got shape \(2,\)"),
        ("machine", r"'series', or hold one entry for each of the 6 series, got shape \(\)"),
    ],
)
def test_groups_that_fit_no_series_are_an_error(groups: Any, match: str) -> None:
    with pytest.raises(ShapeError, match=match):
        forecaster().fit(MACHINES, groups=groups)


def test_groups_need_a_panel() -> None:
    with pytest.raises(ShapeError, match="whole series of a panel, but this is one series"):
        forecaster().fit(MACHINES.loc["a"], groups="series")


def test_groups_need_an_estimator_that_takes_them() -> None:
    for estimator in (Ridge(), RelativeForecaster(Ridge())):
        with pytest.raises(ValueError, match=r"does not take it\. Leave groups out"):
            forecaster(estimator).fit(MACHINES, groups="series")


def test_a_number_of_groups_must_leave_one_to_train_on() -> None:
    network = LSTMForecaster(2, max_epochs=1, training=Training(validation_fraction=6))
    with pytest.raises(ParameterError, match="=6 must leave a group to train on, but there are 6"):
        forecaster(network).fit(MACHINES, groups="series")
