"""The networks learn what no last-value or linear model can."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error

from stforecast.estimators import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    DenseDecoder,
    LSTMForecaster,
    Training,
)
from stforecast.windows import Flatten, make_windows


def product_of_two_lags(rows=900):
    """Noise, and as target the product of its last two values."""
    noise = np.random.default_rng(0).uniform(-1, 1, size=rows)
    target = np.r_[0, 0, noise[1:-1] * noise[:-2]]  # row t: what rows t - 1 and t - 2 give
    return make_windows(noise, lookback=4, horizon=1, target=target)


def moving_blob(rows=700, size=7):
    """Maps of one bright cell that goes its way, and turns at the walls."""
    rng = np.random.default_rng(0)
    maps = np.zeros((rows, 1, size, size))
    place, step = np.array([3, 3]), np.array([1, 1])
    for t in range(rows):
        if rng.random() < 0.1:
            step = rng.choice([-1, 1], size=2)
        step = np.where((place + step < 0) | (place + step >= size), -step, step)
        place = place + step
        maps[t, 0, place[0], place[1]] = 1
    return make_windows(maps, lookback=3, horizon=1)


def halves(X, y):
    middle = 2 * len(X) // 3
    y = np.asarray(y)
    return (X[:middle], y[:middle]), (X[middle:], y[middle:])


def error(model, train, test):
    return mean_squared_error(test[1], model.fit(*train).predict(test[0]))


def best_of_simple_models(train, test, last):
    flat = [(Flatten().fit_transform(X), y) for X, y in (train, test)]
    linear = error(LinearRegression(), *[(np.asarray(X), y) for X, y in flat])
    persistence = mean_squared_error(test[1], last(test[0]))
    mean = mean_squared_error(test[1], np.broadcast_to(train[1].mean(axis=0), test[1].shape))
    return min(linear, persistence, mean)


TEACHABLE = {
    "lr": 0.02,
    "batch_size": 32,
    "random_state": 0,
    "device": "cpu",
    "decoder": DenseDecoder(hidden=16),
    "training": Training(validation_fraction=0, schedule="cosine"),
}


@pytest.mark.parametrize(
    "model",
    [
        LSTMForecaster(16, max_epochs=25, **TEACHABLE),
        ConvLSTMForecaster(16, 1, max_epochs=25, **TEACHABLE),
        CNNLSTMForecaster((8,), hidden_channels=16, max_epochs=25, **TEACHABLE),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_product_of_two_lags(model):
    train, test = halves(*product_of_two_lags())
    simple = best_of_simple_models(train, test, last=lambda X: np.asarray(X)[:, -1])
    assert error(model, train, test) < simple / 2


def test_a_blob_that_moves():
    train, test = halves(*moving_blob())
    simple = best_of_simple_models(train, test, lambda X: np.asarray(X)[:, -1].reshape(len(X), -1))
    model = ConvLSTMForecaster(12, 3, max_epochs=12, **TEACHABLE).set_params(
        decoder="dense", batch_size=16
    )
    assert error(model, train, test) < simple / 2


def test_the_order_of_frames_matters():
    X, y = product_of_two_lags(200)
    model = LSTMForecaster(8, max_epochs=3, random_state=0).fit(X, y)
    backwards = np.asarray(X)[:, ::-1]
    assert not np.allclose(model.predict(backwards), model.predict(X))
