"""CNN and LSTM side by side."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from stforecast.exceptions import ShapeError
from stforecast.nn import (
    CNNLSTM,
    LSTM,
    AverageWindow,
    Backbone,
    EarlyFusion,
    FlattenWindow,
    FrameCNN,
    LateFusion,
    ParallelCNNLSTM,
    VolumeCNN,
    WeightedFusion,
)
from tests.nn.checks import exported, idle_weights, noise, randomised

X, TABLE = noise(2, 5, 2, 4, 5), noise(2, 5, 3, seed=1)
FUSIONS = [LateFusion, WeightedFusion]
ONE, TWO = (X,), (X, TABLE)


def branch() -> nn.Module:
    return nn.Sequential(VolumeCNN(2, (4,), grid=(4, 5), activation="tanh"), AverageWindow(4))


def parallel(
    fusion: type[nn.Module], inputs: tuple[torch.Tensor, ...], *, bidirectional: bool = False
) -> ParallelCNNLSTM:
    size = 40 if len(inputs) == 1 else 3
    lstm = LSTM(size, 6, bidirectional=bidirectional)
    return randomised(ParallelCNNLSTM(branch(), lstm, fusion(4, lstm.out_channels)))


def silence(module: nn.Module) -> None:
    for parameter in module.parameters():
        parameter.data.zero_()


@pytest.mark.parametrize("inputs", [ONE, TWO])
def test_late_fusion_lays_both_branches_side_by_side(inputs: tuple[torch.Tensor, ...]) -> None:
    layer = parallel(LateFusion, inputs)
    output, state = layer(*inputs)
    steps, alone = layer.lstm(inputs[-1])
    torch.testing.assert_close(output[:, 0], torch.cat([layer.cnn(X), steps[:, -1]], dim=1))
    torch.testing.assert_close(state, alone)
    assert output.shape == (2, 1, layer.out_channels)


@pytest.mark.parametrize("inputs", [ONE, TWO])
def test_late_fusion_with_a_zero_cnn_is_the_lstm(inputs: tuple[torch.Tensor, ...]) -> None:
    layer = parallel(LateFusion, inputs)
    silence(layer.cnn)
    output = layer(*inputs)[0][:, 0]
    assert not output[:, :4].any()
    torch.testing.assert_close(output[:, 4:], layer.lstm(inputs[-1])[0][:, -1])


@pytest.mark.parametrize("inputs", [ONE, TWO])
def test_late_fusion_with_a_zero_lstm_is_the_cnn(inputs: tuple[torch.Tensor, ...]) -> None:
    layer = parallel(LateFusion, inputs)
    silence(layer.lstm)
    output = layer(*inputs)[0][:, 0]
    assert not output[:, 4:].any()
    torch.testing.assert_close(output[:, :4], layer.cnn(X))


def test_weighted_fusion_follows_its_equation() -> None:
    fusion = randomised(WeightedFusion(4, 6, features=5))
    cnn, lstm = noise(2, 4), noise(2, 6, seed=1)
    a, b = np.exp(fusion.logits.detach().numpy())
    left, right = fusion.cnn(cnn).detach().numpy(), fusion.lstm(lstm).detach().numpy()
    expected = (a * left + b * right) / (a + b)
    np.testing.assert_allclose(fusion(cnn, lstm).detach(), expected, atol=1e-12)


def test_weighted_fusion_starts_equal_and_learns_its_weights() -> None:
    fusion = WeightedFusion(4, 6)
    torch.testing.assert_close(torch.softmax(fusion.logits, 0), torch.full((2,), 0.5))
    fusion(noise(2, 4).float(), noise(2, 6).float()).square().sum().backward()
    assert (fusion.logits.grad != 0).all()


def test_weighted_fusion_can_follow_either_branch() -> None:
    layer = parallel(WeightedFusion, TWO)
    layer.fusion.logits.data = torch.tensor([800.0, 0.0], dtype=torch.float64)
    torch.testing.assert_close(layer(*TWO)[0][:, 0], layer.fusion.cnn(layer.cnn(X)))
    layer.fusion.logits.data = torch.tensor([0.0, 800.0], dtype=torch.float64)
    last = layer.lstm(TABLE)[0][:, -1]
    torch.testing.assert_close(layer(*TWO)[0][:, 0], layer.fusion.lstm(last))


def test_early_fusion_spreads_the_table_over_the_cells() -> None:
    seen = []

    class Spy(Backbone):
        out_channels = 5

        def forward(self, x: torch.Tensor, state: None = None) -> tuple[torch.Tensor, None]:
            seen.append(x)
            return x, state

    EarlyFusion(Spy())(X, TABLE)
    spread = np.broadcast_to(TABLE.numpy()[..., None, None], (2, 5, 3, 4, 5))
    np.testing.assert_array_equal(seen[0], np.concatenate([X.numpy(), spread], axis=2))


def test_early_fusion_takes_a_table_as_frames_of_one_cell() -> None:
    layer = randomised(EarlyFusion(LSTM(100, 6)))
    torch.testing.assert_close(layer(X, TABLE), layer(X, TABLE[..., None, None]))


@pytest.mark.parametrize("inputs", [ONE, TWO])
@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_every_weight_moves_the_output(
    fusion: type[nn.Module], inputs: tuple[torch.Tensor, ...], bidirectional: bool
) -> None:
    layer = parallel(fusion, inputs, bidirectional=bidirectional)
    assert idle_weights(layer, *inputs) == []


def test_every_weight_behind_early_fusion_moves_the_output() -> None:
    cnn = FrameCNN(5, (4,), grid=(4, 5), activation="tanh")
    layer = randomised(EarlyFusion(CNNLSTM(cnn, LSTM(80, 3))))
    assert idle_weights(layer, X, TABLE) == []


@pytest.mark.parametrize("inputs", [ONE, TWO])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_gradients_are_right(fusion: type[nn.Module], inputs: tuple[torch.Tensor, ...]) -> None:
    layer = parallel(fusion, inputs)
    few = tuple(part[:1, :2].clone().requires_grad_() for part in inputs)
    assert torch.autograd.gradcheck(lambda *few: layer(*few)[0], few)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_order_of_frames_matters(fusion: type[nn.Module]) -> None:
    layer = parallel(fusion, ONE)
    assert not torch.allclose(layer(X)[0], layer(X.flip(1))[0])


def test_fusions_join_the_same_branches_in_different_ways() -> None:
    late, weighted = (parallel(fusion, TWO) for fusion in FUSIONS)
    weighted.cnn, weighted.lstm = late.cnn, late.lstm
    side_by_side, mixed = late(*TWO)[0][:, 0], weighted(*TWO)[0][:, 0]
    assert (side_by_side.shape, mixed.shape) == ((2, 10), (2, 6))
    cnn, lstm = side_by_side.split([4, 6], dim=1)
    torch.testing.assert_close(mixed, weighted.fusion(cnn, lstm))
    assert (side_by_side[:, 4:] - mixed).abs().max() > 1e-3


def test_the_second_modality_reaches_the_output() -> None:
    layer = parallel(LateFusion, TWO)
    assert not torch.allclose(layer(X, TABLE)[0], layer(X, 2 * TABLE)[0])


def test_state_is_handed_to_the_lstm() -> None:
    layer = parallel(LateFusion, TWO)
    _, state = layer(X[:, :2], TABLE[:, :2])
    late = layer(X[:, 2:], TABLE[:, 2:], state=state)[0][:, 0, 4:]
    torch.testing.assert_close(late, layer(X, TABLE)[0][:, 0, 4:])


@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1), (1, 1, 2, 1, 7), (1, 3, 2, 5, 1)])
def test_smallest_windows_pass(shape: tuple[int, ...]) -> None:
    B, T, C, H, W = shape
    flat = FlattenWindow(4, (H, W), T)
    cnn = nn.Sequential(FrameCNN(C, (4,), grid=(H, W)), flat)
    layer = randomised(ParallelCNNLSTM(cnn, LSTM(C * H * W, 3), LateFusion(flat.features, 3)))
    x = noise(*shape)
    output = layer(x)[0]
    assert output.shape == (B, 1, flat.features + 3)
    alone = torch.cat([cnn(x), layer.lstm(x)[0][:, -1]], dim=1)
    torch.testing.assert_close(output[:, 0], alone)


@pytest.mark.filterwarnings("ignore:The tensor attributes:UserWarning")  # torch's own LSTM
@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("inputs", [ONE, TWO])
def test_exports_for_any_batch(fusion: type[nn.Module], inputs: tuple[torch.Tensor, ...]) -> None:
    layer = parallel(fusion, inputs)
    program = exported(layer, *inputs)
    more = tuple(torch.cat([part, 2 * part]) for part in inputs)
    torch.testing.assert_close(program(*more), layer(*more))


@pytest.mark.filterwarnings("ignore:The tensor attributes:UserWarning")  # torch's own LSTM
def test_early_fusion_exports_for_any_batch() -> None:
    layer = randomised(EarlyFusion(LSTM(100, 6)))
    program = exported(layer, *TWO)
    more = tuple(torch.cat([part, 2 * part]) for part in TWO)
    torch.testing.assert_close(program(*more), layer(*more))


def test_cnn_branch_with_steps_left_is_refused() -> None:
    layer = ParallelCNNLSTM(FrameCNN(2, grid=(4, 5)), LSTM(3, 6), LateFusion(16, 6)).double()
    with pytest.raises(ShapeError, match=r"one vector a window.*AverageWindow or FlattenWindow"):
        layer(X, TABLE)


@pytest.mark.parametrize("table", [TABLE[:, :4], TABLE[:1], TABLE[:, :, 0]])
def test_table_of_other_steps_is_refused_by_early_fusion(table: torch.Tensor) -> None:
    with pytest.raises(ShapeError, match="must have the windows and steps of the frames"):
        EarlyFusion(LSTM(100, 6))(X, table)


def test_table_of_other_columns_is_refused() -> None:
    with pytest.raises(ShapeError, match="built for frames of 3 numbers"):
        parallel(LateFusion, TWO)(X, TABLE[..., :2])


@pytest.mark.parametrize("fusion", FUSIONS)
def test_windows_of_other_frames_are_refused_behind_a_flattened_branch(
    fusion: type[nn.Module],
) -> None:
    flat = FlattenWindow(2, (4, 5), frames=5)
    cnn = nn.Sequential(FrameCNN(2, (2,), grid=(4, 5)), flat)
    layer = ParallelCNNLSTM(cnn, LSTM(40, 6), fusion(flat.features, 6)).double()
    assert layer(X)[0].shape[1] == 1
    with pytest.raises(
        ShapeError, match="built for 200 features of the CNN and 6 of the LSTM, but got 160 and 6"
    ):
        layer(X[:, :4])
