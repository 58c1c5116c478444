"""Every argument of every public network is used as it is meant, or refused by its name."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch

from stforecast import nn
from stforecast.exceptions import ParameterError

ODD = (0, -1, 2.5, "a", None, float("nan"), True, [], np.int64(1), int)
# what a network cannot be built without, by the name of the argument
NEEDED: dict[str, Any] = {
    "in_channels": 4,
    "hidden_channels": 4,
    "out_channels": 4,
    "channels": 4,
    "in_features": 2,
    "features": 4,
    "cnn_features": 2,
    "lstm_features": 2,
    "outputs": 3,
    "horizon": 2,
    "frames": 2,
    "kernel_size": 3,
    "grid": (2, 2),
    "cnn": torch.nn.Identity(),
    "lstm": nn.LSTM(2, 2),
    "fusion": nn.LateFusion(2, 2),
}
OWN: dict[str, dict[str, Any]] = {
    "ConvBlock": {"kernel_size": (1, 1)},
    "ResidualBlock": {"kernel_size": (1, 1)},
    "FrameCNN": {"channels": (2,)},
    "VolumeCNN": {"channels": (2,)},
    "EarlyFusion": {
        "backbone": nn.ParallelCNNLSTM(*(NEEDED[k] for k in ("cnn", "lstm", "fusion")))
    },
    "ForecastNet": {"backbone": nn.LSTM(2, 2), "head": nn.DenseHead(2, 1)},
}
# named by an error that says which base to derive from
BASES = {"backbone", "head"}
KINDS = [
    getattr(nn, name)
    for name in nn.__all__
    if inspect.isclass(getattr(nn, name)) and name not in {"Backbone", "Head"}
]


def arguments(kind: type) -> dict[str, Any]:
    parameters = inspect.signature(kind).parameters.values()
    return {one.name: one.default for one in parameters}


def built(kind: type, **given: Any) -> torch.nn.Module:
    own = {**NEEDED, **OWN.get(kind.__name__, {})}
    needed = {
        name: own[name]
        for name, default in arguments(kind).items()
        if default is inspect.Parameter.empty or name == "grid"
    }
    return kind(**{**needed, **given})


def table(kind: type) -> dict[str, Any]:
    return getattr(kind.__init__, "constraints", {})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_network_says_what_each_of_its_arguments_may_be(kind: type) -> None:
    assert set(table(kind)) == set(arguments(kind)) - BASES
    for name, default in arguments(kind).items():
        if name not in BASES and default is not inspect.Parameter.empty:
            table(kind)[name].check(name, default)  # defaults are not checked when it is built
    built(kind)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in KINDS for name in arguments(kind)],
    ids=lambda one: one if isinstance(one, str) else one.__name__,
)
def test_an_odd_argument_is_admitted_or_refused_by_name(kind: type, name: str) -> None:
    for value in ODD:
        admitted = name not in BASES and table(kind)[name].admits(value)
        try:
            built(kind, **{name: value})
        except (ValueError, TypeError) as error:
            text = str(error)
            assert name in text
        else:
            assert admitted, f"{name}={value!r} is not checked"


def test_arguments_by_place_are_checked_as_well() -> None:
    with pytest.raises(ParameterError, match="hidden_channels must be an integer of at least 1"):
        nn.ConvLSTM(1, 0)
    with pytest.raises(TypeError, match="positional argument"):
        nn.ConvLSTM(1, 2, 3, 4)


def test_a_network_shows_the_arguments_that_it_takes() -> None:
    assert list(inspect.signature(nn.SqueezeExcite).parameters) == ["channels", "reduction"]
