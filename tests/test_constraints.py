"""Every parameter of every public class is used as it is meant, or refused by its name.

A new class is found by its room's ``__all__``, its parameters by its constructor. What a part is a
part of is read from the tables. Values that a table admits have to fit, on data that take moments.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.linear_model import Ridge

from stforecast._constraints import Part, ShortNames, check_parameters, constraints_of
from stforecast.estimators import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    Decoder,
    LSTMForecaster,
    ParallelCNNLSTMForecaster,
)
from stforecast.estimators._network import NetEstimator
from stforecast.model_selection import InterruptibleGridSearchCV
from stforecast.series import SeriesForecaster
from stforecast.windows import make_windows

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOMS = ("windows", "model_selection", "estimators", "series", "sktime")
# scikit-learn checks its parameters; a base of decoders has none
OTHERS = {InterruptibleGridSearchCV, Decoder}
ODD = (0, -1, 2.5, "a", None, float("nan"), float("inf"), True, [], np.int64(1))
# what has parts is tried in this order: the first that can hold a part is what it is tried in
OWNERS = (ConvLSTMForecaster, CNNLSTMForecaster, ParallelCNNLSTMForecaster, SeriesForecaster)
QUICK = {"max_epochs": 1, "batch_size": 64, "device": "cpu", "random_state": 0}
SMALL = {"hidden_channels": 2, "filters": (2,), "kernel_size": 1}


def configured() -> list[type]:
    """Public classes with parameters that a user chooses."""
    rooms = [import_module(f"stforecast.{room}") for room in ROOMS]
    found = {getattr(room, name) for room in rooms for name in room.__all__}
    kinds = [one for one in found if inspect.isclass(one) and one not in OTHERS]
    chosen = [one for one in kinds if hasattr(one, "get_params") or hasattr(one, "split")]
    return sorted(chosen, key=lambda kind: kind.__name__)


def parameters(kind: type) -> dict[str, Any]:
    """Names of a class's parameters, with their defaults."""
    signature = inspect.signature(kind)
    return {name: parameter.default for name, parameter in signature.parameters.items()}


@cache
def place(kind: type) -> tuple[type, str] | None:
    """The class and its parameter that a part is a value of; None for an estimator."""
    owners = [*OWNERS, *(one for one in configured() if one not in OWNERS)]
    holds = [
        (owner, name)
        for owner in owners
        for name, constraint in constraints_of(owner).items()
        if any(_admits_part(one, kind) for one in getattr(constraint, "alternatives", [constraint]))
    ]
    return holds[0] if holds else None


def _admits_part(constraint: Any, kind: type) -> bool:
    if isinstance(constraint, ShortNames):
        return kind in constraint.parts.values()
    return isinstance(constraint, Part) and issubclass(kind, constraint.classes)


def made(kind: type, **params: Any) -> tuple[Any, str]:
    """An estimator with an object of a class, and the path of that object's parameters."""
    own = {name: value for name, value in {**SMALL, **needed(kind)}.items() if takes(kind, name)}
    part = kind(**{**own, **params})
    if place(kind) is None:
        return part, ""
    owner, name = place(kind)
    estimator, path = made(owner, **{name: part})
    return estimator, f"{path}{name}__"


def takes(kind: type, name: str) -> bool:
    return name in parameters(kind)


def needed(kind: type) -> dict[str, Any]:
    """What an object of a class cannot do without, to be quick."""
    if issubclass(kind, NetEstimator):
        return QUICK
    inner = LSTMForecaster(2, 0.5, **QUICK) if kind.__name__ in NETWORKS else Ridge()
    return {"estimator": inner, "lookback": 2, "n_estimators": 2, "n_samples": 2}


NETWORKS = {"ForecastAnomalyDetector", "MonteCarloDropout", "SeedEnsemble"}


def fit(estimator: Any) -> None:
    """Use an estimator, a transformer or a splitter as it is meant."""
    with parallel_config(backend="sequential"):
        if hasattr(estimator, "split"):
            list(estimator.split(windows()[0], None, np.arange(len(windows()[0])) % 5))
        elif isinstance(estimator, SeriesForecaster):
            estimator.fit(maps())
        elif hasattr(estimator, "predict_interval"):  # sktime's
            estimator.fit(pd.DataFrame({"load": maps()[:, 0, 0, 0]}), fh=[1])
        elif hasattr(estimator, "predict_proba"):
            estimator.fit(windows()[0], np.arange(len(windows()[0])) % 2)
        elif hasattr(estimator, "transform"):
            estimator.fit(lags())
        else:
            estimator.fit(*windows())


@cache
def maps() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(24, 1, 3, 3))


@cache
def windows() -> tuple[Any, Any]:
    """Windows of maps, and the two maps that follow each."""
    return make_windows(maps(), lookback=3, horizon=2)


@cache
def lags() -> Any:
    return make_windows(maps()[:, 0, 0, 0], lookback=4)[0]


def odd_values(kind: type, name: str) -> Iterator[Any]:
    """Values of all kinds, and the class where an object of it is meant."""
    yield from ODD
    constraint = constraints_of(kind)[name]
    parts = [one for one in constraint.stand_ins.values() if one is not None]
    default = parameters(kind)[name]
    usual = Ridge if default is inspect.Parameter.empty else type(default)
    yield parts[0] if parts else usual


def is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default


@pytest.mark.parametrize("kind", configured(), ids=lambda kind: kind.__name__)
def test_a_class_says_what_each_of_its_parameters_may_be(kind: type) -> None:
    assert set(constraints_of(kind)) == set(parameters(kind))


@pytest.mark.parametrize("kind", configured(), ids=lambda kind: kind.__name__)
def test_defaults_are_admitted_and_fit(kind: type) -> None:
    estimator, _ = made(kind)
    check_parameters(estimator)
    fit(estimator)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in configured() for name in parameters(kind)],
    ids=lambda one: one if isinstance(one, str) else one.__name__,
)
def test_an_odd_value_fits_or_is_refused_by_name(
    kind: type, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)  # a checkpoint is written there
    for value in odd_values(kind, name):
        if is_default(value, parameters(kind)[name]) or (name, value) == ("compiled", True):
            continue  # the default is fitted above, and compiling takes longer than all the rest
        estimator, path = made(kind, **{name: value})
        refused = not constraints_of(kind)[name].admits(value)
        try:
            fit(estimator)
        except (ValueError, TypeError) as error:
            text = str(error)
            assert (f"{path}{name}" if refused else name) in text
            assert "\n" not in text
            assert text.count(". ") < 3
        else:
            assert not refused, f"{path}{name}={value!r} is not checked"
