"""The compiled kernel against the equations in float64, and all that may be asked of it."""

from __future__ import annotations

import copy
import math
import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import Parallel, delayed

from stforecast.nn import ConvLSTM
from stforecast.nn.kernels import compiled_kernel, loader
from stforecast.nn.kernels.inputs import Weights
from stforecast.nn.kernels.recurrence import run_kernel, run_loop
from tests.nn import oracles_convlstm as oracle

LOADED = loader._load()
pytestmark = pytest.mark.skipif(LOADED is None, reason="no kernel was compiled here")

BEST = torch.backends.cpu.get_cpu_capability()
HERE = {"AVX512": ["avx512", "avx2", "base"], "AVX2": ["avx2", "base"]}.get(BEST, ["base"])
INSTRUCTION_SET = pytest.mark.parametrize("instruction_set", HERE)
SINGLE, DOUBLE = {"rtol": 2e-5, "atol": 2e-5}, {"rtol": 1e-10, "atol": 1e-12}
CLOSE = {torch.float32: SINGLE, torch.float64: DOUBLE}


@pytest.fixture
def limit_instruction_set(instruction_set, monkeypatch):
    def find(dtype):
        return loader.Kernel(LOADED, instruction_set, loader.PRECISIONS[dtype])

    monkeypatch.setattr(compiled_kernel, "find_kernel", find)


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype)


def random_weights(C, F, kernel, state_kernel=None, dilations=(1, 1, 1, 1), peepholes=None):
    taps = C * kernel[0] * kernel[1] + F
    scale = 1 / math.sqrt(taps)
    return Weights(
        scale * noise(4 * F, C, *kernel),
        scale * noise(4 * F, F, *(state_kernel or kernel)),
        noise(4 * F),
        None if peepholes is None else noise(3, F, *peepholes),
        dilations,
    )


def converted(weights, dtype):
    learned = (weights.input, weights.state, weights.bias, weights.peepholes)
    cast = [None if one is None else one.to(dtype, copy=True) for one in learned]
    cast = [None if one is None else one.requires_grad_() for one in cast]
    return Weights(*cast, weights.dilations)


def slopes(run, weights, x, state, dtype):
    """Output, states and the slopes of everything that goes in."""
    weights, x = converted(weights, dtype), x.to(dtype, copy=True).requires_grad_()
    if state is not None:
        state = tuple(part.to(dtype, copy=True).requires_grad_() for part in state)
    output, (h, c) = run(weights, x, state)
    ramp = torch.linspace(-1, 1, output.numel(), dtype=dtype).view_as(output)
    loss = (output * ramp).sum() + h.square().sum() + c.cos().sum()
    given = [x, *(state or ()), weights.input, weights.state, weights.bias, weights.peepholes]
    return output, h, c, *torch.autograd.grad(loss, [one for one in given if one is not None])


def check(weights, x, state, dtype):
    found = slopes(run_kernel, weights, x, state, dtype)
    wanted = slopes(run_loop, weights, x, state, torch.float64)
    for one, other in zip(found, wanted, strict=True):
        size = max(1.0, other.abs().max().item())
        torch.testing.assert_close(one.double() / size, other / size, **CLOSE[dtype])


SIZES = st.tuples(st.integers(1, 7), st.integers(1, 7))
GRID = st.tuples(st.integers(1, 6), st.integers(1, 6))


@INSTRUCTION_SET
@pytest.mark.usefixtures("limit_instruction_set")
@settings(max_examples=30, deadline=None)
@given(
    kernel=SIZES,
    state_kernel=SIZES,
    dilation=st.tuples(*[st.integers(1, 2)] * 4),
    grid=GRID,
    B=st.integers(1, 4),
    T=st.integers(1, 4),
    C=st.integers(1, 40),
    F=st.integers(1, 40),
    start=st.booleans(),
    peep=st.sampled_from([None, "shared", "grid"]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_any_shape_gives_the_numbers_and_slopes_of_the_loop(
    kernel, state_kernel, dilation, grid, B, T, C, F, start, peep, dtype
):
    peepholes = {None: None, "shared": (1, 1), "grid": grid}[peep]
    weights = random_weights(C, F, kernel, state_kernel, dilation, peepholes)
    state = tuple(noise(2, B, F, *grid)) if start else None
    check(weights, noise(B, T, C, *grid), state, dtype)


@INSTRUCTION_SET
@pytest.mark.usefixtures("limit_instruction_set")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("B", "grid", "F"), [(40, (1, 7), 16), (9, (5, 24), 24), (3, (16, 16), 33), (2, (21, 21), 8)]
)
def test_batches_of_several_chunks_and_panels(B, grid, F, dtype):
    check(random_weights(3, F, (3, 3)), noise(B, 3, 3, *grid), None, dtype)


@INSTRUCTION_SET
@pytest.mark.usefixtures("limit_instruction_set")
@pytest.mark.parametrize("peepholes", [None, (1, 1), (3, 4)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_forward_equals_the_equations(peepholes, dtype):
    B, T, C, F, grid = 2, 4, 3, 5, (3, 4)
    weights = random_weights(C, F, (3, 2), peepholes=peepholes)
    x, h, c = noise(B, T, C, *grid), noise(B, F, *grid), noise(B, F, *grid)
    output, state = run_kernel(converted(weights, dtype), x.to(dtype), (h.to(dtype), c.to(dtype)))
    expected, last = oracle.run(
        x.numpy(), h.numpy(), c.numpy(),
        Wx=weights.input.numpy(), Wh=weights.state.numpy(), bias=weights.bias.numpy(),
        peephole=None if peepholes is None else weights.peepholes.numpy(),
    )  # fmt: skip
    for got, wanted in zip((output, *state), (expected, *last), strict=True):
        np.testing.assert_allclose(got.detach().numpy(), wanted, **CLOSE[dtype])


@INSTRUCTION_SET
@pytest.mark.usefixtures("limit_instruction_set")
@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 3e-7), (torch.float64, 7e-16)])
def test_gates_keep_the_stated_error_over_the_whole_range(dtype, most):
    z = torch.cat([torch.linspace(-60, 60, 4001), torch.logspace(-30, 0, 500)]).to(dtype)
    pushed = torch.zeros(4, 1, 1, 1, dtype=dtype)
    pushed[2] = 1  # frames reach the candidate only
    bias = torch.tensor([50.0, -50.0, 0.0, 50.0], dtype=dtype)  # gates wide open, memory shut
    weights = Weights(pushed, torch.zeros(4, 1, 1, 1, dtype=dtype), bias, None, (1, 1, 1, 1))
    output, (_, c) = run_kernel(weights, z.view(-1, 1, 1, 1, 1), None)
    exact = torch.tanh(z.double()).to(torch.float64)
    assert ((c.flatten().double() - exact).abs() / exact.abs().clamp_min(1e-300)).max() < 4 * most
    assert (output.flatten().double() - torch.tanh(exact)).abs().max() < most
    assert output.abs().max() <= 1


@INSTRUCTION_SET
@pytest.mark.usefixtures("limit_instruction_set")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_comes_out_where_torch_lets_it_out(value):
    weights = converted(random_weights(2, 5, (3, 3)), torch.float32)
    x = noise(2, 4, 2, 5, 6).float()
    x[0, 1, 0, 2, 3] = value
    output, (h, c) = run_kernel(weights, x, None)
    expected, (wanted_h, wanted_c) = run_loop(weights, x, None)
    for got, wanted in ((output, expected), (h, wanted_h), (c, wanted_c)):
        torch.testing.assert_close(got, wanted, equal_nan=True, **SINGLE)
    assert math.isnan(value) == bool(output[0].isnan().any())
    assert not output[1].isnan().any()


def test_slopes_that_are_no_numbers_come_back():
    weights = converted(random_weights(2, 5, (3, 3)), torch.float32)
    x = noise(1, 3, 2, 4, 4).float().requires_grad_()
    output, _ = run_kernel(weights, x, None)
    output.backward(torch.full_like(output, math.nan))
    assert x.grad.isnan().all()
    assert weights.input.grad.isnan().all()


def test_tiny_numbers_stay_in_the_process():
    ConvLSTM(2, 8)(noise(2, 3, 2, 4, 4).float())[0].sum().backward()
    assert np.float32(1e-40) * np.float32(1) == np.float32(1e-40)
    assert (torch.full((100,), 1e-40) * 1).min() > 0


@pytest.mark.parametrize("grid", [(1, 1), (1, 7), (6, 5), (15, 15)])
@pytest.mark.parametrize("F", [5, 16])
def test_a_window_gives_the_same_bits_alone_and_in_a_batch(grid, F):
    layer, x = ConvLSTM(3, F, 3, num_layers=2), noise(37, 4, 3, *grid).float()
    together, (h, c) = layer(x)
    for k in (0, 1, 17, 36):
        alone, (h_k, c_k) = layer(x[k : k + 1])
        assert torch.equal(alone[0], together[k])
        assert torch.equal(h_k[:, 0], h[:, k])
        assert torch.equal(c_k[:, 0], c[:, k])


def test_the_same_bits_on_any_number_of_threads():
    layer, x = ConvLSTM(8, 32, 3), noise(64, 5, 8, 7, 9).float().requires_grad_()

    def bits(threads):
        torch.set_num_threads(threads)
        layer.zero_grad()
        output, _ = layer(x)
        found = torch.autograd.grad(output.square().mean(), [x, *layer.parameters()])
        return [output, *found]

    before = torch.get_num_threads()
    try:
        results = [bits(threads) for threads in (1, 2, 5)]
    finally:
        torch.set_num_threads(before)
    for others in results[1:]:
        assert all(torch.equal(one, other) for one, other in zip(results[0], others, strict=True))


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.transpose(3, 4).contiguous().transpose(3, 4),
        lambda x: x.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3),
        lambda x: x.flip(0).contiguous().flip(0),
        lambda x: torch.cat([x, x], dim=2)[:, :, : x.shape[2]],
        lambda x: x.repeat_interleave(2, dim=4)[..., ::2],
    ],
    ids=["transposed", "channels_last", "flipped", "part", "every_other"],
)
def test_strides_of_frames_do_not_matter(change):
    layer, x = ConvLSTM(3, 5).double(), noise(2, 3, 3, 4, 5)
    assert torch.equal(layer(change(x))[0], layer(x)[0])


def test_states_of_any_strides_and_expanded_slopes():
    weights, x = random_weights(2, 5, (3, 3)), noise(2, 3, 2, 4, 5)
    h = noise(2, 5, 1, 5).expand(2, 5, 4, 5)
    c = noise(2, 4, 5, 5).permute(0, 3, 1, 2)
    check(weights, x, (h, c), torch.float64)
    weights = converted(weights, torch.float64)
    run_kernel(weights, x, (h, c))[0].sum().backward()  # its slope is one number, expanded
    found = weights.input.grad.clone()
    weights.input.grad = None
    run_loop(weights, x, (h, c))[0].sum().backward()
    torch.testing.assert_close(found, weights.input.grad)


def test_only_the_state_or_only_the_frames_may_be_differentiated():
    layer, x = ConvLSTM(2, 5).double(), noise(2, 3, 2, 4, 5).requires_grad_()
    for parameter in layer.parameters():
        parameter.requires_grad_(False)
    _, (h, _) = layer(x)
    h.sum().backward()
    expected = torch.autograd.grad(run_loop(_weights_of(layer), x, None)[1][0].sum(), x)[0]
    torch.testing.assert_close(x.grad, expected)


def _weights_of(layer):
    cell = layer.layers[0].cell
    return Weights(
        cell.input_conv.weight, cell.state_conv.weight, cell.input_conv.bias, None, (1, 1, 1, 1)
    )


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch's own use
def test_torch_transforms_take_the_loop_and_agree():
    layer, x = ConvLSTM(2, 5).double(), noise(3, 2, 3, 2, 4, 5)
    expected = torch.stack([layer(part)[0] for part in x])
    torch.testing.assert_close(torch.func.vmap(lambda part: layer(part)[0])(x), expected)
    one, direction = x[0], noise(2, 3, 2, 4, 5)
    _, forward = torch.func.jvp(lambda part: layer(part)[0].sum(), (one,), (direction,))
    slope = torch.func.grad(lambda part: layer(part)[0].sum())(one)
    torch.testing.assert_close(forward, (slope * direction).sum())
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(one, direction)
        tangent = torch.autograd.forward_ad.unpack_dual(layer(dual)[0].sum()).tangent
    torch.testing.assert_close(tangent, forward)


def test_slopes_in_batches_take_the_loop_and_agree():
    layer, x = ConvLSTM(1, 3).double(), noise(1, 2, 1, 2, 3).requires_grad_()
    output = layer(x)[0].flatten()
    rows = torch.eye(output.numel(), dtype=torch.float64)
    (together,) = torch.autograd.grad(output, x, rows, retain_graph=True, is_grads_batched=True)
    alone = [torch.autograd.grad(output, x, row, retain_graph=True)[0] for row in rows]
    torch.testing.assert_close(together, torch.stack(alone))


def penalty(run, weights, x, state):
    """Slopes of a penalty on slopes, of all that goes in."""
    output, (h, c) = run(weights, x, state)
    given = [weights.input, weights.state, weights.bias, weights.peepholes, x, *state]
    given = [one for one in given if one is not None]
    loss = output.square().sum() + h.sin().sum() + c.square().sum()
    found = torch.autograd.grad(loss, given, create_graph=True)
    return found, torch.autograd.grad(sum(one.square().sum() for one in found), given)


@pytest.mark.parametrize("peepholes", [None, (1, 1), (3, 4)])
def test_slopes_of_slopes_are_those_of_the_loop(peepholes):
    weights = converted(random_weights(2, 5, (3, 2), peepholes=peepholes), torch.float64)
    x = noise(2, 3, 2, 3, 4).requires_grad_()
    state = tuple(part.requires_grad_() for part in noise(2, 2, 5, 3, 4))
    pairs = [penalty(run, weights, x, state) for run in (run_kernel, run_loop)]
    for ours, theirs in zip(*pairs, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other)


def test_penalties_on_slopes_train_a_stack_of_layers():
    layer, x = ConvLSTM(1, 3, num_layers=2).double(), noise(2, 3, 1, 2, 3).requires_grad_()
    (slope,) = torch.autograd.grad(layer(x)[0].square().sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in layer.parameters())


def test_slopes_without_a_graph_cannot_be_differentiated():
    layer, x = ConvLSTM(1, 3), noise(2, 3, 1, 2, 3).float().requires_grad_()
    (slope,) = torch.autograd.grad(layer(x)[0].square().sum(), x)
    with pytest.raises(RuntimeError, match="does not require grad"):
        slope.sum().backward()


def test_checkpoints_and_saved_tensor_hooks_work():
    layer, x = ConvLSTM(2, 5).double(), noise(2, 3, 2, 4, 5).requires_grad_()
    (expected,) = torch.autograd.grad(layer(x)[0].square().sum(), x)
    output = torch.utils.checkpoint.checkpoint(lambda one: layer(one)[0], x, use_reentrant=False)
    torch.testing.assert_close(torch.autograd.grad(output.square().sum(), x)[0], expected)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        output = layer(x)[0]
    torch.testing.assert_close(torch.autograd.grad(output.square().sum(), x)[0], expected)


def test_a_graph_can_be_walked_twice():
    layer, x = ConvLSTM(2, 5), noise(2, 3, 2, 4, 5).float().requires_grad_()
    loss = layer(x)[0].square().sum()
    first = torch.autograd.grad(loss, x, retain_graph=True)[0]
    assert torch.equal(torch.autograd.grad(loss, x)[0], first)


def test_layers_pickle_and_copy_after_they_ran():
    layer, x = ConvLSTM(2, 5), noise(2, 3, 2, 4, 5).float()
    expected, _ = layer(x)
    expected.sum().backward()
    for other in (pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer)):
        assert torch.equal(other(x)[0], expected)


def test_threads_of_python_run_it_side_by_side():
    layer, x = ConvLSTM(3, 16), noise(8, 6, 3, 8, 8).float()

    def train(_):
        own = copy.deepcopy(layer)
        output, _ = own(x)
        output.square().mean().backward()
        return [output.detach(), *(p.grad for p in own.parameters())]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(train, range(8)))
    for others in results[1:]:
        assert all(torch.equal(one, other) for one, other in zip(results[0], others, strict=True))


def _train_in_job(layer, x):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    output, (h, c) = layer(x)
    (output.square().mean() + h.mean() + c.mean()).backward()
    torch.set_num_threads(threads)  # one job is this process
    found = [output.detach(), *(p.grad for p in layer.parameters())]
    return found, loader.find_kernel(x.dtype).instruction_set


def test_two_jobs_give_what_one_gives():
    layer, x = ConvLSTM(3, 16, num_layers=2), noise(8, 6, 3, 8, 8).float()
    work = [delayed(_train_in_job)(copy.deepcopy(layer), x + k) for k in range(4)]
    alone, together = Parallel(n_jobs=1)(work), Parallel(n_jobs=2)(work)
    for (one, instruction_set), (other, there) in zip(alone, together, strict=True):
        assert instruction_set == there
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def _output_in_child(layer, x, queue):
    torch.set_num_threads(2)
    with torch.no_grad():
        queue.put(layer(x)[0].numpy())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_it_runs_in_a_forked_process():
    # Few enough numbers that torch itself stays on one thread beside the kernel: the OpenMP that
    # torch is built with waits forever in a child whose parent has used two.
    layer, x = ConvLSTM(3, 16), noise(16, 6, 3, 8, 8).float()
    expected = layer(x)[0].detach().numpy()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_output_in_child, args=(layer, x, queue), daemon=True)
    child.start()
    found = queue.get(timeout=60)
    child.join(60)
    assert child.exitcode == 0
    np.testing.assert_array_equal(found, expected)


def test_want_of_memory_is_an_error_with_a_remedy(monkeypatch):
    kernel = loader.Kernel(LOADED, HERE[0], "single")
    kernel._run = lambda *_: 1
    monkeypatch.setattr(compiled_kernel, "find_kernel", lambda _: kernel)
    with pytest.raises(MemoryError, match="no memory for the states and gradients of a chunk"):
        ConvLSTM(2, 4)(torch.zeros(1, 2, 2, 3, 3))
