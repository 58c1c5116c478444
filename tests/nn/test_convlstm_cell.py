from __future__ import annotations

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from stforecast.nn.convlstm_cell import CELLS, ConvLSTMCell, SeparableConvLSTMCell, resolve_cell
from stforecast.nn.gates import LSTMGates, NormGates, PeepholeGates, ZoneoutGates
from stforecast.nn.gatewise_conv import GatewiseConv2d
from stforecast.nn.same_conv import SameConv2d
from tests.nn import oracles_convlstm as oracle

KERNEL = st.tuples(st.integers(1, 4), st.integers(1, 4))


def weights_of(cell):
    return {
        "Wx": cell.input_conv.weight.detach().numpy(),
        "Wh": cell.state_conv.weight.detach().numpy(),
        "bias": cell.input_conv.bias.detach().numpy(),
        "dilation": cell.input_conv.dilation,
    }


def random_case(cell, B=2, C=2, H=3, W=4, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.add_(0.3 * draw(*parameter.shape))
    F = cell.hidden_channels
    return draw(B, C, H, W), (draw(B, F, H, W), draw(B, F, H, W))


def arrays(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def assert_state(state, expected, atol=1e-12):
    for got, wanted in zip(state, expected, strict=True):
        np.testing.assert_allclose(got.detach().numpy(), wanted, atol=atol)


@settings(max_examples=30, deadline=None)
@given(kernel=KERNEL, state_kernel=KERNEL, H=st.integers(1, 5), W=st.integers(1, 5), data=st.data())
def test_step_equals_the_equations_for_any_kernel_dilation_and_grid(
    kernel, state_kernel, H, W, data
):
    dilation = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    cell = ConvLSTMCell(2, 3, kernel, state_kernel_size=state_kernel, dilation=dilation).double()
    x, state = random_case(cell, H=H, W=W)
    assert_state(cell(x, state), oracle.step(*arrays(x, *state), **weights_of(cell)))


@pytest.mark.parametrize("activation", list(oracle.ACTIVATIONS))
def test_every_activation_equals_the_equations(activation):
    cell = ConvLSTMCell(2, 3, activation=activation).double()
    x, state = random_case(cell)
    expected = oracle.step(*arrays(x, *state), **weights_of(cell), activation=activation)
    assert_state(cell(x, state), expected)


@pytest.mark.parametrize("grid", [(1, 1), (3, 4)])
def test_peepholes_equal_the_equations(grid):
    cell = ConvLSTMCell(2, 3, gates=partial(PeepholeGates, grid=grid)).double()
    x, state = random_case(cell)
    peephole = cell.gates.peephole.detach().numpy()
    assert np.abs(peephole).min() > 0
    expected = oracle.step(*arrays(x, *state), **weights_of(cell), peephole=peephole)
    assert_state(cell(x, state), expected)


def test_peepholes_of_zero_are_the_plain_cell():
    plain = ConvLSTMCell(2, 3).double()
    peephole = ConvLSTMCell(2, 3, gates=PeepholeGates).double()
    peephole.load_state_dict(plain.state_dict(), strict=False)
    x, state = random_case(ConvLSTMCell(2, 3).double())
    assert_state(peephole(x, state), arrays(*plain(x, state)), atol=0)


@pytest.mark.parametrize(("channels", "groups"), [(3, 1), (4, 2)])
def test_norm_equals_the_equations(channels, groups):
    cell = ConvLSTMCell(2, channels, gates=partial(NormGates, groups=groups)).double()
    x, (h, c) = random_case(cell)
    w, gates = weights_of(cell), cell.gates
    z = oracle.convolve(x.numpy(), w["Wx"]) + oracle.convolve(h.numpy(), w["Wh"])
    z = z + w["bias"][:, None, None]
    z = oracle.normalise(z, 4 * groups, *arrays(gates.gate_norm.weight, gates.gate_norm.bias))
    i, f, g, o = np.split(z, 4, axis=1)
    memory = oracle.sigmoid(f) * c.numpy() + oracle.sigmoid(i) * np.tanh(g)
    shown = oracle.normalise(
        memory, groups, *arrays(gates.memory_norm.weight, gates.memory_norm.bias)
    )
    assert_state(cell(x, (h, c)), (oracle.sigmoid(o) * np.tanh(shown), memory))


def test_norm_on_one_cell_is_layer_norm():
    gates = NormGates(5).double()
    z = torch.randn(3, 20, 1, 1, dtype=torch.float64)
    normed = gates.gate_norm(z)[:, :5, 0, 0]
    torch.testing.assert_close(normed, functional.layer_norm(z[:, :5, 0, 0], (5,)))


def test_separable_is_the_full_kernel_with_one_row_and_one_column():
    separable = SeparableConvLSTMCell(2, 3, (5, 3)).double()
    full = ConvLSTMCell(2, 3, (5, 3)).double()
    x, state = random_case(separable, H=6, W=7)
    with torch.no_grad():
        full.input_conv.weight.zero_()[:, :, 2:3] = separable.input_conv.weight
        full.state_conv.weight.zero_()[:, :, :, 1:2] = separable.state_conv.weight
        full.input_conv.bias.copy_(separable.input_conv.bias)
    assert_state(separable(x, state), arrays(*full(x, state)))


@pytest.mark.parametrize("gates", ["i", "fo", "ifg"])
@pytest.mark.parametrize("kernel", [3, (2, 4)])
def test_gatewise_equals_the_equations_and_its_other_gates_see_one_cell(gates, kernel):
    cell = ConvLSTMCell(2, 3, kernel, conv=partial(GatewiseConv2d, gates=gates)).double()
    x, state = random_case(cell)
    assert_state(cell(x, state), oracle.step(*arrays(x, *state), **weights_of(cell)))
    taps = (cell.input_conv.weight != 0).flatten(2).sum(2).reshape(4, -1)
    size = cell.input_conv.spatial[0, 0].numel()
    assert [set(gate.tolist()) for gate in taps] == [{size if g in gates else 1} for g in "ifgo"]


def test_gatewise_with_all_gates_is_the_plain_cell():
    gatewise = ConvLSTMCell(2, 3, conv=partial(GatewiseConv2d, gates="ifgo"))
    assert gatewise.input_conv.pointwise is None
    plain = ConvLSTMCell(2, 3)
    with torch.no_grad():
        for mine, theirs in zip(gatewise.parameters(), plain.parameters(), strict=True):
            mine.copy_(theirs)
    x = torch.randn(2, 2, 4, 4)
    torch.testing.assert_close(gatewise(x), plain(x))


def test_zoneout_in_prediction_is_the_expected_mix():
    cell = ConvLSTMCell(2, 3, gates=partial(ZoneoutGates, hidden_rate=0.2, memory_rate=0.4))
    cell = cell.double().eval()
    x, state = random_case(cell)
    new = oracle.step(*arrays(x, *state), **weights_of(cell))
    h, c = arrays(*state)
    assert_state(cell(x, state), (0.2 * h + 0.8 * new[0], 0.4 * c + 0.6 * new[1]))


def test_zoneout_in_training_keeps_that_share_of_the_old_state_and_takes_the_rest_new():
    gates = ZoneoutGates(4, hidden_rate=0.25, memory_rate=0.5)
    z, state = torch.randn(8, 16, 20, 20), (torch.randn(8, 4, 20, 20), torch.randn(8, 4, 20, 20))
    torch.manual_seed(3)
    for got, old, new, rate in zip(
        gates(z, state), state, LSTMGates(4)(z, state), (0.25, 0.5), strict=True
    ):
        kept = got == old
        assert abs(kept.double().mean().item() - rate) < 0.02
        torch.testing.assert_close(got[~kept], new[~kept])


def test_zoneout_wraps_other_gates():
    make = partial(ZoneoutGates, hidden_rate=0.0, memory_rate=0.0, gates=PeepholeGates)
    cell = ConvLSTMCell(2, 3, gates=make).double()
    x, state = random_case(cell)
    peephole = cell.gates.gates.peephole.detach().numpy()
    expected = oracle.step(*arrays(x, *state), **weights_of(cell), peephole=peephole)
    assert_state(cell(x, state), expected)


@pytest.mark.parametrize("name", list(CELLS))
def test_gradients_are_exact(name):
    torch.manual_seed(0)
    cell = CELLS[name](2, 2, (2, 3)).double().eval()
    x, (h, c) = random_case(cell, B=1, H=2, W=3)
    inputs = [tensor.requires_grad_() for tensor in (x, h, c)]
    names, parameters = zip(*cell.named_parameters(), strict=True)

    def forward(x, h, c, *values):
        by_name = dict(zip(names, values, strict=True))
        return torch.func.functional_call(cell, by_name, (x, (h, c)))

    assert torch.autograd.gradcheck(forward, (*inputs, *parameters))


@pytest.mark.parametrize("name", ["Wx", "Wh", "bias", "peephole"])
def test_gradients_equal_the_slopes_of_the_equations(name):
    cell = ConvLSTMCell(1, 2, (2, 3), gates=PeepholeGates).double()
    x, state = random_case(cell, B=1, C=1, H=2, W=3)
    weights = weights_of(cell) | {"peephole": cell.gates.peephole.detach().numpy()}

    def loss(value):
        return sum(
            (part**2).sum() for part in oracle.step(*arrays(x, *state), **weights | {name: value})
        )

    sum(part.square().sum() for part in cell(x, state)).backward()
    parameter = {
        "Wx": cell.input_conv.weight,
        "Wh": cell.state_conv.weight,
        "bias": cell.input_conv.bias,
        "peephole": cell.gates.peephole,
    }[name]
    np.testing.assert_allclose(
        parameter.grad.numpy(), oracle.slopes(loss, weights[name]), atol=1e-7
    )


@pytest.mark.parametrize("name", [name for name in CELLS if name not in ("gru", "rnn")])
def test_every_cell_starts_remembering(name):
    cell = CELLS[name](2, 8, 3)
    norms = [module for module in cell.modules() if isinstance(module, torch.nn.GroupNorm)]
    bias = norms[0].bias if norms else cell.input_conv.bias
    expected = torch.zeros(4, 8)
    expected[1] = 1
    torch.testing.assert_close(bias.detach().reshape(4, 8), expected)


def test_state_kernels_start_orthogonal():
    weight = ConvLSTMCell(1, 4, 3).state_conv.weight.detach().flatten(1)
    torch.testing.assert_close(weight @ weight.T, torch.eye(16), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", list(CELLS))
def test_cells_survive_pickle_and_copy(name):
    cell = CELLS[name](2, 3, 3).eval()
    x = torch.randn(2, 2, 4, 5)
    for twin in (pickle.loads(pickle.dumps(cell)), copy.deepcopy(cell)):
        torch.testing.assert_close(twin(x), cell(x), atol=0, rtol=0)


@settings(max_examples=30, deadline=None)
@given(kernel=KERNEL, dilation=KERNEL, H=st.integers(1, 6), W=st.integers(1, 6))
def test_same_convolution_keeps_the_grid_and_equals_the_equations(kernel, dilation, H, W):
    conv = SameConv2d(2, 3, kernel, dilation=dilation).double()
    x = torch.randn(2, 2, H, W, dtype=torch.float64)
    expected = oracle.convolve(x.numpy(), conv.weight.detach().numpy(), dilation)
    np.testing.assert_allclose(conv(x).detach().numpy(), expected, atol=1e-12)


def test_the_odd_cell_of_an_even_kernel_lies_to_the_right():
    conv = SameConv2d(1, 1, (1, 2), bias=False)
    torch.nn.init.ones_(conv.weight)
    assert conv(torch.tensor([[[[1.0, 10.0, 100.0]]]])).flatten().tolist() == [11.0, 110.0, 100.0]


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", None, (1, 2, 3), (3, 0), True, ()])
@pytest.mark.parametrize("name", ["kernel_size", "dilation"])
@pytest.mark.parametrize("cell", [ConvLSTMCell, SeparableConvLSTMCell])
def test_sizes_that_are_no_counts_are_refused(cell, name, value):
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1, or 2 of them"):
        cell(1, 4, **{name: value})


@pytest.mark.parametrize(("channels", "named"), [((0, 4), "in_channels"), ((1, 0), "hidden_chann")])
def test_a_cell_without_channels_is_refused(channels, named):
    with pytest.raises(ValueError, match=f"{named}.* must be an integer of at least 1, got 0"):
        ConvLSTMCell(*channels)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="cell must be 'plain', 'peephole'"):
        resolve_cell("peep")
    with pytest.raises(ValueError, match="activation must be"):
        ConvLSTMCell(1, 4, activation="than")


@pytest.mark.parametrize("gates", ["", "x", "ii"])
def test_letters_that_are_no_gates_are_refused(gates):
    with pytest.raises(
        ValueError, match="gates must be one or more of the letters of 'ifgo', each once"
    ):
        GatewiseConv2d(1, 8, 3, gates=gates)


def test_channels_that_four_gates_cannot_share_are_refused():
    with pytest.raises(ValueError, match="10 is not a multiple of 4"):
        GatewiseConv2d(1, 10, 3)


def test_peepholes_of_another_grid_are_refused():
    cell = ConvLSTMCell(1, 2, gates=partial(PeepholeGates, grid=(1, 7)))
    with pytest.raises(ValueError, match=r"built for a grid of \(1, 7\) cells"):
        cell(torch.zeros(2, 1, 4, 7))


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_zoneout_rates_outside_zero_and_one_are_refused(rate):
    with pytest.raises(ValueError, match=r"memory_rate must be a number in \[0, 1\)"):
        ZoneoutGates(4, memory_rate=rate)


@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (4, 4), (6, 4)])
def test_groups_that_do_not_share_the_channels_are_refused(channels, groups):
    with pytest.raises(ValueError, match=f"2 hidden channels.* {channels} channels in {groups}"):
        NormGates(channels, groups=groups)
