"""Every parameter has an effect on the forecasts, and says which values it takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone

from stforecast.estimators import (
    CNNLSTMForecaster,
    CNNLSTMLayers,
    Compute,
    ConvLSTMForecaster,
    ConvLSTMLayers,
    DenseDecoder,
    GatewiseCell,
    LSTMForecaster,
    LSTMLayers,
    NormCell,
    ParallelCNNLSTMForecaster,
    ParallelLayers,
    PeepholeCell,
    QuantileDecoder,
    RolloutDecoder,
    SqueezeExciteAttention,
    StepDecoder,
    Training,
    TransformerAttention,
    ZoneoutCell,
)
from tests.estimators.data import ALL_SAMPLES, FORECASTERS, map_windows, small

# what every forecaster shares; a value that is not the default's of `small`
SHARED: dict[str, Any] = {
    "dropout": 0.5,
    "decoder": "step",
    "baseline": "ridge",
    "lr": 0.1,
    "max_epochs": 3,
    "batch_size": 8,
    "training": Training(validation_fraction=0, loss="mae"),
    "random_state": 1,
    "net_params": {"optimizer": torch.optim.SGD},
}
OWN: dict[type, dict[str, Any]] = {
    LSTMForecaster: {
        "hidden_channels": 9,
        "layers": LSTMLayers(num_layers=2),
    },
    ConvLSTMForecaster: {
        "hidden_channels": 5,
        "kernel_size": (1, 3),
        "layers": ConvLSTMLayers(cell="peephole"),
    },
    CNNLSTMForecaster: {
        "filters": (4, 4),
        "kernel_size": (1, 1),
        "hidden_channels": 9,
        "layers": CNNLSTMLayers(activation="tanh"),
    },
    ParallelCNNLSTMForecaster: {
        "filters": (4, 4),
        "kernel_size": 1,
        "hidden_channels": 9,
        "layers": ParallelLayers("weighted"),
    },
}
# what has no effect on forecasts: tested elsewhere
SILENT = {"device", "verbose"}

# parts: a forecaster to put each in, and values that are not the defaults
STARTED = Training(validation_fraction=0.3, patience=3)
PARTS: list[tuple[type, str, Any, dict[str, Any]]] = [
    (
        LSTMForecaster,
        "training",
        STARTED,
        {
            "loss": "huber",
            "validation_fraction": 0.2,
            "optimizer": "sgd",
            "weight_decay": 1.0,
            "gradient_clip": 0.01,
            "gradient_value_clip": 0.001,
            "schedule": "cosine",
            "warmup": 2.0,
            "ema": 0.9,
            "standardize": False,
        },
    ),
    (LSTMForecaster, "training__compute", Compute(), {"precision": "bfloat16"}),
    (
        ConvLSTMForecaster,
        "layers",
        ConvLSTMLayers(),
        {
            "cell": "norm",
            "activation": "relu",
            "dilation": (1, 2),
            "num_layers": 2,
            "bidirectional": True,
            "residual": True,
        },
    ),
    (
        LSTMForecaster,
        "layers",
        LSTMLayers(),
        {"num_layers": 2, "bidirectional": True, "residual": True, "cell": "gru"},
    ),
    (
        CNNLSTMForecaster,
        "layers",
        CNNLSTMLayers(),
        {
            "convolution": "volume",
            "block": "residual",
            "pool_size": 2,
            "batch_norm": True,
            "reduce": 2,
            "activation": "elu",
            "pooling": "average",
            "attention": "squeeze_excite",
            "num_layers": 2,
            "lstm_dropout": 0.5,
            "lstm_activation": "relu",
            "bidirectional": True,
            "residual": True,
            "cell": "rnn",
        },
    ),
    (
        ConvLSTMForecaster,
        "decoder",
        DenseDecoder(),
        {"hidden": 8, "pooling": "average", "dropout": 0.5},
    ),
    (
        ConvLSTMForecaster,
        "decoder",
        StepDecoder(),
        {"hidden": 8, "pooling": "average", "dropout": 0.5},
    ),
    (
        ConvLSTMForecaster,
        "decoder",
        QuantileDecoder(),
        {"quantiles": (0.4, 0.5, 0.6), "decoder": "step"},
    ),
    (
        ConvLSTMForecaster,
        "decoder",
        RolloutDecoder(teacher_forcing=0.9),
        {"kernel_size": 1, "teacher_forcing": 0.1, "sampling_epochs": 2, "cell": "peephole"},
    ),
    (ConvLSTMForecaster, "layers__cell", PeepholeCell(), {"per_cell": True}),
    (ConvLSTMForecaster, "layers__cell", NormCell(), {"groups": 2}),
    (
        ConvLSTMForecaster,
        "layers__cell",
        ZoneoutCell(),
        {"hidden_rate": 0.5, "memory_rate": 0.5},
    ),
    (ConvLSTMForecaster, "layers__cell", GatewiseCell(), {"gates": "fg"}),
    (
        CNNLSTMForecaster,
        "layers__attention",
        SqueezeExciteAttention(),
        {"reduction": 1},
    ),
    (
        CNNLSTMForecaster,
        "layers__attention",
        TransformerAttention(),
        {"heads": 1, "hidden": 5, "dropout": 0.5},
    ),
    (
        ParallelCNNLSTMForecaster,
        "layers",
        ParallelLayers(),
        {"fusion": "weighted", "branches": CNNLSTMLayers(activation="tanh", pooling="average")},
    ),
]
# of the parts, what has no effect on these forecasts: tested elsewhere
# what augmentation changes is shown beside the other layers, in test_layers_parts
PARTS_SILENT = {
    "augmentation",
    "patience",
    "table",
    "warm_start",
    "checkpoint",
    "deterministic",
    "distributed",
    "keep_interrupted",
    "refit",
    "threads",
    "compute",
    "pieces",
    "compiled",
    "embedding",  # of static features, without which it is refused: tests/series/test_categories.py
}


def forecasts(model: Any) -> np.ndarray:
    X, y = map_windows()
    return model.fit(X, y).predict(X)


def differ(one: Any, other: Any) -> bool:
    return not np.allclose(forecasts(one), forecasts(other), rtol=1e-5, atol=1e-5)


CASES = [(kind, name) for kind in FORECASTERS for name in {**SHARED, **OWN[kind]}]


@pytest.mark.parametrize("kind", FORECASTERS)
def test_no_parameter_is_left_out(kind):
    assert set(kind().get_params(deep=False)) == {*SHARED, *OWN[kind], *SILENT}


@pytest.mark.parametrize("kind", FORECASTERS)
def test_no_more_than_fifteen_parameters(kind):
    assert len(kind().get_params(deep=False)) <= 15


@pytest.mark.parametrize("kind", FORECASTERS)
def test_the_same_parameters_give_the_same_forecasts(kind):
    assert not differ(small(kind), small(kind))


@pytest.mark.parametrize(("kind", "name"), CASES, ids=lambda one: getattr(one, "__name__", one))
def test_each_parameter_changes_the_forecasts(kind, name):
    model = small(kind, training=ALL_SAMPLES)
    value = {**SHARED, **OWN[kind]}[name]
    assert differ(model, clone(model).set_params(**{name: value}))


@pytest.mark.parametrize("case", PARTS, ids=lambda case: type(case[2]).__name__)
def test_no_parameter_of_a_part_is_left_out(case):
    _, _, part, values = case
    assert set(part.get_params(deep=False)) - PARTS_SILENT == set(values) - PARTS_SILENT


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in PARTS for name in case[3]],
    ids=lambda one: type(one[2]).__name__ if isinstance(one, tuple) else one,
)
def test_each_parameter_of_a_part_changes_the_forecasts(case, name):
    kind, place, part, values = case
    nested = {"training": clone(STARTED)}
    if kind is ConvLSTMForecaster:
        nested["kernel_size"] = 3
    if place.startswith("layers__"):
        nested["layers"] = CNNLSTMLayers() if kind is CNNLSTMForecaster else ConvLSTMLayers()
    model = small(kind, max_epochs=12, lr=0.02, **nested).set_params(**{place: part})
    assert differ(model, clone(model).set_params(**{f"{place}__{name}": values[name]}))


BAD = [
    ("lr", 0.0, "lr must be a number above 0, got 0.0"),
    ("lr", "fast", r"lr must be a number"),
    ("lr", float("inf"), "lr must be a number above 0, got inf"),
    ("max_epochs", 0, "max_epochs must be an integer of at least 1 or .auto., got 0"),
    ("max_epochs", 2.5, "max_epochs must be an integer"),
    ("batch_size", -1, "batch_size must be an integer of at least 1 or .auto., got -1"),
    ("hidden_channels", 0, "hidden_channels must be an integer of at least 1, got 0"),
    ("dropout", 1.5, r"dropout must be a number in \[0, 1\), got 1.5"),
    ("dropout", 1.0, r"dropout must be a number in \[0, 1\), got 1.0"),
    ("baseline", "river", "baseline must be 'auto', 'ridge', 'stencil', .*got 'river'"),
    ("baseline", 3, "baseline must be 'auto'.* a scikit-learn regressor.* or None, got 3"),
    ("device", "abacus", "device must be 'auto' or a device of this machine, got 'abacus'"),
    (
        "random_state",
        "seed",
        "random_state must be an integer from 0 to .* a numpy RandomState or None, got 'seed'",
    ),
    (
        "decoder",
        "sparse",
        "decoder must be 'auto', 'dense', 'rollout', 'step' or a Decoder, got 'sparse'",
    ),
    (
        "device",
        None,
        "device must be 'auto', the name of a torch device or a torch.device, got None",
    ),
    ("training", "long", "training must be a Training or None, got 'long'"),
    ("verbose", "loud", "verbose must be an integer of at least 0, True or False, got 'loud'"),
    ("net_params", 3, "net_params must be a dict or None, got 3"),
]
BAD_OWN = [
    (
        LSTMForecaster,
        "layers",
        LSTMLayers(num_layers=0),
        "num_layers must be an integer of at least 1, got 0",
    ),
    (
        LSTMForecaster,
        "layers",
        LSTMLayers(bidirectional="no"),
        "bidirectional must be .* got 'no'",
    ),
    (LSTMForecaster, "layers", LSTMLayers(residual=3), "residual must be True or False, got 3"),
    (ConvLSTMForecaster, "layers", ConvLSTMLayers(num_layers=1.0), "num_layers must be an integer"),
    (ConvLSTMForecaster, "kernel_size", 0, "kernel_size must be an integer of at least 1.*0"),
    (ConvLSTMForecaster, "kernel_size", "3", "kernel_size must be .* 2 of them.* got '3'"),
    (ConvLSTMForecaster, "kernel_size", (1, 2, 3), r"kernel_size must be .*got \(1, 2, 3\)"),
    (ConvLSTMForecaster, "layers", 3, "layers must be a ConvLSTMLayers or None, got 3"),
    (LSTMForecaster, "layers", 3, "layers must be a LSTMLayers or None, got 3"),
    (
        CNNLSTMForecaster,
        "filters",
        8,
        r"filters must be a sequence of one or more integers .*got 8. Pass \(8,\)",
    ),
    (
        CNNLSTMForecaster,
        "filters",
        (),
        r"filters must be a sequence of one or more integers of at least 1, got \(\)",
    ),
    (
        CNNLSTMForecaster,
        "filters",
        (0,),
        r"filters must be a sequence of one or more integers of at least 1, got \(0,\)",
    ),
    (CNNLSTMForecaster, "kernel_size", -1, "kernel_size .* of at least 1.*-1"),
    (CNNLSTMForecaster, "kernel_size", 1.5, "kernel_size must be .* got 1.5"),
    (CNNLSTMForecaster, "layers", 3, "layers must be a CNNLSTMLayers or None, got 3"),
]
BAD_TRAINING = [
    ({"loss": "zero"}, "training__loss must be 'mse', 'mae', 'huber' or 'pinball', got 'zero'"),
    ({"validation_fraction": 1.0}, r"training__validation_fraction must be a number in \[0, 0.9\]"),
    ({"patience": 0}, "training__patience must be an integer of at least 1 or .auto., got 0"),
    ({"optimizer": "lucky"}, "training__optimizer must be 'adam', .*got 'lucky'"),
    ({"weight_decay": -1}, "training__weight_decay must be a number of at least 0, got -1"),
    ({"gradient_clip": 0.0}, "training__gradient_clip must be a number above 0 or None, got 0.0"),
    (
        {"gradient_value_clip": 0.0},
        "training__gradient_value_clip must be a number above 0 or None, got 0.0",
    ),
    ({"schedule": "plato"}, "got 'plato'. Did you mean 'plateau'?"),
    ({"warmup": -1}, "training__warmup must be a number"),
    (
        {"warmup": 1, "schedule": "one-cycle"},
        "training__warmup must be 0 with training__schedule='one-cycle'.*got 1",
    ),
    ({"ema": 1.0}, "training__ema must be a number"),
    ({"warm_start": 1}, "training__warm_start must be True or False, got 1"),
    ({"checkpoint": 5}, "training__checkpoint must be the path of a folder or None, got 5"),
    ({"compute": "fast"}, "training__compute must be a Compute or None, got 'fast'"),
    (
        {"compute": Compute(precision="double")},
        "training__compute__precision must be 'single', .*got 'double'",
    ),
    (
        {"compute": Compute(precision="float16")},
        "training__compute__precision='float16' needs a GPU.*'cpu'",
    ),
    (
        {"compute": Compute(pieces=0)},
        "training__compute__pieces must be an integer of at least 1, got 0",
    ),
    ({"keep_interrupted": 1}, "training__keep_interrupted must be True or False, got 1"),
    (
        {"compute": Compute(deterministic=1)},
        "training__compute__deterministic must be True or False, got 1",
    ),
    (
        {"compute": Compute(distributed=1)},
        "training__compute__distributed must be True or False, got 1",
    ),
    (
        {"compute": Compute(threads=0)},
        "training__compute__threads must be an integer of at least 1 or None, got 0",
    ),
    ({"compute": Compute(compiled=2)}, "training__compute__compiled must be True or False, got 2"),
]
EVERY_BAD = [
    *((kind, {name: value}, text) for kind in FORECASTERS for name, value, text in BAD),
    *((kind, {name: value}, text) for kind, name, value, text in BAD_OWN),
    *((LSTMForecaster, {"training": Training(**values)}, text) for values, text in BAD_TRAINING),
]


@pytest.mark.parametrize(("kind", "params", "text"), EVERY_BAD)
def test_a_bad_value_is_an_error_in_one_sentence_or_two(kind, params, text):
    X, y = map_windows()
    model = small(kind, **params)
    with pytest.raises((ValueError, TypeError), match=text) as error:
        model.fit(X, y)
    assert "\n" not in str(error.value)
    assert not hasattr(model, "net_")


def test_a_misspelt_parameter_is_an_error_at_once():
    with pytest.raises(TypeError, match="hiden_channels"):
        LSTMForecaster(hiden_channels=3)


def test_parameters_of_parts_are_reached_by_name():
    model = LSTMForecaster(training=Training(compute=Compute()), decoder=DenseDecoder())
    names = {"training__ema": 0.5, "training__compute__pieces": 3, "decoder__hidden": 7}
    assert {**model.set_params(**names).get_params(), **names} == model.get_params()
