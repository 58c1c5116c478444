"""The whole network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from stforecast.exceptions import ShapeError
from stforecast.nn import (
    CNNLSTM,
    LSTM,
    AverageWindow,
    Backbone,
    DenseHead,
    ForecastNet,
    FrameCNN,
    Head,
    LateFusion,
    ParallelCNNLSTM,
    StepHead,
    VolumeCNN,
)
from tests.nn.checks import exported, idle_weights, noise, randomised

X = noise(3, 5, 2, 1, 7)
PARTS = {"known": noise(3, 7, 2, seed=1), "table": noise(3, 5, 4, seed=2)}


def serial() -> ForecastNet:
    backbone = CNNLSTM(FrameCNN(2, (4,), grid=(1, 7), activation="tanh"), LSTM(28, 6))
    return randomised(ForecastNet(backbone, StepHead(6, 7, activation="tanh", known_features=2)))


def parallel() -> ForecastNet:
    volume = VolumeCNN(2, (4,), grid=(1, 7), activation="tanh")
    cnn = nn.Sequential(volume, AverageWindow(4))
    backbone = ParallelCNNLSTM(cnn, LSTM(4, 6), LateFusion(4, 6))
    return randomised(ForecastNet(backbone, DenseHead(10, 7, known=(7, 2)), inputs=("table",)))


def two_way() -> ForecastNet:
    head = DenseHead(12, 7, known=(7, 2), reverse_channels=6)
    return randomised(ForecastNet(LSTM(14, 6, bidirectional=True), head))


NETS = [serial, parallel, two_way]


@pytest.mark.parametrize("net", NETS)
def test_forecast_is_the_head_on_the_backbone(net: Any) -> None:
    built = net()
    output, state = built.backbone(X, *[PARTS[name] for name in built.inputs])
    torch.testing.assert_close(built(X, PARTS), built.head(output, state, PARTS))
    assert built(X, PARTS).shape == (3, 7)


@pytest.mark.parametrize("net", NETS)
def test_every_weight_moves_the_forecast(net: Any) -> None:
    assert idle_weights(net(), X, PARTS) == []


@pytest.mark.parametrize("net", NETS)
def test_order_of_frames_matters(net: Any) -> None:
    built = net()
    assert not torch.allclose(built(X, PARTS), built(X.flip(1), PARTS))


def test_head_hears_the_state_and_the_parts() -> None:
    heard = []

    class Spy(Head):
        def forward(self, output: Any, state: Any, parts: Any) -> torch.Tensor:
            heard.append((output, state, parts))
            return output[:, -1]

    backbone = randomised(LSTM(14, 6))
    ForecastNet(backbone, Spy())(X, PARTS)
    torch.testing.assert_close(heard[0][:2], backbone(X))
    assert heard[0][2] is PARTS


def test_modalities_reach_the_backbone_in_the_order_of_inputs() -> None:
    class Spy(Backbone):
        def forward(self, x: torch.Tensor, *modalities: torch.Tensor) -> tuple[Any, None]:
            return modalities, None

    class Hand(Head):
        def forward(self, output: Any, state: None, parts: Any) -> Any:
            return output

    table, known = ForecastNet(Spy(), Hand(), inputs=("table", "known"))(X, PARTS)
    assert table is PARTS["table"]
    assert known is PARTS["known"]


def test_parts_may_be_left_out() -> None:
    net = randomised(ForecastNet(LSTM(14, 6), DenseHead(6, 7)))
    torch.testing.assert_close(net(X), net(X, {}))


@pytest.mark.filterwarnings("ignore:The tensor attributes:UserWarning")  # torch's own LSTM
@pytest.mark.parametrize("net", NETS)
def test_exports_for_any_batch(net: Any) -> None:
    built = net()
    program = exported(built, X, PARTS)
    more = {name: torch.cat([part, -part]) for name, part in PARTS.items()}
    x = torch.cat([X, 2 * X])
    torch.testing.assert_close(program(x, more), built(x, more))


@pytest.mark.parametrize("shape", [(3, 5, 14), (3, 5, 2, 7)])
def test_windows_without_a_grid_are_refused(shape: tuple[int, ...]) -> None:
    net = ForecastNet(LSTM(14, 6), DenseHead(6, 7))
    with pytest.raises(ShapeError, match=r"must be \[B, T, C, H, W\], but got . axes"):
        net(torch.zeros(shape))


def test_missing_modality_is_named() -> None:
    with pytest.raises(
        ShapeError, match=r"reads the parts \['table'\], but \['table'\] is missing"
    ):
        parallel()(X, {"known": PARTS["known"]})


@pytest.mark.parametrize(("bidirectional", "reverse"), [(True, 0), (False, 6)])
def test_head_that_misreads_directions_is_refused(bidirectional: bool, reverse: int) -> None:
    backbone = LSTM(14, 6, bidirectional=bidirectional)
    head = DenseHead(backbone.out_channels, 7, reverse_channels=reverse)
    remedy = f"Build the head with reverse_channels={backbone.reverse_channels}"
    with pytest.raises(ValueError, match=remedy):
        ForecastNet(backbone, head)


@pytest.mark.parametrize(
    ("backbone", "head", "match"),
    [
        (nn.Linear(14, 6), DenseHead(6, 7), "backbone must be a Backbone.*stforecast.nn.Backbone"),
        (LSTM(14, 6), nn.Linear(6, 7), "head must be a Head, got Linear.*stforecast.nn.Head"),
        (LSTM, DenseHead(6, 7), "backbone must be a Backbone, got <class"),
    ],
    ids=str,
)
def test_parts_that_do_not_say_what_they_offer_are_refused(backbone, head, match) -> None:
    with pytest.raises(TypeError, match=match):
        ForecastNet(backbone, head)


def test_a_head_of_ones_own_has_to_say_what_it_does() -> None:
    with pytest.raises(TypeError, match=r"Can't instantiate abstract class Head .*forward"):
        Head()
