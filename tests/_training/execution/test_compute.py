"""Pieces, precision and compilation change how, not what is learned."""

from __future__ import annotations

import pickle
import time
import warnings

import numpy as np
import pytest
import torch

from stforecast._training.execution import devices
from stforecast.estimators import Compute, ConvLSTMForecaster, Training
from stforecast.nn import ForecastNet
from stforecast.windows import make_windows
from tests.estimators.data import (
    FORECASTERS,
    map_windows,
    noise,
    same_weights,
    small,
    table_windows,
    weights,
)


def computed(kind=FORECASTERS[0], data=None, **compute):
    X, y = data or table_windows()
    training = Training(validation_fraction=0.2, compute=Compute(**compute))
    return small(kind, training=training).fit(X, y)


@pytest.mark.parametrize("kind", FORECASTERS)
@pytest.mark.parametrize("pieces", [2, 3, 16, 40])
def test_pieces_of_a_batch_give_its_step(kind, pieces):
    whole, cut = computed(kind), computed(kind, pieces=pieces)
    for name, value in weights(whole).items():
        np.testing.assert_allclose(weights(cut)[name], value, atol=2e-5)
    for loss in ("train_loss", "valid_loss"):
        np.testing.assert_allclose(cut.history_[loss], whole.history_[loss], rtol=1e-4)


def test_pieces_weigh_by_the_targets_that_are_there():
    table = noise(80, 1)
    table[20:50] = np.nan
    data = make_windows(table, lookback=5, horizon=2, missing="mask")
    whole, cut = computed(data=data), computed(data=data, pieces=4)
    for name, value in weights(whole).items():
        np.testing.assert_allclose(weights(cut)[name], value, atol=2e-5)


def test_the_network_sees_no_more_than_a_piece(monkeypatch):
    seen = []
    forward = ForecastNet.forward

    def spy(self, x, parts=None):
        seen.append(len(x))
        return forward(self, x, parts)

    monkeypatch.setattr(ForecastNet, "forward", spy)
    computed(pieces=4)
    assert max(seen) == 4


class Memory:
    """A device on which a forward pass of more than so many samples does not fit."""

    def __init__(self, monkeypatch, room):
        self.asked, self.room = [], room
        forward = ForecastNet.forward

        def spy(net, x, parts=None):
            self.asked.append(len(x))
            if len(x) > self.room:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory")
            return forward(net, x, parts)

        monkeypatch.setattr(ForecastNet, "forward", spy)


def test_out_of_memory_halves_the_batch_and_says_so_once(monkeypatch):
    X, y = table_windows()
    expected = small().fit(X, y)
    memory = Memory(monkeypatch, room=5)
    model = small()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
    messages = [str(one.message) for one in caught if one.category is RuntimeWarning]
    assert len(messages) == 1
    assert "ran out of memory" in messages[0]
    assert "training__compute__pieces" in messages[0]
    assert [n for n in memory.asked if n > 5] == [16, 8]  # 4 fit, for the rest of the fit
    for name, value in weights(expected).items():
        np.testing.assert_allclose(weights(model)[name], value, atol=2e-5)


def test_out_of_memory_for_one_sample_names_what_to_change(monkeypatch):
    Memory(monkeypatch, room=0)
    X, y = table_windows()
    with (
        pytest.warns(RuntimeWarning, match="ran out of memory"),
        pytest.raises(MemoryError, match=r"no memory for a single sample.*hidden_channels"),
    ):
        small().fit(X, y)


def test_out_of_memory_in_predict_halves_the_batch(monkeypatch):
    X, y = table_windows()
    model = small().fit(X, y)
    expected = model.predict(X)
    memory = Memory(monkeypatch, room=20)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12)
    assert max(memory.asked[1:]) <= 37
    Memory(monkeypatch, room=0)
    with pytest.raises(MemoryError, match="no memory for a single sample"):
        model.predict(X)


class SharedMemory(Memory):
    """A GPU whose memory another worker fills, until it has been waited for a few times."""

    def __init__(self, monkeypatch, waits):
        self.waits = waits
        super().__init__(monkeypatch, room=0 if waits else 99)
        monkeypatch.setattr(devices, "_workers_hold_memory", lambda device: True)
        monkeypatch.setattr(devices.time, "sleep", self.sleep)

    def sleep(self, seconds):
        self.waits -= 1
        if not self.waits:
            self.room = 99


def test_a_full_gpu_that_others_share_is_waited_for(monkeypatch):
    X, y = table_windows()
    expected = small().fit(X, y)
    shared = SharedMemory(monkeypatch, waits=3)
    with pytest.warns(RuntimeWarning, match="ran out of memory"):
        model = small().fit(X, y)
    assert shared.waits == 0
    for name, value in weights(expected).items():
        np.testing.assert_allclose(weights(model)[name], value, atol=2e-5)
    shared.waits, shared.room = 3, 0
    np.testing.assert_allclose(model.predict(X[:5]), expected.predict(X[:5]), atol=1e-4)
    assert shared.waits == 0


def test_a_gpu_that_stays_full_is_not_waited_for_without_end(monkeypatch):
    SharedMemory(monkeypatch, waits=-1).room = 0
    monkeypatch.setattr("stforecast._training.execution.strategies.PATIENCE", -1.0)
    with (
        pytest.warns(RuntimeWarning, match="ran out of memory"),
        pytest.raises(MemoryError, match=r"single sample.*lower n_jobs"),
    ):
        small().fit(*table_windows())


@pytest.mark.parametrize(
    ("device", "worker", "free", "waits"),
    [
        ("cuda", True, 10, True),
        ("cuda", True, 75, False),  # what is not free is our own
        ("cuda", False, 10, False),
        ("cpu", True, 10, False),
    ],
)
def test_only_workers_whose_gpu_others_fill_wait(device, worker, free, waits, monkeypatch):
    monkeypatch.setattr(devices, "is_worker", lambda: worker)
    monkeypatch.setattr(devices, "PAUSE", 0.0)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 100))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 20)
    assert devices.wait_for_memory(device, time.monotonic() + 60) is waits
    assert devices.wait_for_memory(device, time.monotonic() - 1) is False


def test_samples_that_a_gpu_cannot_hold_are_read_batch_by_batch(monkeypatch):
    X, y = table_windows()
    expected = small().fit(X, y)

    def fail(*args):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("stforecast._training.samples.LoadedSamples.__init__", fail)
    assert same_weights(small().fit(X, y), expected)


def test_no_memory_for_a_step_names_what_to_change(monkeypatch):
    def fail(*args, **kwargs):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.optim.AdamW, "step", fail)
    with pytest.raises(MemoryError, match=r"no memory.*hidden_channels.*device='cpu'"):
        small().fit(*table_windows())


@pytest.mark.parametrize("kind", FORECASTERS)
def test_half_precision_learns_nearly_the_same(kind):
    data = map_windows()
    single, half = computed(kind, data), computed(kind, data, precision="bfloat16")
    assert not same_weights(single, half)
    assert all(value.dtype == np.float32 for value in weights(half).values())
    losses = ["train_loss", "valid_loss"]
    np.testing.assert_allclose(half.history_[losses], single.history_[losses], rtol=0.02)
    np.testing.assert_allclose(half.predict(data[0]), single.predict(data[0]), atol=0.1)


def test_half_precision_is_what_the_network_computes_in(monkeypatch):
    seen = []
    forward = torch.nn.Linear.forward

    def spy(self, x):
        out = forward(self, x)
        seen.append((out.dtype, torch.is_grad_enabled()))
        return out

    monkeypatch.setattr(torch.nn.Linear, "forward", spy)
    computed(precision="bfloat16")
    assert {dtype for dtype, _ in seen} == {torch.bfloat16}
    assert {grad for _, grad in seen} == {True, False}


@pytest.fixture
def quick_compiler(monkeypatch):
    """Trace the network as ever, but run it without writing and building code for it."""
    whole = ForecastNet.compile
    monkeypatch.setattr(ForecastNet, "compile", lambda self: whole(self, backend="eager"))


@pytest.mark.usefixtures("quick_compiler")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_compiled_fit_is_pickled_and_saved_uncompiled():
    X, y = table_windows()
    training = Training(validation_fraction=0, compute=Compute(compiled=True))
    model = small(max_epochs=1, batch_size=74, training=training).fit(X, y)
    plain = small(max_epochs=1, batch_size=74, training=Training(validation_fraction=0)).fit(X, y)
    assert model.net_.module_._compiled_call_impl is not None
    state = model.net_.module_.state_dict()
    plain.net_.module_.load_state_dict(state)  # no `_orig_mod.` in the names
    np.testing.assert_allclose(model.predict(X), plain.predict(X), rtol=1e-4, atol=1e-5)
    loaded = pickle.loads(pickle.dumps(model))
    assert loaded.net_.module_._compiled_call_impl is None
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_what_compiles_is_the_network(monkeypatch):
    compiled = []

    def spy(self):
        compiled.append(self)

    monkeypatch.setattr(ForecastNet, "compile", spy)
    assert computed(ConvLSTMForecaster, compiled=True).net_.module_ is compiled[0]
    assert len(compiled) == 1
