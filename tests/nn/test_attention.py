"""Attention over channels and over time."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from stforecast.exceptions import ShapeError
from stforecast.nn import SqueezeExcite, TemporalTransformer
from tests.nn import oracles
from tests.nn.checks import count, exported, idle_weights, noise, randomised


def transformer_oracle(layer: TemporalTransformer, x: np.ndarray, heads: int) -> np.ndarray:
    return oracles.transformer(x, oracles.weights_of(layer.layer), heads)


@pytest.mark.parametrize("shape", [(2, 4, 6, 3, 5), (1, 1, 6, 1, 1), (2, 3, 6, 1, 7)])
def test_squeeze_excite_follows_the_equations(shape: tuple[int, ...]) -> None:
    layer, x = randomised(SqueezeExcite(6, reduction=2)), noise(*shape)
    expected = oracles.squeeze_excite(x.numpy(), oracles.weights_of(layer))
    np.testing.assert_allclose(layer(x).detach(), expected, atol=1e-12)


def test_squeeze_excite_without_weights_halves() -> None:
    layer = SqueezeExcite(6)
    for parameter in layer.parameters():
        parameter.data.zero_()
    x = noise(2, 4, 6, 3, 5).float()
    torch.testing.assert_close(layer(x), x / 2)


def test_squeeze_excite_weighs_all_cells_of_a_frame_alike_and_frames_by_themselves() -> None:
    layer, x = randomised(SqueezeExcite(6)), noise(2, 4, 6, 3, 5)
    ratio = layer(x) / x
    torch.testing.assert_close(ratio, ratio[..., :1, :1].expand_as(ratio))
    torch.testing.assert_close(layer(x)[:, 1:2], layer(x[:, 1:2]))


@pytest.mark.parametrize(("channels", "reduction", "units"), [(16, 4, 4), (3, 8, 1)])
def test_squeeze_excite_reduces_to_one_unit_at_least(
    channels: int, reduction: int, units: int
) -> None:
    assert SqueezeExcite(channels, reduction).squeeze.out_features == units


@pytest.mark.parametrize(("T", "features", "heads"), [(5, 8, 4), (1, 8, 2), (7, 3, 1)])
def test_transformer_follows_the_equations(T: int, features: int, heads: int) -> None:
    layer, x = randomised(TemporalTransformer(features, heads)), noise(2, T, features)
    expected = transformer_oracle(layer, x.numpy(), heads)
    np.testing.assert_allclose(layer(x).detach(), expected, atol=1e-10)


def test_transformer_in_evaluation_gives_the_numbers_of_training() -> None:
    layer, x = randomised(TemporalTransformer(8)), noise(2, 5, 8)
    trained = layer(x)
    with torch.no_grad():  # torch takes a fused path here
        torch.testing.assert_close(layer.eval()(x), trained)


def test_transformer_starts_every_window_at_the_same_place() -> None:
    layer = randomised(TemporalTransformer(8))
    x = noise(3, 5, 8)
    torch.testing.assert_close(layer(x)[1:2], layer(x[1:2]))


def test_transformer_sees_the_order_of_frames() -> None:
    layer, x = randomised(TemporalTransformer(8)), noise(2, 5, 8)
    assert not torch.allclose(layer(x.flip(1)).flip(1), layer(x))


def test_transformer_mixes_every_frame_into_every_other() -> None:
    layer = randomised(TemporalTransformer(4, 2))
    jacobian = torch.autograd.functional.jacobian(layer, noise(1, 3, 4))[0, :, :, 0]
    assert (jacobian.abs().amax((1, 3)) > 0).all()


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_transformer_drops_in_training_only(dropout: float) -> None:
    layer, x = randomised(TemporalTransformer(8, dropout=dropout)), noise(2, 5, 8)
    with torch.random.fork_rng():
        trained = layer(x)
    assert torch.allclose(trained, layer.eval()(x)) == (dropout == 0)


def test_transformer_hidden_units_count() -> None:
    small, large = TemporalTransformer(8, hidden=4), TemporalTransformer(8)
    assert count(large) - count(small) == (16 - 4) * (8 + 1 + 8)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(SqueezeExcite(4, 2), (2, 3, 4, 2, 2)), (TemporalTransformer(4, 2), (2, 3, 4))],
)
def test_gradients_are_right(layer: torch.nn.Module, shape: tuple[int, ...]) -> None:
    assert torch.autograd.gradcheck(randomised(layer), noise(*shape).requires_grad_())


def test_every_weight_of_squeeze_excite_moves_the_output() -> None:
    assert idle_weights(randomised(SqueezeExcite(6, 2)), noise(8, 6, 6, 3, 3)) == []


def test_every_weight_of_the_transformer_moves_the_output() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = TemporalTransformer(8).double()  # as it starts: random norms would idle the relu
    idle = idle_weights(layer, noise(16, 6, 8))
    assert set(idle) <= {"layer.self_attn.in_proj_bias"}
    query, key, value = layer.layer.self_attn.in_proj_bias.grad.abs().split(8)
    assert (torch.cat([query, value]) > 1e-6).all()
    assert (key < 1e-12).all()  # adds the same number to all scores of a query, by its equation


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(SqueezeExcite(4, 2), (2, 3, 4, 2, 2)), (TemporalTransformer(4, 2), (2, 3, 4))],
)
def test_exports_for_any_batch(layer: torch.nn.Module, shape: tuple[int, ...]) -> None:
    program = exported(randomised(layer), noise(*shape))
    x = noise(5, *shape[1:], seed=3)
    torch.testing.assert_close(program(x), layer(x))


def test_heads_must_divide_the_features() -> None:
    with pytest.raises(ValueError, match=r"10 is not a multiple of 4\. Use heads=1"):
        TemporalTransformer(10)


@pytest.mark.parametrize("shape", [(2, 3, 5, 1, 1), (2, 3, 4)])
def test_squeeze_excite_refuses_other_maps(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"built for maps .*Put it before the pooling"):
        SqueezeExcite(4)(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(2, 3, 8, 1, 1), (2, 3, 4)])
def test_transformer_refuses_other_sequences(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"built for sequences .*Put it after the pooling"):
        TemporalTransformer(8)(torch.zeros(shape))


def test_positions_of_the_first_frame_are_sine_and_cosine_of_zero() -> None:
    assert oracles.positions(1, 4).tolist() == [[0, 1, 0, 1]]
    assert math.isclose(oracles.positions(2, 4)[1, 2], math.sin(0.01))
