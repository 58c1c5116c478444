from __future__ import annotations

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stforecast.nn import recurrence
from stforecast.nn.convlstm import ConvLSTM
from stforecast.nn.convlstm_cell import CELLS, ConvLSTMCell
from stforecast.nn.gates import PeepholeGates, ZoneoutGates
from tests.nn import oracles_convlstm as oracle
from tests.nn.checks import exported
from tests.nn.test_convlstm_cell import KERNEL, arrays, weights_of

STACKS = [
    {"num_layers": 2},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 2, "residual": True},
    {"num_layers": 2, "bidirectional": True, "residual": True, "return_sequences": False},
]


def frames(*shape, dtype=torch.float64, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def only_cell(layer):
    return layer.layers[0].cell


@settings(max_examples=25, deadline=None)
@given(
    kernel=KERNEL,
    B=st.integers(1, 3),
    T=st.integers(1, 4),
    H=st.integers(1, 4),
    W=st.sampled_from([1, 3, 4, 29]),  # 29 cells are no small grid
)
def test_windows_of_any_shape_equal_the_equations(kernel, B, T, H, W):
    F = 2
    layer = ConvLSTM(2, F, kernel).double()
    x, h, c = frames(B, T, 2, H, W), frames(1, B, F, H, W, seed=1), frames(1, B, F, H, W, seed=2)
    output, state = layer(x, (h, c))
    expected, last = oracle.run(*arrays(x, h[0], c[0]), **weights_of(only_cell(layer)))
    np.testing.assert_allclose(output.detach().numpy(), expected, atol=1e-12)
    for got, wanted in zip(state, last, strict=True):
        np.testing.assert_allclose(got[0].detach().numpy(), wanted, atol=1e-12)


@pytest.mark.parametrize("grid", [(1, 3), (1, 7), (5, 6)])
def test_single_precision_equals_the_equations_to_rounding(grid):
    layer = ConvLSTM(2, 8, 3)
    x = frames(2, 6, 2, *grid, dtype=torch.float32)
    zeros = np.zeros((2, 8, *grid))
    expected, _ = oracle.run(x.numpy(), zeros, zeros, **weights_of(only_cell(layer)))
    np.testing.assert_allclose(layer(x)[0].detach().numpy(), expected, atol=2e-6)


@pytest.mark.parametrize("grid", [(1, 2), (2, 3), (2, 15)])
@pytest.mark.parametrize("name", ["Wx", "Wh", "bias"])
def test_gradients_of_a_window_equal_the_slopes_of_the_equations(name, grid):
    layer = ConvLSTM(1, 2, (1, 2)).double()
    x, zeros = frames(1, 3, 1, *grid), np.zeros((1, 2, *grid))
    cell = only_cell(layer)
    weights = weights_of(cell)
    layer(x)[0].square().sum().backward()
    parameter = {
        "Wx": cell.input_conv.weight,
        "Wh": cell.state_conv.weight,
        "bias": cell.input_conv.bias,
    }[name]
    few = weights[name][:3]

    def loss(value):
        changed = np.concatenate([value, weights[name][3:]])
        return (oracle.run(x.numpy(), zeros, zeros, **weights | {name: changed})[0] ** 2).sum()

    np.testing.assert_allclose(parameter.grad[:3].numpy(), oracle.slopes(loss, few), atol=1e-7)


@pytest.mark.parametrize("kernel", [1, 3, (2, 5)])
@pytest.mark.parametrize("way", ["kernel", "dense", "by hand", "steps"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_on_one_cell_it_is_torchs_lstm(kernel, way, bidirectional, monkeypatch):
    go_by(way, monkeypatch)
    ours = ConvLSTM(3, 5, kernel, num_layers=2, bidirectional=bidirectional).double()
    theirs = torch.nn.LSTM(3, 5, 2, batch_first=True, bidirectional=bidirectional).double()
    copy_weights(ours, theirs)
    x, h = frames(4, 6, 3, 1, 1), frames(2 + 2 * bidirectional, 4, 5, 1, 1, seed=1)
    output, state = ours(x, (h, -h))
    expected, last = theirs(x.flatten(2), (h.flatten(2), -h.flatten(2)))
    torch.testing.assert_close(output.flatten(2), expected)
    torch.testing.assert_close(state[0].flatten(2), last[0])
    torch.testing.assert_close(state[1].flatten(2), last[1])


def go_by(way, monkeypatch):
    """Let recurrences go by one of their ways; the kernel, if there is one."""
    if way != "kernel":
        monkeypatch.setattr(recurrence, "has_kernel", lambda *_: False)
    if way == "by hand":
        monkeypatch.setattr(recurrence, "SMALL_CELLS", 0)
    if way == "steps":
        monkeypatch.setattr(recurrence, "tanh_weights", lambda _: None)


@torch.no_grad()
def copy_weights(ours, theirs):
    for number, layer in enumerate(ours.layers):
        cells = [layer.forward_cell, layer.reverse_cell] if ours.reverse_channels else [layer.cell]
        for cell, end in zip(cells, ("", "_reverse"), strict=False):
            kernel = cell.input_conv.weight.shape[2:]
            middle = (..., (kernel[0] - 1) // 2, (kernel[1] - 1) // 2)
            name = f"l{number}{end}"
            cell.input_conv.weight[middle] = getattr(theirs, f"weight_ih_{name}")
            cell.state_conv.weight[middle] = getattr(theirs, f"weight_hh_{name}")
            bias = getattr(theirs, f"bias_ih_{name}") + getattr(theirs, f"bias_hh_{name}")
            cell.input_conv.bias.copy_(bias)


@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("grid", [(1, 7), (6, 6)])
def test_two_halves_with_the_state_handed_over_equal_the_whole(cell, grid):
    layer = ConvLSTM(2, 6, num_layers=2, cell=cell, residual=True).double().eval()
    x = frames(3, 8, 2, *grid)
    whole, last = layer(x)
    first, state = layer(x[:, :5])
    second, state = layer(x[:, 5:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(state, last)


@pytest.mark.parametrize("cell", ["plain", "peephole", "separable", "gatewise"])
def test_moving_the_input_moves_the_output(cell):
    layer = ConvLSTM(1, 4, cell=cell).double()
    x = torch.zeros(1, 3, 1, 7, 9, dtype=torch.float64)
    x[:, 0, :, 3, 3] = 1.0
    x[:, 1, :, 3, 4] = 1.0
    moved = layer(x.roll((-1, 2), (3, 4)))[0]
    inside = (..., slice(1, 5), slice(3, 8))  # clear of the edges, whose padding stays in place
    expected = layer(x)[0].roll((-1, 2), (3, 4))
    assert moved[inside].std() > 1e-3
    torch.testing.assert_close(moved[:, :2][inside], expected[:, :2][inside])


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("grid", [(1, 5), (6, 6)])
def test_every_parameter_learns(cell, stack, grid):
    torch.manual_seed(0)
    layer = ConvLSTM(2, 6, cell=cell, dropout=0.1, **stack)
    before = copy.deepcopy(layer.state_dict())
    optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
    output, (h, c) = layer(torch.randn(3, 4, 2, *grid))
    (output.square().sum() + h.sum() + c.sum()).backward()
    still = [n for n, p in layer.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert not still
    optimizer.step()
    assert not [name for name, value in layer.state_dict().items() if value.equal(before[name])]


@pytest.mark.parametrize("stack", STACKS)
def test_gradients_of_stacks_are_exact(stack):
    torch.manual_seed(0)
    layer = ConvLSTM(1, 2, (2, 3), cell="peephole", **stack).double()
    names, weights = zip(*layer.named_parameters(), strict=True)

    def forward(x, *values):
        output, state = torch.func.functional_call(layer, dict(zip(names, values, strict=True)), x)
        return output, *state

    x = frames(1, 3, 1, 2, 3).requires_grad_()
    assert torch.autograd.gradcheck(forward, (x, *weights), fast_mode=True)


def test_peepholes_of_every_gate_move():
    layer = ConvLSTM(1, 4, cell="peephole")
    layer(torch.randn(2, 3, 1, 5, 5))[0].sum().backward()
    assert (only_cell(layer).gates.peephole.grad.abs() > 0).all()


@pytest.mark.parametrize("grid", [(1, 1), (4, 4), (6, 6)])
def test_the_order_of_the_frames_matters(grid):
    layer, x = ConvLSTM(1, 4).double(), frames(1, 4, 1, *grid)
    assert (layer(x)[1][0] - layer(x.flip(1))[1][0]).abs().max() > 1e-3


@pytest.mark.parametrize("stack", STACKS)
def test_zero_weights_and_zero_state_give_zero(stack):
    layer = ConvLSTM(2, 3, **stack)
    for parameter in layer.parameters():
        torch.nn.init.zeros_(parameter)
    output, state = layer(torch.randn(2, 4, 2, 3, 3))
    assert not torch.cat([output.flatten(), *(part.flatten() for part in state)]).any()


def test_zero_frames_and_zero_biases_leave_a_zero_state():
    layer = ConvLSTM(2, 3)
    torch.nn.init.zeros_(only_cell(layer).input_conv.bias)
    assert not layer(torch.zeros(2, 4, 2, 3, 3))[0].any()


def test_residual_adds_the_input_and_projects_it_where_channels_differ():
    layer = ConvLSTM(3, 4, num_layers=2, residual=True).double()
    first, second = layer.layers
    x = frames(2, 3, 3, 5, 5)
    zeros = torch.zeros(1, 2, 4, 5, 5, dtype=torch.float64)
    weight = first.project.weight[:, :, 0, 0]
    below = first.layer(x, (zeros, zeros))[0] + torch.einsum("btchw,fc->btfhw", x, weight)
    expected = second.layer(below, (zeros, zeros))[0] + below
    torch.testing.assert_close(layer(x)[0], expected)


def test_backward_channels_are_the_same_cell_on_the_window_turned_round():
    layer = ConvLSTM(2, 3, bidirectional=True).double()
    pair = layer.layers[0]
    pair.reverse_cell.load_state_dict(pair.forward_cell.state_dict())
    x = frames(2, 5, 2, 4, 4)
    output, (h, _) = layer(x)
    torch.testing.assert_close(output[:, :, 3:], layer(x.flip(1))[0][:, :, :3].flip(1))
    torch.testing.assert_close(h[1], output[:, 0, 3:])
    assert layer.reverse_channels == 3


@pytest.mark.parametrize("bidirectional", [False, True])
def test_without_sequences_the_output_is_the_last_layers_last_state(bidirectional):
    layer = ConvLSTM(
        2, 3, num_layers=2, bidirectional=bidirectional, return_sequences=False
    ).double()
    output, (h, _) = layer(frames(2, 5, 2, 4, 4))
    assert output.shape == (2, 1, layer.out_channels, 4, 4)
    torch.testing.assert_close(output[:, 0], torch.cat(list(h[-1 - bidirectional :]), dim=1))


def test_dropout_drops_every_layers_output_in_training_only():
    torch.manual_seed(0)
    layer, x = ConvLSTM(1, 4, dropout=0.5), torch.randn(8, 4, 1, 6, 6)
    output, (h, _) = layer(x)
    kept = output != 0
    assert abs(kept.double().mean().item() - 0.5) < 0.03
    plain, _ = layer.eval()(x)
    torch.testing.assert_close(output[kept], 2 * plain[kept])
    torch.testing.assert_close(h[-1], plain[:, -1])


@pytest.mark.parametrize(
    "option",
    [
        {"num_layers": 2},
        {"residual": True},
        {"kernel_size": (1, 3)},
        *({"cell": cell} for cell in CELLS if cell not in ("plain", "peephole")),
        {"cell": partial(ConvLSTMCell, activation="relu")},
        {"cell": partial(ConvLSTMCell, dilation=2)},
    ],
    ids=str,
)
def test_every_option_changes_the_output(option):
    x = frames(1, 4, 1, 5, 5, dtype=torch.float32)
    torch.manual_seed(0)
    plain, changed = ConvLSTM(1, 4).eval(), ConvLSTM(1, 4, **option).eval()
    # the weights that both have are the same, so that only the option makes the difference
    ours, theirs = plain.state_dict(), changed.state_dict()
    if "kernel_size" in option:
        ours = {k: v[:, :, 1:2] if v.ndim == 4 else v for k, v in ours.items()}  # the middle row
    if "residual" in option:
        ours = {k.replace("layers.0.", "layers.0.layer."): v for k, v in ours.items()}
    shared = {k: v for k, v in ours.items() if k in theirs and theirs[k].shape == v.shape}
    assert shared or option.get("cell") in ("gru", "rnn")  # these have other gates
    changed.load_state_dict(theirs | shared)
    assert (plain(x)[0] - changed(x)[0]).abs().max() > 1e-3


def test_a_cell_of_ones_own_needs_only_project_and_step():
    class Sum(torch.nn.Module):
        hidden_channels = 1

        def __init__(self, in_channels, hidden_channels, kernel_size):
            super().__init__()

        def project(self, x):
            return x

        def step(self, projected, state):
            return state[0] + projected, state[1]

    x = frames(2, 5, 1, 3, 3)
    torch.testing.assert_close(ConvLSTM(1, 1, cell=Sum)(x)[0], x.cumsum(1))


def test_a_convolution_of_ones_own_is_run_as_it_is():
    round_edge = partial(torch.nn.Conv2d, padding="same", padding_mode="circular")
    layer = ConvLSTM(1, 3, cell=partial(ConvLSTMCell, conv=round_edge)).double()
    x = frames(1, 3, 1, 4, 5)
    expected = layer(x)[0].roll((1, 2), (3, 4))
    torch.testing.assert_close(layer(x.roll((1, 2), (3, 4)))[0], expected)


@pytest.mark.parametrize("grid", [(1, 3), (1, 7), (6, 6)])
def test_prediction_without_gradients_gives_the_same_numbers(grid):
    layer, x = ConvLSTM(1, 3, num_layers=2).double(), frames(2, 3, 1, *grid)
    with torch.inference_mode():
        output, state = layer(x)
    torch.testing.assert_close(output, layer(x)[0])
    assert not output.requires_grad
    assert not state[0].requires_grad


def test_peepholes_by_cell_and_zoneout_compose_inside_the_layer():
    gates = partial(ZoneoutGates, gates=partial(PeepholeGates, grid=(3, 4)))
    layer = ConvLSTM(1, 2, cell=partial(ConvLSTMCell, gates=gates)).double().eval()
    peepholes = only_cell(layer).gates.gates
    assert peepholes.peephole.shape[2:] == (3, 4)
    torch.nn.init.normal_(peepholes.peephole, generator=torch.Generator().manual_seed(0))
    x = frames(2, 3, 1, 3, 4)
    alone = ConvLSTM(1, 2, cell=partial(ConvLSTMCell, gates=partial(PeepholeGates, grid=(3, 4))))
    alone.double().load_state_dict(
        {name.replace("gates.gates.", "gates."): v for name, v in layer.state_dict().items()}
    )
    states, expected = layer(x)[0], alone(x)[0]
    rate = only_cell(layer).gates.hidden_rate
    assert states.shape == (2, 3, 2, 3, 4)
    # without training, zoneout keeps a share of the state before; before the first frame it is 0
    torch.testing.assert_close(states[:, 0], (1 - rate) * expected[:, 0])
    assert (states - expected).abs().max() > 1e-3


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("cell", list(CELLS))
def test_layers_survive_pickle_and_copy(cell, stack):
    layer = ConvLSTM(2, 3, cell=cell, **stack).eval()
    x = torch.randn(2, 3, 2, 4, 5)
    for twin in (pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer)):
        torch.testing.assert_close(twin(x)[0], layer(x)[0], atol=0, rtol=0)


@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("grid", [(1, 3), (8, 8)])
def test_layers_export(cell, grid):
    layer = ConvLSTM(2, 3, num_layers=2, bidirectional=True, cell=cell).eval()
    program = exported(layer, torch.randn(2, 3, 2, *grid))
    x = torch.randn(5, 3, 2, *grid)
    torch.testing.assert_close(program(x)[0], layer(x)[0])


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((2, 3, 1, 4), r"got \[2, 3, 1, 4\]"),
        ((2, 3, 5, 4, 4), r"got \[2, 3, 5, 4, 4\]"),
        ((2, 0, 1, 4, 4), r"got \[2, 0, 1, 4, 4\]"),
    ],
)
def test_frames_of_another_shape_are_refused(shape, shown):
    with pytest.raises(ValueError, match=rf"ConvLSTM was built for frames \[B, T, 1, .*{shown}"):
        ConvLSTM(1, 4)(torch.zeros(shape))


def test_a_state_of_another_shape_is_refused():
    layer = ConvLSTM(1, 4, num_layers=2)
    h = torch.zeros(1, 2, 4, 5, 5)
    with pytest.raises(ValueError, match=r"\[L, B, F, H, W\] = \[2, 2, 4, 5, 5\], but got"):
        layer(torch.zeros(2, 3, 1, 5, 5), (h, h))


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_dropout_outside_zero_and_one_is_refused(dropout):
    with pytest.raises(ValueError, match=r"dropout must be a number in \[0, 1\)"):
        ConvLSTM(1, 4, dropout=dropout)


def test_a_stack_without_layers_is_refused():
    with pytest.raises(ValueError, match="num_layers must be an integer of at least 1, got 0"):
        ConvLSTM(1, 4, num_layers=0)
