"""Parts of layers: each option changes the forecast, and adds the module that it names."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from torch import nn

from stforecast.estimators import (
    CNNLSTMForecaster,
    CNNLSTMLayers,
    ConvLSTMForecaster,
    ConvLSTMLayers,
    FrameAugmentation,
    GatewiseCell,
    NormCell,
    PeepholeCell,
    SqueezeExciteAttention,
    TransformerAttention,
    ZoneoutCell,
)
from stforecast.nn import (
    AverageCells,
    GatewiseConv2d,
    NormGates,
    PeepholeGates,
    ResidualBlock,
    SeparableConvLSTMCell,
    SqueezeExcite,
    TemporalTransformer,
    VolumeCNN,
    ZoneoutGates,
)
from stforecast.nn.augmentation import FrameAugment
from stforecast.nn.convgru_cell import ConvGRUCell, ConvRNNCell
from stforecast.nn.convlstm_cell import ConvLSTMCell
from stforecast.nn.lstm import UNITS
from stforecast.nn.recurrence import Bidirectional, Residual
from stforecast.windows import make_windows
from tests.estimators.data import map_windows, small

ON_CNN = {
    "convolution": (CNNLSTMLayers(convolution="volume"), VolumeCNN),
    "block": (CNNLSTMLayers(block="residual"), ResidualBlock),
    "pool_size": (CNNLSTMLayers(pool_size=2), nn.MaxPool2d),
    "batch_norm": (CNNLSTMLayers(batch_norm=True), nn.BatchNorm2d),
    "reduce": (CNNLSTMLayers(reduce=2), "backbone.cnn.reduce.conv"),
    "activation": (CNNLSTMLayers(activation="elu"), nn.ELU),
    "pooling": (CNNLSTMLayers(pooling="average"), AverageCells),
    "attention": (CNNLSTMLayers(attention="squeeze_excite"), SqueezeExcite),
    "transformer": (CNNLSTMLayers(attention="transformer"), TemporalTransformer),
    "num_layers": (CNNLSTMLayers(num_layers=2), "backbone.lstm.layers.1"),
    "lstm_dropout": (CNNLSTMLayers(lstm_dropout=0.5), nn.Dropout),
    "lstm_activation": (CNNLSTMLayers(lstm_activation="elu"), nn.ELU),
    "bidirectional": (
        CNNLSTMLayers(bidirectional=True),
        "backbone.lstm.layers.0.lstm.weight_ih_l0_reverse",
    ),
    "residual": (CNNLSTMLayers(residual=True), "backbone.lstm.layers.0.shortcut"),
    "cell": (CNNLSTMLayers(cell="gru"), UNITS["gru"][0]),
    "rnn": (CNNLSTMLayers(cell="rnn"), UNITS["rnn"][0]),
    "augmentation": (CNNLSTMLayers(augmentation=FrameAugmentation(1)), FrameAugment),
}
ON_CONVLSTM = {
    "peephole": (ConvLSTMLayers("peephole"), PeepholeGates),
    "separable": (ConvLSTMLayers("separable"), SeparableConvLSTMCell),
    "norm": (ConvLSTMLayers("norm"), NormGates),
    "zoneout": (ConvLSTMLayers("zoneout"), ZoneoutGates),
    "gatewise": (ConvLSTMLayers("gatewise"), GatewiseConv2d),
    "gru": (ConvLSTMLayers("gru"), ConvGRUCell),
    "gru of another activation": (ConvLSTMLayers("gru", activation="elu"), ConvGRUCell),
    "rnn": (ConvLSTMLayers("rnn"), ConvRNNCell),
    "peephole part": (ConvLSTMLayers(PeepholeCell(per_cell=True)), PeepholeGates),
    "norm part": (ConvLSTMLayers(NormCell(2)), NormGates),
    "zoneout part": (ConvLSTMLayers(ZoneoutCell(0.5)), ZoneoutGates),
    "gatewise part": (ConvLSTMLayers(GatewiseCell("fo")), GatewiseConv2d),
    "activation": (ConvLSTMLayers(activation="relu"), nn.ReLU),
    "dilation": (ConvLSTMLayers(dilation=2), (2, 2)),
    "num_layers": (ConvLSTMLayers(num_layers=2), "backbone.layers.1"),
    "bidirectional": (ConvLSTMLayers(bidirectional=True), Bidirectional),
    "residual": (ConvLSTMLayers(residual=True), Residual),
    "augmentation": (ConvLSTMLayers(augmentation=FrameAugmentation(1)), FrameAugment),
}
cnn_lstm = partial(small, CNNLSTMForecaster)
convlstm = partial(small, ConvLSTMForecaster, kernel_size=3)


def modules(model) -> set[type]:
    return {type(module) for module in model.net_.module_.modules()}


def inside(model) -> set[object]:
    """Kinds and names of all modules, names of all weights, and dilations."""
    net = model.net_.module_
    names = {name for name, _ in [*net.named_modules(), *net.named_parameters()]}
    return modules(model) | names | {getattr(module, "dilation", None) for module in net.modules()}


def check_option(make, layers, added) -> None:
    X, y = map_windows()
    plain, changed = make().fit(X, y), make(layers=layers).fit(X, y)
    assert np.abs(plain.predict(X) - changed.predict(X)).max() > 1e-4
    assert added in inside(changed)
    assert added not in inside(plain)


@pytest.mark.parametrize("name", ON_CNN)
def test_each_option_of_the_cnn_lstm_is_in_the_network(name) -> None:
    check_option(cnn_lstm, *ON_CNN[name])


@pytest.mark.parametrize("name", ON_CONVLSTM)
def test_each_option_of_the_convlstm_is_in_the_network(name) -> None:
    check_option(convlstm, *ON_CONVLSTM[name])


@pytest.mark.parametrize(
    "option", [{"crop": 1}, {"flip_rows": True}, {"flip_columns": True}, {"rotate": True}], ids=str
)
def test_each_change_of_frames_is_learned_under(option) -> None:
    maps = np.random.default_rng(0).normal(size=(40, 1, 4, 4))
    X, y = make_windows(maps, lookback=4, horizon=2)
    plain, changed = (
        convlstm(layers=ConvLSTMLayers(augmentation=FrameAugmentation(**params))).fit(X, y)
        for params in ({}, option)
    )
    assert np.abs(plain.predict(X) - changed.predict(X)).max() > 1e-4
    np.testing.assert_array_equal(changed.predict(X), changed.predict(X))


def test_every_option_is_tested() -> None:
    assert set(CNNLSTMLayers().get_params()) <= set(ON_CNN)
    assert set(ConvLSTMLayers().get_params()) - {"cell"} <= set(ON_CONVLSTM)


@pytest.mark.parametrize("kernel_size", [(3, 3)])
def test_peepholes_on_the_grid_have_a_weight_for_each_cell(kernel_size) -> None:
    X, y = map_windows()
    shapes = {}
    for cell in (PeepholeCell(), PeepholeCell(per_cell=True)):
        model = small(ConvLSTMForecaster, kernel_size=kernel_size, layers=ConvLSTMLayers(cell))
        weight = model.fit(X, y).net_.module_.backbone.state_dict()
        shapes[cell.per_cell] = next(v.shape for k, v in weight.items() if k.endswith("peephole"))
    assert shapes == {False: (3, 4, 1, 1), True: (3, 4, 3, 4)}


def test_a_cell_of_ones_own_gets_the_options_that_were_chosen() -> None:
    X, y = map_windows()
    cell = partial(ConvLSTMCell, state_kernel_size=1)
    layers = ConvLSTMLayers(cell, activation="elu")
    model = convlstm(layers=layers).fit(X, y)
    made = next(m for m in model.net_.module_.modules() if isinstance(m, ConvLSTMCell))
    assert made.state_conv.weight.shape[2:] == (1, 1)
    assert nn.ELU in modules(model)


def test_a_cell_part_gets_the_options_that_were_chosen_and_is_searched() -> None:
    X, y = map_windows()
    layers = ConvLSTMLayers(ZoneoutCell(), activation="elu", dilation=(1, 2))
    search = GridSearchCV(
        convlstm(layers=layers), {"layers__cell__memory_rate": [0.1, 0.4]}, cv=2
    ).fit(X, y)
    found = search.best_estimator_
    gates = next(m for m in found.net_.module_.modules() if isinstance(m, ZoneoutGates))
    one, two = search.cv_results_["mean_test_score"]
    assert abs(one - two) > 1e-5
    assert gates.memory_rate == (0.4 if two > one else 0.1)
    assert {nn.ELU, (1, 2)} <= inside(found)


@pytest.mark.parametrize("cell", ["peephole", PeepholeCell(per_cell=True)], ids=str)
def test_training_moves_every_peephole(cell) -> None:
    X, y = map_windows()
    model = convlstm(layers=ConvLSTMLayers(cell)).fit(X, y)
    weights = model.net_.module_.backbone.layers[0].cell.gates.peephole
    assert (weights != 0).all()  # where they start


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (SqueezeExciteAttention(1), SqueezeExciteAttention(4)),
        (TransformerAttention(1), TransformerAttention(4)),
        (TransformerAttention(hidden=3), TransformerAttention()),
        (TransformerAttention(dropout=0.5), TransformerAttention()),
    ],
    ids=repr,
)
def test_each_option_of_attention_changes_the_forecast(part, other) -> None:
    X, y = map_windows()
    one, two = (
        cnn_lstm(layers=CNNLSTMLayers(attention=a)).fit(X, y).predict(X) for a in (part, other)
    )
    assert np.abs(one - two).max() > 1e-5


def test_heads_divide_the_features_by_themselves() -> None:
    X, y = map_windows()
    layers = CNNLSTMLayers(pooling="average", attention="transformer")
    for filters, heads in ((8, 4), (6, 3), (10, 2), (7, 1)):
        model = cnn_lstm(filters=(filters,), layers=layers).fit(X, y)
        layer = next(
            m for m in model.net_.module_.modules() if isinstance(m, nn.MultiheadAttention)
        )
        assert layer.num_heads == heads


def test_parts_are_searched() -> None:
    X, y = map_windows()
    search = GridSearchCV(
        cnn_lstm(layers=CNNLSTMLayers(attention=SqueezeExciteAttention())),
        {"layers__attention__reduction": [1, 2]},
        cv=2,
    )
    search.fit(X, y)
    one, two = search.cv_results_["mean_test_score"]
    assert abs(one - two) > 1e-5
    chosen = SqueezeExciteAttention(2 if two > one else 1)
    model = cnn_lstm(layers=CNNLSTMLayers(attention=chosen)).fit(X, y)
    np.testing.assert_array_equal(search.predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("layers", "match"),
    [
        (
            CNNLSTMLayers(attention="odd"),
            "layers__attention must be 'squeeze_excite', .* or None, got 'odd'",
        ),
        (CNNLSTMLayers(attention=TransformerAttention(5)), "heads must divide the features"),
        (CNNLSTMLayers(attention=SqueezeExciteAttention(0)), "reduction must be an integer"),
        (CNNLSTMLayers(lstm_dropout=1.0), "lstm_dropout must be a number in"),
        (CNNLSTMLayers(lstm_activation="odd"), "lstm_activation must be.*got 'odd'"),
        (CNNLSTMLayers(pooling="odd"), "pooling must be.*got 'odd'"),
        (CNNLSTMLayers(pool_size="odd"), "pool_size must be an integer.*got 'odd'"),
        (CNNLSTMLayers(pool_size=0), "pool_size must be an integer.*got 0"),
    ],
    ids=repr,
)
def test_what_layers_of_a_cnn_lstm_cannot_be(layers, match) -> None:
    with pytest.raises(ValueError, match=match):
        cnn_lstm(layers=layers).fit(*map_windows())


@pytest.mark.parametrize(
    ("layers", "match"),
    [
        (
            ConvLSTMLayers("odd"),
            "layers__cell must be 'plain'.*'gatewise', a Cell or a callable",
        ),
        (ConvLSTMLayers(PeepholeCell(2)), "per_cell must be True or False, got 2"),
        (ConvLSTMLayers(NormCell(3)), "4 channels in 3 groups"),
        (ConvLSTMLayers(ZoneoutCell(1.0)), "hidden_rate must be a number in"),
        (
            ConvLSTMLayers(GatewiseCell("x")),
            "layers__cell__gates must be .*letters of 'ifgo', each once, got 'x'",
        ),
        (ConvLSTMLayers(activation="odd"), "activation must be"),
        (ConvLSTMLayers(dilation=0), "dilation must be an integer of at least 1"),
    ],
    ids=repr,
)
def test_what_layers_of_a_convlstm_cannot_be(layers, match) -> None:
    with pytest.raises(ValueError, match=match):
        convlstm(layers=layers).fit(*map_windows())
