"""Convolutions over frames and volumes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from stforecast.exceptions import ShapeError
from stforecast.nn import ConvBlock, FrameCNN, ResidualBlock, VolumeCNN
from tests.nn.checks import exported, idle_weights, noise, randomised
from tests.nn.oracles import batch_norm, convolve, max_pool, weights_of

CNNS = [FrameCNN, VolumeCNN]
CONVOLUTIONS = nn.Conv2d | nn.Conv3d
OPTIONS = [
    {},
    {"pool_size": 2},
    {"batch_norm": True},
    {"reduce": 2},
    {"block": ResidualBlock},
    {"block": ResidualBlock, "pool_size": 2, "batch_norm": True, "reduce": 2},
    {"kernel_size": 2},
]
SHAPES = [(2, 4, 3, 4, 5), (2, 4, 3, 1, 7), (2, 4, 3, 5, 1)]


@pytest.mark.parametrize("kernel_size", [(1, 1), (3, 3), (2, 4), (1, 5), (2, 3, 3), (3, 1, 1)])
def test_block_follows_the_equations(kernel_size: tuple[int, ...]) -> None:
    pool = (2, 1, 2)[: len(kernel_size)]
    block = randomised(ConvBlock(2, 3, kernel_size, pool_size=pool, activation="tanh"))
    x = noise(2, 2, *(4, 5, 6)[: len(kernel_size)])
    weights = weights_of(block)
    maps = np.tanh(convolve(x.numpy(), weights["conv.weight"], weights["conv.bias"]))
    np.testing.assert_allclose(block(x).detach(), max_pool(maps, pool), atol=1e-12)


@pytest.mark.parametrize("kernel_size", [(3, 3), (3, 2, 1)])
def test_batch_norm_stands_between_convolution_and_activation(kernel_size: tuple[int, ...]) -> None:
    block = randomised(ConvBlock(2, 3, kernel_size, batch_norm=True))
    x = noise(3, 2, *(4, 5, 3)[: len(kernel_size)])
    weights = weights_of(block)
    assert "conv.bias" not in weights
    maps = convolve(x.numpy(), weights["conv.weight"])
    maps = np.maximum(0, batch_norm(maps, weights["norm.weight"], weights["norm.bias"]))
    np.testing.assert_allclose(block(x).detach(), maps, atol=1e-12)


@pytest.mark.parametrize("channels", [2, 3])
def test_residual_block_adds_its_input(channels: int) -> None:
    block = randomised(ResidualBlock(2, channels, (3, 3), activation="tanh"))
    x = noise(2, 2, 4, 5)
    w = weights_of(block)
    maps = np.tanh(convolve(x.numpy(), w["first.conv.weight"], w["first.conv.bias"]))
    maps = convolve(maps, w["second.conv.weight"], w["second.conv.bias"])
    through = x.numpy() if channels == 2 else convolve(x.numpy(), w["shortcut.weight"])
    np.testing.assert_allclose(block(x).detach(), np.tanh(maps + through), atol=1e-12)


def test_residual_block_without_weights_is_its_activation() -> None:
    block = ResidualBlock(2, 2, (3, 3))
    for parameter in block.parameters():
        parameter.data.zero_()
    x = noise(2, 2, 4, 5).float()
    torch.testing.assert_close(block(x), torch.relu(x))


@pytest.mark.parametrize("cnn", CNNS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_attributes_say_what_comes_out(
    cnn: type, options: dict[str, Any], shape: tuple[int, ...]
) -> None:
    layer = randomised(cnn(shape[2], (4, 3), grid=shape[3:], **options))
    B, T, C, H, W = layer(noise(*shape)).shape
    assert (2, layer.out_channels, *layer.out_grid) == (B, C, H, W)
    assert (1 if cnn is VolumeCNN and "pool_size" in options else 4) == T


@pytest.mark.parametrize("cnn", CNNS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_weight_moves_the_output(
    cnn: type, options: dict[str, Any], shape: tuple[int, ...]
) -> None:
    layer = randomised(cnn(shape[2], (4,), grid=shape[3:], activation="tanh", **options))
    assert idle_weights(layer, noise(*shape)) == []


@pytest.mark.parametrize("cnn", CNNS)
def test_kernel_wider_than_the_grid_keeps_no_idle_weights(cnn: type) -> None:
    layer = randomised(cnn(1, (2,), (5, 7, 7)[-(3 if cnn is VolumeCNN else 2) :], grid=(2, 3)))
    assert layer.blocks[0].conv.kernel_size[-2:] == (3, 5)
    assert idle_weights(layer, noise(6, 8, 1, 2, 3)) == []


@pytest.mark.parametrize("cnn", CNNS)
@pytest.mark.parametrize(
    "options", [{"block": ResidualBlock}, {"pool_size": 2}, {"batch_norm": True}]
)
def test_gradients_are_right(cnn: type, options: dict[str, Any]) -> None:
    layer = randomised(cnn(1, (2,), grid=(2, 3), activation="tanh", **options))
    assert torch.autograd.gradcheck(layer, noise(2, 2, 1, 2, 3).requires_grad_())


def test_every_frame_is_read_by_itself() -> None:
    layer, x = randomised(FrameCNN(3, (4, 2), grid=(4, 5), pool_size=2)), noise(2, 4, 3, 4, 5)
    alone = torch.cat([layer(x[:, t : t + 1]) for t in range(4)], dim=1)
    torch.testing.assert_close(layer(x), alone)


def test_frames_of_one_row_get_one_dimensional_convolutions() -> None:
    layer, x = randomised(FrameCNN(3, (4,), 3, grid=(1, 7))), noise(2, 4, 3, 1, 7)
    conv = layer.blocks[0].conv
    rows = nn.functional.conv1d(x.reshape(8, 3, 7), conv.weight[:, :, 0], conv.bias, padding=1)
    torch.testing.assert_close(layer(x), torch.relu(rows).reshape(2, 4, 4, 1, 7))


def test_volume_on_a_table_convolves_along_time() -> None:
    layer, x = randomised(VolumeCNN(3, (4,), 3, pool_size=2)), noise(2, 9, 3, 1, 1)
    conv = layer.blocks[0].conv
    line = x[..., 0, 0].transpose(1, 2)
    line = nn.functional.conv1d(line, conv.weight[..., 0, 0], conv.bias, padding=1)
    line = nn.functional.max_pool1d(torch.relu(line), 2)
    torch.testing.assert_close(layer(x)[..., 0, 0], line.transpose(1, 2))


def test_volume_with_kernels_of_one_frame_is_the_frame_cnn() -> None:
    volume = randomised(VolumeCNN(3, (4,), (1, 3, 3), grid=(4, 5), pool_size=(1, 2, 2)))
    frame = FrameCNN(3, (4,), 3, grid=(4, 5), pool_size=2).double()
    weights = {k: v.squeeze(2) if v.ndim == 5 else v for k, v in volume.state_dict().items()}
    frame.load_state_dict(weights)
    x = noise(2, 6, 3, 4, 5)
    torch.testing.assert_close(volume(x), frame(x))


def test_volume_sees_the_order_of_frames() -> None:
    layer, x = randomised(VolumeCNN(1, (2,), grid=(3, 3))), noise(1, 5, 1, 3, 3)
    assert not torch.allclose(layer(x).mean(1), layer(x.flip(1)).mean(1))


@pytest.mark.parametrize("cnn", CNNS)
@pytest.mark.parametrize(
    ("option", "name", "kind"),
    [
        ({"pool_size": 2}, "blocks.0.pool", nn.Module),
        ({"batch_norm": True}, "blocks.0.norm", nn.Module),
        ({"dropout": 0.3}, "blocks.0.dropout", nn.Dropout),
        ({"reduce": 2}, "reduce", ConvBlock),
        ({"block": ResidualBlock}, "blocks.0.shortcut", nn.Module),
        ({"activation": "elu"}, "blocks.0.activation", nn.ELU),
        ({"channels": (4, 4)}, "blocks.1", ConvBlock),
    ],
)
def test_each_option_adds_a_module_and_changes_the_output(
    cnn: type, option: dict[str, Any], name: str, kind: type
) -> None:
    x = noise(2, 4, 3, 4, 5)
    plain = randomised(cnn(3, channels=(4,), grid=(4, 5)))
    changed = randomised(cnn(3, **{"channels": (4,), "grid": (4, 5), **option}))
    assert isinstance(changed.get_submodule(name), kind)
    modules = dict(plain.named_modules())
    assert name not in modules or not isinstance(modules[name], kind)
    # the same first convolution, so that only the option makes the difference
    first = [
        next(m for m in one.modules() if isinstance(m, CONVOLUTIONS)) for one in (plain, changed)
    ]
    first[1].weight.data.copy_(first[0].weight)
    if first[1].bias is not None:
        first[1].bias.data.copy_(first[0].bias)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        a, b = plain(x), changed(x)
    assert a.shape != b.shape or (a - b).abs().max() > 1e-3


@pytest.mark.parametrize("cnn", CNNS)
@pytest.mark.parametrize("options", OPTIONS)
def test_exports_for_any_batch(cnn: type, options: dict[str, Any]) -> None:
    layer = randomised(cnn(3, (4,), grid=(4, 5), **options))
    program = exported(layer, noise(2, 4, 3, 4, 5))
    x = noise(5, 4, 3, 4, 5, seed=7)
    torch.testing.assert_close(program(x), layer(x))


@pytest.mark.parametrize("cnn", CNNS)
@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1), (1, 1, 2, 1, 3), (1, 3, 1, 3, 1)])
def test_smallest_windows_pass(cnn: type, shape: tuple[int, ...]) -> None:
    layer = cnn(shape[2], (2,), grid=shape[3:])
    assert layer(torch.zeros(shape)).shape == (*shape[:2], 2, *shape[3:])


@pytest.mark.parametrize("cnn", CNNS)
def test_pooling_a_grid_away_is_refused_at_once(cnn: type) -> None:
    with pytest.raises(ShapeError, match=r"leaves nothing of a 1x7 grid\. Pool less.*fewer blocks"):
        cnn(3, (4, 4, 4), grid=(1, 7), pool_size=2)


def test_pooling_an_axis_of_one_cell_is_refused_if_asked_for() -> None:
    with pytest.raises(ShapeError, match=r"Pooling 2x2 cells .* nothing of a 1x7 grid"):
        FrameCNN(3, (4,), grid=(1, 7), pool_size=(2, 2))


def test_pooling_time_away_is_refused() -> None:
    layer = VolumeCNN(1, (2, 2), pool_size=2)
    with pytest.raises(ShapeError, match="needs a window of 4 frames, but it has 3"):
        layer(torch.zeros(2, 3, 1, 1, 1))


@pytest.mark.parametrize("cnn", CNNS)
@pytest.mark.parametrize("value", [0, -1, 1.5, "3", None, (1, 2, 3, 4), (1, 0), True, ()])
@pytest.mark.parametrize("name", ["kernel_size", "pool_size"])
def test_sizes_that_are_no_counts_are_refused(cnn: type, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1"):
        cnn(3, **{"grid": (4, 5), name: value})


@pytest.mark.parametrize("cnn", CNNS)
def test_blocks_without_channels_are_refused(cnn: type) -> None:
    with pytest.raises(ValueError, match=r"channels must be a sequence of one or .*got \(\)"):
        cnn(3, (), grid=(4, 5))
    with pytest.raises(ValueError, match=r"channels must be a sequence of one or .*got \(0,\)"):
        cnn(3, (0,), grid=(4, 5))


@pytest.mark.parametrize("cnn", CNNS)
@pytest.mark.parametrize("shape", [(2, 4, 2, 4, 5), (2, 4, 3, 5, 4), (4, 3, 4, 5), (2, 0, 3, 4, 5)])
def test_wrong_frames_are_refused(cnn: type, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"CNN was built for frames \[B, T, 3, 4, 5\], but got"):
        cnn(3, grid=(4, 5))(torch.zeros(shape))
