"""The convolutional GRU and the plain recurrent cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stforecast.nn import ConvLSTM
from stforecast.nn.convgru_cell import ConvGRUCell, ConvRNNCell
from tests.nn import oracles_convlstm as oracle
from tests.nn.checks import noise, randomised

KERNEL = st.tuples(st.integers(1, 4), st.integers(1, 4))
STEPS = {ConvGRUCell: oracle.gru_step, ConvRNNCell: oracle.rnn_step}


def weights_of(cell):
    weights = {
        "Wx": cell.input_conv.weight,
        "Wh": cell.state_conv.weight,
        "b": cell.input_conv.bias,
        "b_h": cell.state_conv.bias,
    }
    arrays = {n: one.detach().numpy() for n, one in weights.items() if one is not None}
    return arrays | {"dilation": cell.input_conv.dilation}


@settings(max_examples=20, deadline=None)
@given(kernel=KERNEL, state_kernel=KERNEL, H=st.integers(1, 4), W=st.integers(1, 4), data=st.data())
def test_step_equals_the_equations_for_any_kernel_dilation_and_grid(
    kernel, state_kernel, H, W, data
):
    make = data.draw(st.sampled_from(list(STEPS)))
    dilation = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    cell = randomised(make(2, 3, kernel, state_kernel_size=state_kernel, dilation=dilation))
    x, h, ignored = noise(2, 2, H, W), noise(2, 3, H, W, seed=1), noise(2, 3, H, W, seed=2)
    after, twin = cell(x, (h, ignored))
    expected = STEPS[make](x.numpy(), h.numpy(), **weights_of(cell))
    np.testing.assert_allclose(after.detach(), expected, atol=1e-12)
    assert twin is after


@pytest.mark.parametrize("activation", list(oracle.ACTIVATIONS))
@pytest.mark.parametrize("make", STEPS)
def test_every_activation_equals_the_equations(make, activation):
    cell = randomised(make(2, 3, activation=activation))
    x, h = noise(2, 2, 3, 4), noise(2, 3, 3, 4, seed=1)
    expected = STEPS[make](x.numpy(), h.numpy(), **weights_of(cell), activation=activation)
    np.testing.assert_allclose(cell(x, (h, h))[0].detach(), expected, atol=1e-12)


@pytest.mark.parametrize("name", ["Wx", "Wh", "b", "b_h"])
@pytest.mark.parametrize("make", STEPS)
def test_gradients_equal_the_slopes_of_the_equations(make, name):
    cell = randomised(make(1, 2, (2, 3)))
    x, h = noise(1, 1, 2, 3), noise(1, 2, 2, 3, seed=1)
    weights = weights_of(cell)
    if name not in weights:
        assert cell.state_conv.bias is None
        return
    cell(x, (h, h))[0].square().sum().backward()

    def loss(value):
        return (STEPS[make](x.numpy(), h.numpy(), **weights | {name: value}) ** 2).sum()

    conv = cell.input_conv if name in ("Wx", "b") else cell.state_conv
    slope = (conv.weight if name.startswith("W") else conv.bias).grad.numpy()
    np.testing.assert_allclose(slope, oracle.slopes(loss, weights[name]), atol=1e-7)


@pytest.mark.parametrize(("name", "theirs"), [("gru", torch.nn.GRUCell), ("rnn", torch.nn.RNNCell)])
def test_on_one_cell_it_is_torch_and_so_are_its_slopes(name, theirs):
    layer = ConvLSTM(3, 4, 1, cell=name).double()
    cell, twin = randomised(layer.layers[0].cell), theirs(3, 4).double()
    with torch.no_grad():
        for kind, conv in (("ih", cell.input_conv), ("hh", cell.state_conv)):
            twin.get_parameter(f"weight_{kind}").copy_(conv.weight[:, :, 0, 0])
            bias = torch.zeros_like(cell.input_conv.bias) if conv.bias is None else conv.bias
            twin.get_parameter(f"bias_{kind}").copy_(bias)
    x, h = noise(2, 5, 3), noise(2, 4, seed=1)
    state = h[None, ..., None, None]
    output, _ = layer(x[..., None, None], (state, state))
    for t in range(5):
        h = twin(x[:, t], h)
        torch.testing.assert_close(output[:, t, :, 0, 0], h)
    output[:, -1].square().sum().backward()
    h.square().sum().backward()
    slope = cell.state_conv.weight.grad[:, :, 0, 0]
    torch.testing.assert_close(slope, twin.weight_hh.grad)


def test_the_update_gate_starts_at_one_and_the_rest_at_zero():
    bias = ConvGRUCell(2, 8).input_conv.bias.detach().reshape(3, 8)
    torch.testing.assert_close(bias, torch.tensor([0.0, 1.0, 0.0])[:, None].expand(3, 8))
    assert not ConvGRUCell(2, 8).state_conv.bias.detach().any()


@pytest.mark.parametrize("make", STEPS)
def test_state_kernels_start_orthogonal(make):
    weight = make(1, 4, 3).state_conv.weight.detach().flatten(1)
    torch.testing.assert_close(weight @ weight.T, torch.eye(len(weight)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["gru", "rnn"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_layers_hand_the_state_on_in_both_directions(name, bidirectional):
    layer = randomised(ConvLSTM(2, 3, num_layers=2, bidirectional=bidirectional, cell=name))
    x = noise(2, 5, 2, 3, 4)
    output, (h, c) = layer(x)
    torch.testing.assert_close(h, c)
    assert h.shape == (4 if bidirectional else 2, 2, 3, 3, 4)
    if not bidirectional:
        early, state = layer(x[:, :2])
        late, _ = layer(x[:, 2:], state)
        torch.testing.assert_close(torch.cat([early, late], dim=1), output)


@pytest.mark.parametrize("make", STEPS)
@pytest.mark.parametrize("name", ["kernel_size", "dilation"])
def test_sizes_that_are_no_counts_are_refused(make, name):
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1, or 2 of them"):
        make(1, 4, **{name: 0})
