from __future__ import annotations

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from stforecast.nn import recurrence
from stforecast.nn.convlstm_cell import CELLS, ConvLSTMCell
from stforecast.nn.kernels import loader
from stforecast.nn.kernels.recurrence import run_kernel, run_loop, run_torch
from tests.nn.test_convlstm_cell import KERNEL

SIZE = st.integers(1, 4)
COMPILED = loader.find_kernel(torch.float32) is not None


def by_hand(cell, x, state):
    return run_torch(recurrence.tanh_weights(cell), x, state)


def compiled(cell, x, state):
    return run_kernel(recurrence.tanh_weights(cell), x, state)


def loop(cell, x, state):
    return run_loop(recurrence.tanh_weights(cell), x, state)


def gradients(function, cell, x, state):
    x = x.clone().requires_grad_()
    start = [part.clone().requires_grad_() for part in state]
    output, (h, c) = function(cell, x, tuple(start))
    weight = torch.linspace(-1, 1, output.numel(), dtype=x.dtype).view_as(output)
    loss = (output * weight).sum() + h.square().sum() + c.cos().sum()
    return output, h, c, *torch.autograd.grad(loss, [x, *start, *cell.parameters()])


def random_window(cell, B=2, T=3, C=2, H=2, W=3, dtype=torch.float64):
    x = torch.randn(B, T, C, H, W, dtype=dtype)
    return x, tuple(torch.randn(2, B, cell.hidden_channels, H, W, dtype=dtype))


def assert_same(results, expected):
    for got, wanted in zip(results, expected, strict=True):
        torch.testing.assert_close(got, wanted)


def way_taken(cell, x, monkeypatch, *, kernel=False):
    taken = []
    for name in ("run_kernel", "run_dense", "run_torch", "unroll"):
        monkeypatch.setattr(recurrence, name, partial(note, taken, name, getattr(recurrence, name)))
    if not kernel:
        monkeypatch.setattr(recurrence, "has_kernel", lambda *_: False)
    recurrence.run_cell(cell, x)
    return taken[0]


def note(taken, name, function, *arguments):
    taken.append(name)
    return function(*arguments)


needs_kernel = pytest.mark.skipif(not COMPILED, reason="no kernel was compiled here")
FAST = pytest.mark.parametrize(
    "fast", [recurrence.run_dense, by_hand, loop, pytest.param(compiled, marks=needs_kernel)]
)


@FAST
@settings(max_examples=20, deadline=None)
@given(kernel=KERNEL, dilation=KERNEL, B=st.integers(1, 3), T=st.integers(1, 4), H=SIZE, W=SIZE)
def test_short_ways_give_what_the_steps_give_with_gradients(fast, kernel, dilation, B, T, H, W):
    cell = ConvLSTMCell(2, 3, kernel, dilation=dilation).double()
    x, state = random_window(cell, B=B, T=T, H=H, W=W)
    assert_same(gradients(fast, cell, x, state), gradients(recurrence.unroll, cell, x, state))


@FAST
@pytest.mark.parametrize("name", ["separable", "gatewise"])
def test_variants_of_the_convolution_go_the_short_ways_too(fast, name):
    cell = CELLS[name](2, 3, 3).double()
    x, state = random_window(cell)
    assert_same(gradients(fast, cell, x, state), gradients(recurrence.unroll, cell, x, state))


@FAST
def test_short_ways_agree_in_single_precision(fast):
    cell = ConvLSTMCell(2, 8, 3)
    x, state = random_window(cell, B=16, T=8, H=1, W=7, dtype=torch.float32)
    got, wanted = (gradients(way, cell, x, state) for way in (fast, recurrence.unroll))
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4 * other.abs().max().item())


@FAST
def test_gradients_of_short_ways_are_exact(fast):
    cell = ConvLSTMCell(1, 2, (2, 3)).double()
    x, (h, c) = random_window(cell, B=1, T=3, C=1, H=1, W=3)
    inputs = [tensor.requires_grad_() for tensor in (x, h, c)]
    weights = list(cell.parameters())

    def run(x, h, c, *_):
        output, state = fast(cell, x, (h, c))
        return output, *state

    assert torch.autograd.gradcheck(run, (*inputs, *weights))


@pytest.mark.parametrize("fast", [by_hand, pytest.param(compiled, marks=needs_kernel)])
def test_slopes_of_slopes_go_step_by_step_and_are_exact(fast):
    cell = ConvLSTMCell(1, 2, (1, 3)).double()
    x, (h, c) = random_window(cell, B=1, T=2, C=1, H=1, W=3)
    inputs = [tensor.requires_grad_() for tensor in (x, h, c)]

    def run(x, h, c, *_):
        return fast(cell, x, (h, c))[0]

    assert torch.autograd.gradgradcheck(run, (*inputs, *cell.parameters()))


@FAST
def test_frozen_and_unused_parts_are_allowed(fast):
    cell = ConvLSTMCell(1, 2).double()
    cell.state_conv.requires_grad_(False)
    x, state = random_window(cell, C=1)
    output, _ = fast(cell, x, state)
    output[:, 0].sum().backward()
    assert cell.state_conv.weight.grad is None
    assert cell.input_conv.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("cell", "grid", "way"),
    [
        (ConvLSTMCell(2, 16), (1, 1), "run_dense"),
        (ConvLSTMCell(2, 600), (1, 1), "run_torch"),
        (ConvLSTMCell(2, 16, (1, 3)), (1, 7), "run_dense"),
        (ConvLSTMCell(2, 16), (4, 7), "run_torch"),
        (ConvLSTMCell(2, 16, conv=partial(nn.Conv2d, padding="same")), (1, 7), "unroll"),
        (ConvLSTMCell(2, 16, activation="relu"), (1, 7), "unroll"),
        (CELLS["peephole"](2, 16, 3), (1, 7), "unroll"),
        (CELLS["separable"](2, 16, 3), (1, 7), "run_dense"),
    ],
    ids=["cell", "wide", "row", "map", "torch", "relu", "peephole", "separable"],
)
def test_plain_gates_go_short_ways_in_torch_without_a_kernel(cell, grid, way, monkeypatch):
    assert way_taken(cell, torch.zeros(2, 3, 2, *grid), monkeypatch) == way


@needs_kernel
@pytest.mark.parametrize(
    ("cell", "way"),
    [
        (ConvLSTMCell(2, 16), "run_kernel"),
        (CELLS["peephole"](2, 16, 3), "run_kernel"),
        (CELLS["separable"](2, 16, 3), "run_kernel"),
        (CELLS["gatewise"](2, 16, 3), "run_kernel"),
        (CELLS["norm"](2, 16, 3), "unroll"),
        (CELLS["zoneout"](2, 16, 3), "unroll"),
        (ConvLSTMCell(2, 16, activation="relu"), "unroll"),
        (ConvLSTMCell(2, 16).bfloat16(), "run_dense"),
    ],
    ids=["plain", "peephole", "separable", "gatewise", "norm", "zoneout", "relu", "bfloat16"],
)
def test_tanh_gates_take_the_kernel(cell, way, monkeypatch):
    x = torch.zeros(2, 3, 2, 1, 7, dtype=next(cell.parameters()).dtype)
    assert way_taken(cell, x, monkeypatch, kernel=True) == way


def test_mixed_precision_goes_step_by_step(monkeypatch):
    with torch.autocast("cpu", torch.bfloat16):
        way = way_taken(ConvLSTMCell(2, 8), torch.zeros(2, 3, 2, 1, 7), monkeypatch, kernel=True)
    assert way == "unroll"


def test_the_matrix_of_a_convolution_is_the_convolution():
    conv = ConvLSTMCell(2, 3, (2, 3), dilation=(1, 2)).double().input_conv
    x = torch.randn(4, 2, 3, 5, dtype=torch.float64)
    matrix = recurrence.dense_matrix(conv, (3, 5))
    expected = (conv(x) - conv.bias[:, None, None]).flatten(1)
    torch.testing.assert_close(x.flatten(1) @ matrix.T, expected)


def test_a_cell_with_a_step_of_its_own_is_run_by_that_step() -> None:
    class Still(ConvLSTMCell):
        def step(self, projected, state):
            return state

    x, state = random_window(cell := Still(2, 3, 1).double())
    output, end = recurrence.run_cell(cell, x, state)
    assert_same(end, state)
    assert_same(output.unbind(1), [state[0]] * 3)
