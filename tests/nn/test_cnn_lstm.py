"""CNN and LSTM in a row."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from stforecast.exceptions import ShapeError
from stforecast.nn import (
    CNNLSTM,
    LSTM,
    AverageCells,
    DenseHead,
    FlattenCells,
    ForecastNet,
    FrameCNN,
    ResidualBlock,
    SqueezeExcite,
    TemporalTransformer,
    VolumeCNN,
)
from tests.nn.checks import count, exported, idle_weights, noise, randomised


def serial(
    cnn: nn.Module, *bridge: nn.Module, features: int | None = None, hidden: int = 3
) -> CNNLSTM:
    """A seeded row of parts; the LSTM flattens unless told how many features arrive."""
    H, W = cnn.out_grid
    size = cnn.out_channels * H * W if features is None else features
    return randomised(CNNLSTM(cnn, LSTM(size, hidden), bridge=bridge))


def plain(**options: object) -> FrameCNN:
    return FrameCNN(2, (4,), grid=(4, 5), activation="tanh", **options)


ROWS = {
    "plain": lambda: serial(plain()),
    "flatten": lambda: serial(plain(), FlattenCells(4, (4, 5))),
    "average": lambda: serial(plain(), AverageCells(4), features=4),
    "pooled": lambda: serial(plain(pool_size=2)),
    "squeeze_excite": lambda: serial(plain(), SqueezeExcite(4, 2)),
    "transformer": lambda: serial(plain(), AverageCells(4), TemporalTransformer(4), features=4),
    "cascade": lambda: serial(
        FrameCNN(2, (4, 6), grid=(4, 5), block=ResidualBlock, batch_norm=True, reduce=2)
    ),
    "volume": lambda: serial(VolumeCNN(2, (4,), grid=(4, 5), pool_size=2, activation="tanh")),
}


@pytest.mark.parametrize("row", ROWS)
def test_output_is_that_of_the_parts_in_a_row(row: str) -> None:
    layer, x = ROWS[row](), noise(2, 6, 2, 4, 5)
    y = layer.cnn(x)
    for part in layer.bridge:
        y = part(y)
    torch.testing.assert_close(layer(x), layer.lstm(y.flatten(2)))
    assert layer(x)[0].shape == (2, y.shape[1], layer.out_channels)


def test_identity_cnn_leaves_the_lstm() -> None:
    layer = serial(FrameCNN(2, (2,), 1, grid=(4, 5)))
    conv = layer.cnn.blocks[0].conv
    conv.weight.data.copy_(torch.eye(2)[..., None, None])
    conv.bias.data.zero_()
    x = noise(2, 6, 2, 4, 5).abs()  # relu lets positive numbers through
    torch.testing.assert_close(layer(x), layer.lstm(x))


@pytest.mark.parametrize("row", ROWS)
def test_order_of_frames_matters(row: str) -> None:
    layer, x = ROWS[row](), noise(2, 6, 2, 4, 5)
    assert not torch.allclose(layer(x)[0][:, -1], layer(x.flip(1))[0][:, -1])


@pytest.mark.parametrize("row", ["plain", "average", "pooled", "volume"])
def test_every_weight_moves_the_output(row: str) -> None:
    assert idle_weights(ROWS[row](), noise(4, 6, 2, 4, 5)) == []


@pytest.mark.parametrize("row", ["squeeze_excite", "transformer", "cascade"])
def test_every_parameter_gets_gradient(row: str) -> None:
    layer = ROWS[row]()
    layer(noise(8, 6, 2, 4, 5))[0].square().sum().backward()
    assert all((p.grad != 0).any() for p in layer.parameters())


@pytest.mark.parametrize("row", ["average", "squeeze_excite", "volume"])
def test_gradients_are_right(row: str) -> None:
    layer = ROWS[row]()
    x = noise(1, 2, 2, 4, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer(x)[0], x)


@pytest.mark.parametrize("row", [row for row in ROWS if row not in {"plain", "flatten"}])
def test_every_row_differs_from_the_plain_one(row: str) -> None:
    x = noise(2, 6, 2, 4, 5)
    ours, theirs = ROWS[row]()(x)[0], ROWS["plain"]()(x)[0]
    assert ours.shape != theirs.shape or not torch.allclose(ours, theirs)


@pytest.mark.parametrize(
    ("row", "name", "kind"),
    [
        ("squeeze_excite", "bridge.0", SqueezeExcite),
        ("transformer", "bridge.1", TemporalTransformer),
        ("average", "bridge.0", AverageCells),
        ("volume", "cnn", VolumeCNN),
        ("cascade", "cnn.blocks.1", ResidualBlock),
    ],
)
def test_parts_are_named_modules(row: str, name: str, kind: type[nn.Module]) -> None:
    assert isinstance(ROWS[row]().get_submodule(name), kind)


def test_flattening_in_between_is_what_the_lstm_does() -> None:
    x = noise(2, 6, 2, 4, 5)
    torch.testing.assert_close(ROWS["flatten"]()(x), ROWS["plain"]()(x))


def blob(row: int, column: int) -> torch.Tensor:
    x = torch.zeros(1, 3, 1, 9, 9, dtype=torch.float64)
    x[..., row : row + 2, column : column + 2] = 1
    return x


def test_flattened_maps_take_a_moved_object_for_another() -> None:
    layer = serial(FrameCNN(1, (4,), grid=(9, 9)))
    assert not torch.allclose(layer(blob(3, 3))[0], layer(blob(4, 5))[0])


def test_averaged_maps_do_not_tell_where_an_object_is() -> None:
    layer = serial(FrameCNN(1, (4,), grid=(9, 9)), AverageCells(4), features=4)
    torch.testing.assert_close(layer(blob(3, 3))[0], layer(blob(4, 5))[0])
    assert not torch.allclose(layer(blob(3, 3))[0], layer(2 * blob(4, 5))[0])


def test_two_halves_equal_the_whole() -> None:
    layer, x = ROWS["plain"](), noise(2, 6, 2, 4, 5)
    early, state = layer(x[:, :2])
    late, end = layer(x[:, 2:], state)
    output, whole = layer(x)
    torch.testing.assert_close(torch.cat([early, late], dim=1), output)
    torch.testing.assert_close(end, whole)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1), (1, 1, 2, 1, 7), (2, 8, 3, 5, 1)])
def test_smallest_windows_pass(shape: tuple[int, ...]) -> None:
    B, T, C, H, W = shape
    layer = serial(FrameCNN(C, (4,), grid=(H, W)))
    assert layer(noise(*shape))[0].shape == (B, T, 3)


def test_bidirectional_lstm_tells_which_channels_run_backwards() -> None:
    layer = CNNLSTM(plain(), LSTM(80, 3, bidirectional=True))
    assert (layer.out_channels, layer.reverse_channels) == (6, 3)


def test_weekly_frames_need_few_parameters() -> None:
    cnn = FrameCNN(8, (16,), grid=(1, 7), reduce=8)
    net = ForecastNet(CNNLSTM(cnn, LSTM(56, 20)), DenseHead(20, 7, known=(7, 6), hidden=16))
    assert 6_000 < count(net) < 12_000


@pytest.mark.filterwarnings("ignore:The tensor attributes:UserWarning")  # torch's own LSTM
@pytest.mark.parametrize("row", ROWS)
def test_exports_for_any_batch(row: str) -> None:
    layer = ROWS[row]()
    program = exported(layer, noise(2, 6, 2, 4, 5))
    x = noise(5, 6, 2, 4, 5, seed=3)
    torch.testing.assert_close(program(x), layer(x))


def test_an_lstm_that_does_not_fit_the_cnn_is_refused() -> None:
    with pytest.raises(ShapeError, match="built for frames of 7 numbers"):
        serial(plain(), features=7)(noise(2, 6, 2, 4, 5))
