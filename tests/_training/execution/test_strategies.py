"""Shares of a batch on many cores give what they give on one, bit for bit."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone
from skorch.callbacks import Callback, Freezer

from stforecast._training.execution import strategies as module
from stforecast._training.execution.strategies import CoreShares, Pieces, cores, share_samples
from stforecast.estimators import (
    BoundedDecoder,
    CNNLSTMForecaster,
    CNNLSTMLayers,
    Compute,
    ConvLSTMForecaster,
    MonteCarloDropout,
    RolloutDecoder,
    Training,
)
from stforecast.nn import ForecastNet
from stforecast.windows import make_windows
from tests.estimators.data import ALL_SAMPLES, FORECASTERS, noise, same_weights, small, weights

CELLS = 48 * 48
ERROR = RuntimeError("in a share")


@pytest.fixture(scope="module")
def maps():
    """Windows whose batches of 16 are cut into shares of one sample."""
    assert share_samples(CELLS) == 1
    series = np.random.default_rng(0).normal(size=(40, 1, 48, 48)).astype(np.float32)
    return make_windows(series, lookback=2, horizon=1, target=series[:, 0, :2, :2].reshape(40, -1))


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    """Torch's number of threads, as a machine or joblib would have set it."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def alone(maps):
    """Fits with one thread, by the arguments of `small`."""
    kept = {}

    def fit(kind, **params):
        key = (kind, repr(params))
        if key not in kept:
            before = torch.get_num_threads()
            torch.set_num_threads(1)
            kept[key] = small(kind, **params).fit(*maps)
            torch.set_num_threads(before)
        return kept[key]

    return fit


@pytest.mark.parametrize(
    "params", [{}, {"dropout": 0.3}, {"decoder": BoundedDecoder((-9, 9))}], ids=str
)
@pytest.mark.parametrize("kind", FORECASTERS)
def test_a_fit_is_the_same_on_any_number_of_cores(kind, params, maps, alone, threads):
    expected, model = alone(kind, **params), small(kind, **params).fit(*maps)
    assert same_weights(model, expected)
    np.testing.assert_array_equal(model.predict(maps[0]), expected.predict(maps[0]))
    losses = ["train_loss", "valid_loss"]
    assert model.history_[losses].equals(expected.history_[losses])


def test_a_fit_in_a_worker_is_that_of_the_first_process(maps, alone):
    expected = alone(ConvLSTMForecaster)
    model = small(ConvLSTMForecaster)
    there = Parallel(n_jobs=2)(delayed(clone(model).fit)(*maps) for _ in range(2))
    assert all(same_weights(one, expected) for one in there)


@pytest.mark.parametrize("kind", FORECASTERS)
def test_shares_take_the_step_of_the_whole_batch(kind, maps, alone, monkeypatch):
    # Adam divides by the size of a slope: where that is nearly 0, rounding decides the step
    plain = {"training": Training(optimizer="sgd")}
    shared = weights(alone(kind, **plain))
    monkeypatch.setattr(module, "CELLS", 10**9)
    for name, value in weights(small(kind, **plain).fit(*maps)).items():
        np.testing.assert_allclose(shared[name], value, atol=2e-5)


def test_shares_weigh_by_the_targets_that_are_there(monkeypatch):
    table = noise(80, 1)
    table[20:50] = np.nan
    X, y = make_windows(table, lookback=5, horizon=2, missing="mask")
    whole = small().fit(X, y)
    monkeypatch.setattr(module, "CELLS", 3)
    for name, value in weights(small().fit(X, y)).items():
        np.testing.assert_allclose(value, weights(whole)[name], atol=2e-5)


@pytest.mark.parametrize("precision", ["single", "bfloat16"])
def test_a_fit_is_the_same_with_any_number_of_threads_asked_for(precision, maps):
    found = [
        small(
            ConvLSTMForecaster,
            hidden_channels=16,
            kernel_size=3,
            training=Training(compute=Compute(threads=threads, precision=precision)),
        ).fit(maps[0][:24], maps[1][:24])
        for threads in (1, 2, 3)
    ]
    assert same_weights(found[0], found[1])
    assert same_weights(found[0], found[2])


class RootMeanSquare(torch.nn.Module):
    """A loss that is no mean over samples."""

    def forward(self, prediction, target):
        return torch.nn.functional.mse_loss(prediction, target).sqrt()


@pytest.mark.parametrize(
    "theirs",
    [
        {"criterion": RootMeanSquare},
        {"criterion": RootMeanSquare()},
        {"criterion": torch.nn.MSELoss, "criterion__reduction": "sum"},
    ],
    ids=str,
)
def test_a_loss_that_may_be_no_mean_is_taken_of_whole_batches(theirs, maps, monkeypatch):
    model = small(net_params=theirs, lr=1e-4).fit(*maps)
    monkeypatch.setattr(module, "CELLS", 10**9)
    assert same_weights(clone(model).fit(*maps), model)


class Copies(Callback):
    """Copies and pickles the net as it trains."""

    def on_epoch_end(self, net, **kwargs):
        assert isinstance(net.strategy_, CoreShares)
        assert isinstance(copy.deepcopy(net).strategy_, Pieces)
        assert isinstance(pickle.loads(pickle.dumps(net)).strategy_, Pieces)


def test_a_net_is_copied_and_pickled_while_it_trains(maps):
    small(net_params={"callbacks": [("copies", Copies())]}).fit(*maps)


def test_frozen_weights_stay_as_they_are(maps):
    frozen = {"callbacks": [("frozen", Freezer("*"))]}
    one, two = (small(max_epochs=epochs, net_params=frozen).fit(*maps) for epochs in (1, 2))
    assert same_weights(one, two)


class Together:
    """Lets forward passes go on only two at a time, each in a thread of its own."""

    def __init__(self, monkeypatch):
        self.barrier, self.threads = threading.Barrier(2, timeout=20), set()
        forward = ForecastNet.forward

        def meet(net, x, parts=None):
            assert torch.get_num_threads() == 1
            self.threads.add(threading.get_ident())
            self.barrier.wait()
            return forward(net, x, parts)

        monkeypatch.setattr(ForecastNet, "forward", meet)


@pytest.mark.parametrize("decoder", ["auto", BoundedDecoder((-9, 9))], ids=str)
def test_two_threads_compute_at_the_same_time(decoder, maps, monkeypatch):
    X, y = maps[0][:32], maps[1][:32]
    training = Training(validation_fraction=0, compute=Compute(threads=2))
    model = small(decoder=decoder, training=training, max_epochs=1).fit(X, y)
    together = Together(monkeypatch)
    model.predict(X)
    assert len(together.threads) == 2
    clone(model).fit(X, y)
    assert not together.barrier.broken


class Sizes:
    """Notes how many samples forward passes see."""

    def __init__(self, monkeypatch):
        self.seen = []
        forward = ForecastNet.forward

        def note(net, x, parts=None):
            self.seen.append((len(x), threading.current_thread() is threading.main_thread()))
            return forward(net, x, parts)

        monkeypatch.setattr(ForecastNet, "forward", note)


def test_batch_normalisation_sees_batches_whole(maps, monkeypatch):
    sizes = Sizes(monkeypatch)
    layers = CNNLSTMLayers(batch_norm=True)
    model = small(CNNLSTMForecaster, layers=layers, training=ALL_SAMPLES)
    model.fit(maps[0][:32], maps[1][:32])
    assert sizes.seen == [(16, True)] * 4


def test_random_numbers_are_drawn_one_share_after_the_other(maps, monkeypatch):
    sizes = Sizes(monkeypatch)
    training = Training(validation_fraction=0, compute=Compute(threads=2))
    small(dropout=0.3, training=training, max_epochs=2).fit(maps[0][:32], maps[1][:32])
    assert sum(not main for _, main in sizes.seen) == 16  # the first batch, in vain
    assert sum(main for _, main in sizes.seen) == 4 * 16


def test_dropout_left_on_in_prediction_is_the_same_on_many_cores(maps, threads):
    X, y = maps
    model = MonteCarloDropout(small(dropout=0.3), n_samples=2, random_state=0).fit(X[:20], y[:20])
    torch.set_num_threads(1)
    expected = model.predict_std(X)
    torch.set_num_threads(threads)
    np.testing.assert_array_equal(model.predict_std(X), expected)


def test_maps_out_of_maps_are_the_same_on_many_cores(threads):
    series = np.random.default_rng(0).normal(size=(30, 1, 48, 48)).astype(np.float32)
    X, y = make_windows(series, lookback=2, horizon=2)
    decoder = RolloutDecoder(teacher_forcing=0.5)
    model = small(ConvLSTMForecaster, decoder=decoder)
    torch.set_num_threads(1)
    expected = clone(model).fit(X, y)
    torch.set_num_threads(threads)
    assert same_weights(model.fit(X, y), expected)


@pytest.mark.parametrize("error", [ERROR, KeyboardInterrupt()])
def test_an_error_in_a_share_goes_up_and_leaves_no_thread(error, maps, monkeypatch):
    before, running = torch.get_num_threads(), threading.active_count()

    def fail(net, x, parts=None):
        raise error

    monkeypatch.setattr(ForecastNet, "forward", fail)
    model = small(training=Training(compute=Compute(threads=2)))
    with pytest.raises(type(error)):
        model.fit(*maps)
    assert not hasattr(model, "net_")
    assert (torch.get_num_threads(), threading.active_count()) == (before, running)


def test_a_fitted_network_holds_no_threads(maps, alone):
    assert isinstance(alone(ConvLSTMForecaster).net_.strategy_, Pieces)


def test_results_are_in_the_order_of_the_shares():
    later = threading.Event()

    def work(share):
        if share == 0:
            later.wait(20)
        elif share == 3:
            later.set()
        return 10 * share

    with cores(2, samples=1) as found:
        assert found.map(work, range(4)) == [0, 10, 20, 30]


@pytest.mark.parametrize(
    ("work", "shares"), [(torch.ones, [2]), (torch.rand, [2, 3])], ids=["one share", "random"]
)
def test_what_is_not_to_be_shared_is_left_to_the_caller(work, shares):
    with torch.random.fork_rng(devices=[]), cores(2, samples=1) as found:
        assert found.map(work, shares) is None
        assert found.draws is (work is torch.rand)


def test_a_network_of_many_weights_has_larger_shares():
    assert share_samples(4096, weights=10_000) == 1
    assert share_samples(4096, weights=64 * 64 * 16 * 1000) == 250


def test_a_fit_asks_how_many_weights_there_are(maps, monkeypatch):
    sizes = Sizes(monkeypatch)
    monkeypatch.setattr(module, "GRADIENTS", 2000)
    model = small(ConvLSTMForecaster, training=ALL_SAMPLES).fit(maps[0][:32], maps[1][:32])
    weights = sum(weight.numel() for weight in model.net_.module_.parameters())
    assert max(size for size, _ in sizes.seen) == min(16, weights // 2000) > 1


@pytest.mark.parametrize(("cells", "samples"), [(1, 1024), (56, 18), (1024, 1), (10_000, 1)])
def test_a_share_has_as_many_samples_as_stay_in_a_cores_cache(cells, samples):
    assert share_samples(cells) == samples
