"""Every parameter of every public class is used as it is meant, or refused by its name.

A new class is found by its room's ``__all__``, its parameters by its constructor. What a part is a
part of is read from the tables. Values that a table admits have to fit, on data that take moments.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stforecast._constraints import (
    SEED,
    DuckTypes,
    Flags,
    Instances,
    Integers,
    Labels,
    Mappings,
    Numbers,
    Options,
    Part,
    Regressors,
    Sequences,
    ShortNames,
    Sizes,
)
from stforecast._parameters import check_parameters, class_constraints
from stforecast.estimators import (
    CNNLSTMForecaster,
    CNNLSTMLayers,
    Compute,
    ConvLSTMForecaster,
    Decoder,
    DenseDecoder,
    DeseasonalizedForecaster,
    LSTMForecaster,
    ParallelCNNLSTMForecaster,
    ParallelLayers,
    ProbabilityMatchedForecaster,
    QuantileDecoder,
    RolloutDecoder,
    SeedEnsemble,
    SqueezeExciteAttention,
    StepDecoder,
    Training,
)
from stforecast.estimators._network import NetEstimator
from stforecast.exceptions import ParameterError
from stforecast.model_selection import InterruptibleGridSearchCV
from stforecast.series import SeriesForecaster
from stforecast.windows import FoldTime, make_windows

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
        for name, constraint in class_constraints(owner).items()
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
    if kind in (DeseasonalizedForecaster, ProbabilityMatchedForecaster):
        return {"regressor": Ridge()}
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
    return np.random.default_rng(0).uniform(0.1, 0.9, size=(24, 1, 3, 3))


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
    constraint = class_constraints(kind)[name]
    parts = [one for one in constraint.stand_ins.values() if one is not None]
    default = parameters(kind)[name]
    usual = Ridge if default is inspect.Parameter.empty else type(default)
    yield parts[0] if parts else usual


def is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default


@pytest.mark.parametrize("kind", configured(), ids=lambda kind: kind.__name__)
def test_a_class_says_what_each_of_its_parameters_may_be(kind: type) -> None:
    assert set(class_constraints(kind)) == set(parameters(kind))
    for name, default in parameters(kind).items():
        if default is not inspect.Parameter.empty:
            class_constraints(kind)[name].check(name, default)  # a fit does not check defaults


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
        refused = not class_constraints(kind)[name].admits(value)
        try:
            fit(estimator)
        except (ValueError, TypeError) as error:
            text = str(error)
            assert (f"{path}{name}" if refused else name) in text
            assert "\n" not in text
            assert text.count(". ") < 3
        else:
            assert not refused, f"{path}{name}={value!r} is not checked"


@pytest.mark.parametrize(
    ("estimator", "text"),
    [
        (LSTMForecaster(decoder=DenseDecoder(0)), r"^decoder__hidden must be an integer of at lea"),
        (LSTMForecaster(decoder=StepDecoder(0)), r"^decoder__hidden must be an integer of at lea"),
        (
            LSTMForecaster(decoder=QuantileDecoder(0.1)),
            r"^decoder__quantiles must be a sequence of numbers that rise within \(0, 1\)",
        ),
        (
            LSTMForecaster(decoder=QuantileDecoder(decoder=DenseDecoder(2.5))),
            r"^decoder__decoder__hidden must be an integer of at least 1 or None, got 2.5\.$",
        ),
        (
            ConvLSTMForecaster(decoder=RolloutDecoder(sampling_epochs=3)),
            r"^decoder__sampling_epochs must be None .*got 3\. Set decoder__teacher_forcing above",
        ),
        (
            CNNLSTMForecaster(layers=CNNLSTMLayers(attention=SqueezeExciteAttention)),
            r"^layers__attention must be .*Pass an object: SqueezeExciteAttention\(\)\.$",
        ),
        (
            CNNLSTMForecaster(layers=CNNLSTMLayers),
            r"^layers must be a CNNLSTMLayers or None, .* Pass an object: CNNLSTMLayers\(\)\.$",
        ),
        (
            CNNLSTMForecaster(layers=CNNLSTMLayers(pooling="foo")),
            r"^layers__pooling must be 'flatten', 'average' or None, got 'foo'\.$",
        ),
        (
            CNNLSTMForecaster(layers=CNNLSTMLayers(pool_size="a")),
            r"^layers__pool_size must be an integer of at least 1, or 2 or 3 of them",
        ),
        (
            CNNLSTMForecaster(layers=CNNLSTMLayers(pool_size=(2, 2, 2))),
            r"^layers__pool_size must be an integer, or 2 of them with convolution='frame', got",
        ),
        (
            ParallelCNNLSTMForecaster(kernel_size=(3, 3)),
            r"^kernel_size must be an integer, or 3 of them with convolution='volume', got",
        ),
        (
            ParallelCNNLSTMForecaster(layers=ParallelLayers(branches=CNNLSTMLayers(reduce=0))),
            r"^layers__branches__reduce must be an integer of at least 1 or None, got 0\.$",
        ),
        (
            CNNLSTMForecaster(layers=CNNLSTMLayers(lstm_activation="than")),
            r"^layers__lstm_activation must be .*, got 'than'\. Did you mean 'tanh'\?$",
        ),
        (
            SeedEnsemble(LogisticRegression()),
            r"^estimator must be .*Classes cannot be averaged. Use sklearn's VotingClassifier",
        ),
        (
            SeriesForecaster(
                make_pipeline(
                    FoldTime(), LSTMForecaster(training=Training(compute=Compute(pieces=0)))
                ),
                lookback=2,
            ),
            r"^estimator__lstmforecaster__training__compute__pieces must be an integer",
        ),
        (
            SeriesForecaster(make_pipeline(FoldTime(width=0), Ridge()), lookback=2),
            "^estimator__foldtime__width must be an integer of at least 1, got 0",
        ),
    ],
    ids=lambda one: None if isinstance(one, str) else type(one).__name__,
)
def test_an_error_names_the_path_of_a_parameter_and_what_to_do(estimator: Any, text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        fit(estimator)


def test_what_a_search_tries_is_checked_when_it_is_tried() -> None:
    sampling = ConvLSTMForecaster(decoder=RolloutDecoder(sampling_epochs=3), **QUICK)
    search = GridSearchCV(sampling, {"decoder__teacher_forcing": [0.5, 1.0]})
    check_parameters(SeriesForecaster(search, lookback=2))


def test_a_subclass_adds_to_the_table() -> None:
    class Doubled(LSTMForecaster):
        _constraints: ClassVar[dict[str, Any]] = {
            "times": Integers(1),
            "hidden_channels": Integers(9),
        }
        times = 0

    with pytest.raises(ParameterError, match="hidden_channels must be an integer of at least 9"):
        check_parameters(Doubled(4))
    with pytest.raises(ParameterError, match="times must be an integer of at least 1, got 0"):
        check_parameters(Doubled(9))


class Quacking:
    def fit(self) -> None: ...


@pytest.mark.parametrize(
    ("constraint", "admitted", "refused", "rule"),
    [
        (Flags(), (True, np.False_), (0, None, "yes"), "True or False"),
        (Integers(2), (2, np.int8(3)), (1, 2.0, True), "an integer of at least 2"),
        (Integers(high=-1), (-1,), (0,), "an integer of at most -1"),
        (Integers(0, 3), (0, 3), (-1, 4), "an integer from 0 to 3"),
        (Integers(), (-5,), (1.5,), "an integer"),
        (Numbers(0), (0, np.float32(2)), (-1e-9, float("inf"), True), "a number of at least 0"),
        (Numbers(0, closed="neither"), (1e-9,), (0.0, float("nan")), "a number above 0"),
        (Numbers(float("-inf"), 2), (2, -1e9), (2.1, float("-inf")), "a number of at most 2"),
        (Numbers(float("-inf"), 2, closed="left"), (1.9,), (2,), "a number below 2"),
        (Numbers(float("-inf")), (-1e9, 1e9), (float("-inf"), "0"), "a finite number"),
        (Numbers(0, 0.5), (0, 0.5), (0.6, "0"), r"a number in \[0, 0.5\]"),
        (Numbers(0, 1, closed="left"), (0,), (1,), r"a number in \[0, 1\)"),
        (Numbers(0, 1, closed="right"), (1,), (0,), r"a number in \(0, 1\]"),
        (Sizes((2,)), (1, (1, 2), [3, 4]), (0, (1,), (1, 0), "12"), "or 2 of them, one for each"),
        (Options("a", "b", "c"), ("b",), ("d", 1, ["a"]), "'a', 'b' or 'c'"),
        (Integers(1) | None, (1, None), (0,), "an integer of at least 1 or None"),
        (Options("on") | Flags(), ("on", True), ("off",), "'on', True or False"),
        (Part(Compute), (Compute(),), (Compute, None), "a Compute"),
        (Part(Training, Compute), (Training(),), ("x",), "a Training or a Compute"),
        (ShortNames({"it": Compute}), ("it",), ("at", Compute()), "'it'"),
        (Instances("a name", (str,)), ("x",), (str, 1), "a name"),
        (DuckTypes("a duck", ("fit",)), (Quacking(),), (Quacking, 1), "a duck"),
        (Mappings(Numbers(0)), ({}, {"a": 1}), ({"a": -1}, 1), "a dict"),
        (
            Sequences(Integers(1), "counts"),
            ((1, 2), [3], np.array([1])),
            ((), 1, "12", (0,), np.ones((1, 1), int)),
            "one or more counts",
        ),
        (Labels(), ("a", 0, ("a", 1)), (None, float("nan"), [1], str), "the name of a column"),
        (Regressors(), (Ridge(),), (LogisticRegression(), Ridge, StandardScaler()), "a scikit-le"),
        (
            SEED,
            (0, None, np.random.RandomState(0)),
            (-1, 2**32, "a"),
            "a numpy RandomState or None",
        ),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_a_constraint_admits_and_how_it_says_so(
    constraint: Any, admitted: tuple[Any, ...], refused: tuple[Any, ...], rule: str
) -> None:
    for value in admitted:
        constraint.check("name", value)
    for value in refused:
        with pytest.raises(ParameterError, match=f"^name must be .*{rule}.*, got "):
            constraint.check("name", value)


def test_a_value_that_shows_in_many_lines_is_shown_in_one() -> None:
    table = pd.DataFrame({"load": np.arange(50.0)})
    with pytest.raises(ParameterError, match=r"got load 0 0\.0 1 1\.0") as error:
        Integers(1).check("lookback", table)
    assert "\n" not in str(error.value)


def test_an_error_is_one_of_values_and_one_of_types() -> None:
    for kind in (ValueError, TypeError):
        with pytest.raises(kind, match="horizon must be an integer of at least 1, got 'a'"):
            Integers(1).check("horizon", "a")


@pytest.mark.parametrize(("value", "meant"), [("climatolgy", "'climatology'"), ("elman", None)])
def test_only_a_slip_of_the_pen_brings_a_suggestion(value, meant):
    with pytest.raises(ParameterError) as caught:
        Options("plain", "climatology").check("cell", value)
    assert ("Did you mean" in str(caught.value)) == (meant is not None)
    assert meant is None or meant in str(caught.value)
