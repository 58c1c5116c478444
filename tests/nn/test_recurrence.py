from __future__ import annotations

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stforecast.nn import recurrence
from stforecast.nn.convlstm_cell import CELLS, ConvLSTMCell
from stforecast.nn.gatewise_conv import GatewiseConv2d
from tests.nn.test_convlstm_cell import KERNEL


def gradients(function, cell, x, state):
    x = x.clone().requires_grad_()
    start = [part.clone().requires_grad_() for part in state]
    output, (h, c) = function(cell, x, tuple(start))
    weight = torch.linspace(-1, 1, output.numel(), dtype=x.dtype).view_as(output)
    loss = (output * weight).sum() + h.square().sum() + c.cos().sum()
    return output, h, c, *torch.autograd.grad(loss, [x, *start, *cell.parameters()])


def random_window(cell, B=2, T=3, C=2, H=2, W=3):
    x = torch.randn(B, T, C, H, W, dtype=torch.float64)
    return x, tuple(torch.randn(2, B, cell.hidden_channels, H, W, dtype=torch.float64))


@settings(max_examples=20, deadline=None)
@given(kernel=KERNEL, dilation=KERNEL, H=st.integers(1, 4), W=st.integers(1, 4))
def test_matrices_give_what_convolutions_give_with_gradients(kernel, dilation, H, W):
    cell = ConvLSTMCell(2, 3, kernel, dilation=dilation).double()
    x, state = random_window(cell, H=H, W=W)
    fast = gradients(recurrence.run_dense, cell, x, state)
    slow = gradients(recurrence.unroll, cell, x, state)
    for got, wanted in zip(fast, slow, strict=True):
        torch.testing.assert_close(got, wanted)


@pytest.mark.parametrize(
    "make", [CELLS["separable"], partial(ConvLSTMCell, conv=GatewiseConv2d)], ids=["sep", "gate"]
)
def test_variants_of_the_convolution_run_as_matrices_too(make):
    cell = make(2, 3, 3).double()
    x, state = random_window(cell)
    for got, wanted in zip(
        gradients(recurrence.run_dense, cell, x, state),
        gradients(recurrence.unroll, cell, x, state),
        strict=True,
    ):
        torch.testing.assert_close(got, wanted)


@pytest.mark.parametrize(
    ("cell", "grid", "runner"),
    [
        (ConvLSTMCell(2, 16), (1, 7), "run_dense"),
        (ConvLSTMCell(2, 16), (8, 8), "unroll"),
        (ConvLSTMCell(2, 16, activation="relu"), (1, 7), "unroll"),
        (CELLS["peephole"](2, 16, 3), (1, 7), "unroll"),
        (CELLS["separable"](2, 16, 3), (1, 7), "run_dense"),
    ],
    ids=["small", "large", "relu", "peephole", "separable"],
)
def test_only_plain_gates_on_small_grids_run_as_matrices(cell, grid, runner, monkeypatch):
    taken = []
    for name in ("run_dense", "unroll"):
        real = getattr(recurrence, name)
        spy = lambda *args, name=name, real=real: (taken.append(name), real(*args))[1]  # noqa: E731
        monkeypatch.setattr(recurrence, name, spy)
    x, zeros = torch.zeros(2, 3, 2, *grid), torch.zeros(2, 16, *grid)
    recurrence.run_cell(cell, x, (zeros, zeros))
    assert taken == [runner]


def test_the_matrix_of_a_convolution_is_the_convolution():
    conv = ConvLSTMCell(2, 3, (2, 3), dilation=(1, 2)).double().input_conv
    x = torch.randn(4, 2, 3, 5, dtype=torch.float64)
    matrix = recurrence.dense_matrix(conv, (3, 5))
    expected = (conv(x) - conv.bias[:, None, None]).flatten(1)
    torch.testing.assert_close(x.flatten(1) @ matrix.T, expected)
