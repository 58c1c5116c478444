"""Schedules, warm-up, averages and losses do what they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from stforecast.estimators import QuantileDecoder, Training
from tests.estimators.data import ALL_SAMPLES, noise, same_weights, small, table_windows, weights


class Rates(Callback):
    """Notes the learning rate of every step."""

    def on_train_begin(self, net, **kwargs):
        self.rates_ = []

    def on_batch_begin(self, net, training, **kwargs):
        if training:
            self.rates_.append(net.optimizer_.param_groups[0]["lr"])


def rates(epochs=4, patience=10, validation_fraction=0.0, **training):
    X, y = table_windows(86)  # 80 windows: five batches of 16
    training = Training(patience=patience, validation_fraction=validation_fraction, **training)
    callbacks = {"callbacks": [("rates", Rates())]}
    model = small(lr=0.01, max_epochs=epochs, training=training, net_params=callbacks).fit(X, y)
    return np.array(dict(model.net_.callbacks_)["rates"].rates_)


def test_a_constant_rate():
    np.testing.assert_allclose(rates(), 0.01)


def test_a_cosine_from_the_rate_to_zero():
    steps = np.arange(20)
    np.testing.assert_allclose(rates(schedule="cosine"), 0.005 * (1 + np.cos(np.pi * steps / 20)))


def test_one_cycle_goes_up_to_the_rate_and_down():
    found = rates(schedule="one-cycle")
    assert found[0] < 0.001
    assert found.max() == pytest.approx(0.01, rel=0.05)
    assert 0 < found.argmax() < 10
    assert found[-1] < 0.001


def test_a_plateau_divides_the_rate_by_three():
    found = rates(20, 4, 0.3, schedule="plateau")
    assert found[0] == 0.01
    assert np.isclose(found, 0.01 / 3).any()


def test_without_a_held_back_part_the_training_loss_is_watched():
    X, y = table_windows()
    flat = small(
        max_epochs=12,
        lr=1e-6,
        training=Training(validation_fraction=0, schedule="plateau", patience=2),
    ).fit(X, y)
    assert flat.net_.optimizer_.param_groups[0]["lr"] < 1e-6 / 3


def test_warm_up_rises_to_the_rate():
    found = rates(warmup=1.0)
    np.testing.assert_allclose(found[:5], 0.01 * np.arange(1, 6) / 6)
    np.testing.assert_allclose(found[5:], 0.01)


def test_warm_up_of_part_of_an_epoch():
    assert (rates(warmup=0.4) < 0.0099).sum() == 2


def test_warm_up_and_cosine_multiply():
    found, cosine = rates(schedule="cosine", warmup=1.0), rates(schedule="cosine")
    np.testing.assert_allclose(found[:5], cosine[:5] * np.arange(1, 6) / 6)
    np.testing.assert_allclose(found[5:], cosine[5:])


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("schedule", ["constant", "plateau", "cosine", "one-cycle"])
def test_every_optimizer_goes_with_every_schedule(optimizer, schedule):
    X, y = table_windows()
    training = Training(optimizer=optimizer, schedule=schedule, ema=0.5)
    assert np.isfinite(small(max_epochs=3, training=training).fit(X, y).predict(X)).all()


def test_each_entry_of_the_gradient_is_cut_off():
    largest = []

    class Largest(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            largest.append(max(float(one.grad.abs().max()) for _, one in named_parameters))

    for most in (None, 0.001):
        training = Training(gradient_clip=None, gradient_value_clip=most)
        model = small(max_epochs=1, training=training, net_params={"callbacks": [Largest()]})
        model.fit(*table_windows())
        assert (max(largest) <= 0.001 + 1e-9) == (most is not None)
        largest.clear()


def test_the_gradient_is_clipped_to_its_norm():
    norms = []

    class Norm(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            grads = [p.grad.norm() for _, p in named_parameters if p.grad is not None]
            norms.append(float(torch.stack(grads).norm()))

    X, y = table_windows()
    training = Training(gradient_clip=0.01)
    small(training=training, net_params={"callbacks": [Norm()]}).fit(X, y)
    np.testing.assert_allclose(norms, 0.01, rtol=1e-3)


class Steps(Callback):
    """Notes the weights after every step."""

    def on_train_begin(self, net, **kwargs):
        self.steps_ = [self.read(net)]

    def on_batch_end(self, net, training, **kwargs):
        if training:
            self.steps_.append(self.read(net))

    @staticmethod
    def read(net):
        return {k: v.numpy().astype(np.float64) for k, v in net.module_.state_dict().items()}


def test_the_average_of_weights_is_the_moving_one():
    X, y = table_windows()
    training = Training(validation_fraction=0, ema=0.8)
    callbacks = {"callbacks": [("steps", Steps())]}
    model = small(max_epochs=10, training=training, net_params=callbacks).fit(X, y)
    first, *steps = dict(model.net_.callbacks_)["steps"].steps_
    for name, value in weights(model).items():
        average = first[name]
        for count, step in enumerate(steps, start=1):
            decay = min(0.8, count / (count + 10))
            average = decay * average + (1 - decay) * step[name]
        np.testing.assert_allclose(value, average, atol=1e-5)


def test_the_average_does_not_steer_the_training():
    X, y = table_windows()
    paths = []
    for ema in (0.0, 0.9):
        callbacks = {"callbacks": [("steps", Steps())]}
        model = small(training=Training(ema=ema, patience=9), net_params=callbacks).fit(X, y)
        paths.append(dict(model.net_.callbacks_)["steps"].steps_[-1])
    assert all(np.array_equal(paths[0][name], paths[1][name]) for name in paths[0])


def test_the_average_validates():
    X, y = table_windows()
    plain, averaged = (small(training=Training(ema=ema)).fit(X, y) for ema in (0, 0.99))
    assert not np.allclose(plain.history_["valid_loss"], averaged.history_["valid_loss"])


def test_losses_differ_by_what_they_make_of_outliers():
    rng = np.random.default_rng(0)
    X = noise(400, 3)
    y = 3 + np.where(rng.random(400) < 0.1, 100.0, 0.0)  # mean 13, median 3

    def level(loss):
        training = Training(loss=loss, validation_fraction=0)
        return (
            small(max_epochs=60, lr=0.05, batch_size=200, training=training)
            .fit(X, y)
            .predict(noise(50, 3, 1))
            .mean()
        )

    assert level("mae") == pytest.approx(3, abs=2)
    assert level("pinball") == pytest.approx(3, abs=2)
    assert level("mse") == pytest.approx(13, abs=4)


def test_weights_decay():
    X, y = table_windows()
    sizes = [
        sum(
            np.square(value).sum()
            for value in weights(small(max_epochs=20, lr=0.02, training=one).fit(X, y)).values()
        )
        for one in (ALL_SAMPLES, Training(validation_fraction=0, weight_decay=5.0))
    ]
    assert sizes[1] < sizes[0] / 2


def test_a_decoder_of_quantiles_takes_the_pinball_loss_and_no_other():
    X, y = table_windows()
    decoder = QuantileDecoder((0.1, 0.5, 0.9))
    plain = small(decoder=decoder).fit(X, y)
    assert same_weights(plain, small(decoder=decoder, training=Training(loss="pinball")).fit(X, y))
    with pytest.raises(
        ValueError, match=r"training__loss must be 'pinball' .*quantiles, got 'mae'"
    ):
        small(decoder=decoder, training=Training(loss="mae")).fit(X, y)
