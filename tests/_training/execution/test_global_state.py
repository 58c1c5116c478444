"""Fits are repeatable, and leave everything global as it was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone
from skorch.callbacks import Callback

from stforecast._training.execution.global_state import defer_interrupts
from stforecast.estimators import Compute, Training
from stforecast.exceptions import DivergedError
from tests.estimators.data import (
    FORECASTERS,
    OWN_UNITS,
    map_windows,
    same_weights,
    small,
    table_windows,
)


def global_state():
    """Everything that a fit could leave changed."""
    numbers = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002 - the old global state
    modes = (
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.backends.cudnn.benchmark,
        os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    )
    return numbers, torch.get_rng_state().tolist(), modes


class Raise(Callback):
    """Ends a fit in the middle of its first epoch."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def on_batch_end(self, net, **kwargs):
        torch.rand(7)
        raise self.error


@pytest.fixture
def data():
    return table_windows()


@pytest.fixture(params=["as found", "strict"])
def setting(request):
    """Parameters of forecasters that change nothing global, or all there is, while they run."""
    strict = Compute(deterministic=True, threads=torch.get_num_threads() + 1)
    return {"training": Training(compute=strict if request.param == "strict" else None)}


@pytest.mark.parametrize("kind", FORECASTERS)
@pytest.mark.parametrize("seed", [0, 7])
def test_same_seed_same_fit_whatever_ran_before(kind, seed, data):
    first = small(kind, random_state=seed, dropout=0.3).fit(*data)
    torch.rand(5), np.random.rand(5), random.random()  # noqa: NPY002 - the same
    second = small(kind, random_state=seed, dropout=0.3).fit(*data)
    assert same_weights(first, second)


def test_seeds_differ_and_no_seed_differs_each_time(data):
    fits = [small(random_state=seed).fit(*data) for seed in (0, 1, None, None)]
    assert not any(same_weights(fits[i], fits[j]) for i in range(4) for j in range(i))


def test_no_seed_does_not_follow_the_global_generator(data):
    np.random.seed(0)  # noqa: NPY002 - the same
    first = small(random_state=None).fit(*data)
    np.random.seed(0)  # noqa: NPY002 - the same
    assert not same_weights(first, small(random_state=None).fit(*data))


def test_a_random_state_instance_moves_on(data):
    state = np.random.RandomState(0)
    fits = [small(random_state=state).fit(*data) for _ in range(2)]
    assert not same_weights(*fits)
    assert same_weights(fits[0], small(random_state=np.random.RandomState(0)).fit(*data))


def test_fit_and_predict_leave_everything_as_found(data, setting):
    before = global_state()
    small(dropout=0.3, **setting).fit(*data).partial_fit(*data).predict(data[0])
    assert global_state() == before


@pytest.mark.parametrize("error", [RuntimeError("in the middle"), KeyboardInterrupt()])
def test_an_error_or_interrupt_leaves_everything_as_found(error, data, setting):
    before = global_state()
    with pytest.raises(type(error)):
        small(net_params={"callbacks": [("raise", Raise(error))]}, **setting).fit(*data)
    assert global_state() == before


@pytest.mark.parametrize("error", [RuntimeError("in the middle"), KeyboardInterrupt()])
def test_an_error_or_interrupt_of_predict_leaves_everything_as_found(
    error, data, setting, monkeypatch
):
    model = small(**setting).fit(*data)

    def fail(*args):
        torch.rand(7)
        raise error

    monkeypatch.setattr("stforecast._training.samples.Samples.batch", fail)
    before = global_state()
    with pytest.raises(type(error)), torch.random.fork_rng(devices=[]):
        model.predict(data[0])
    assert global_state() == before


class Modes(Callback):
    """Notes what is set while a fit runs."""

    def on_train_begin(self, net, **kwargs):
        self.modes_ = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()


def test_determinism_and_threads_hold_while_a_network_computes(data, monkeypatch):
    compute = Compute(deterministic=True, threads=torch.get_num_threads() + 1)
    expected = True, compute.threads
    callbacks = {"callbacks": [("modes", Modes())]}
    model = small(training=Training(compute=compute), net_params=callbacks).fit(*data)
    assert dict(model.net_.callbacks_)["modes"].modes_ == expected
    seen = []

    def spy(self, x):
        seen.append((torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()))
        return torch.nn.functional.linear(x, self.weight, self.bias)

    monkeypatch.setattr(torch.nn.Linear, "forward", spy)
    model.predict(data[0])
    assert set(seen) == {expected}


def test_a_determinism_of_the_callers_own_stays(data):
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        before = global_state()
        small(training=Training(compute=Compute(deterministic=True))).fit(*data)
        assert global_state() == before
    finally:
        torch.use_deterministic_algorithms(False)


def test_divergence_leaves_everything_as_found(data):
    X, y = data
    before = global_state()
    with pytest.raises(DivergedError, match=r"training loss became (inf|nan) in epoch 1. Lower lr"):
        small(training=OWN_UNITS).fit(X, y * 1e30)
    assert global_state() == before


def test_wrong_input_leaves_everything_as_found(data):
    model = small().fit(*data)
    before = global_state()
    with pytest.raises(ValueError, match="is expecting 5 features"):
        model.predict(np.zeros((3, 4, 2)))
    assert global_state() == before


def test_modes_of_the_caller_do_not_reach_the_fit(data):
    expected = small().fit(*data)
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            assert same_weights(small().fit(*data), expected)
        with torch.inference_mode():
            again = small().fit(*data)
            assert same_weights(again, expected)
        assert torch.get_default_dtype() == torch.float64
        np.testing.assert_array_equal(again.predict(data[0]), expected.predict(data[0]))
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.fixture
def two_threads():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("two_threads")
def test_the_number_of_threads_is_the_callers(data):
    small().fit(*data).predict(data[0])
    assert torch.get_num_threads() == 2


def threads_of_a_fit(data, threads):
    training = Training(compute=Compute(threads=threads))
    model = small(training=training, net_params={"callbacks": [("modes", Modes())]}).fit(*data)
    return dict(model.net_.callbacks_)["modes"].modes_[1]


@pytest.mark.usefixtures("two_threads")
def test_a_fit_has_the_threads_it_is_given(data):
    assert [threads_of_a_fit(data, threads) for threads in (1, 3, None)] == [1, 3, 1]


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("kind", FORECASTERS)
def test_a_fit_in_a_worker_is_that_of_the_first_process(kind):
    X, y = map_windows()
    model = small(kind, dropout=0.3)
    here = clone(model).fit(X, y)
    there = Parallel(n_jobs=2)(delayed(model.fit)(X, y) for _ in range(2))
    assert all(same_weights(here, one) for one in there)
    np.testing.assert_array_equal(here.predict(X), there[0].predict(X))


def test_fits_in_threads_of_a_process_are_those_of_one(data):
    before = global_state()
    expected = small(dropout=0.3, max_epochs=5).fit(*data)
    models = [small(dropout=0.3, max_epochs=5) for _ in range(4)]
    Parallel(n_jobs=4, backend="threading")(delayed(model.fit)(*data) for model in models)
    assert all(same_weights(model, expected) for model in models)
    assert global_state() == before


INTERRUPTED_IMPORT = """
import os, signal, sys
import numpy as np
import stforecast as st

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "torch._dynamo.variables":
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

X, y = st.make_windows(np.sin(np.arange(60.0)), lookback=5)
model = st.LSTMForecaster(2, max_epochs=1, random_state=0)
assert "torch._dynamo" not in sys.modules
sys.meta_path.insert(0, Interrupt())
try:
    model.fit(X, y)
except KeyboardInterrupt:
    print("interrupted")
print(model.fit(X, y).predict(X).shape)
"""


def test_an_interrupt_in_the_first_fit_leaves_a_process_whose_later_fits_work():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["interrupted", "(55, 1)"]


def test_an_interrupt_that_was_held_back_comes_at_the_end():
    steps = []

    def interrupt():
        os.kill(os.getpid(), signal.SIGINT)
        steps.append("whole")

    with pytest.raises(KeyboardInterrupt), defer_interrupts():
        interrupt()
    assert steps == ["whole"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
