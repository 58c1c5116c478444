"""Networks on large maps: of a sensible size by default, or refused before they fill the memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stforecast.estimators import (
    CNNLSTMClassifier,
    CNNLSTMForecaster,
    CNNLSTMLayers,
    LSTMForecaster,
    ParallelCNNLSTMForecaster,
)
from stforecast.estimators.parts.base import NetShapes
from stforecast.estimators.parts.weights import MAX_WEIGHTS
from stforecast.exceptions import ParameterError


def shapes(side: int) -> NetShapes:
    return NetShapes(
        frame=(1, side, side), steps=4, horizon=1, target=(1, side, side), parts={}, masked=False
    )


def count(model, side: int) -> int:
    with torch.device("meta"):  # nothing is allocated
        module = model.build_module(shapes(side))
    return sum(one.numel() for one in module.parameters())


@pytest.mark.parametrize("kind", [CNNLSTMForecaster, CNNLSTMClassifier, ParallelCNNLSTMForecaster])
def test_a_default_network_on_large_maps_is_of_a_sensible_size(kind) -> None:
    assert count(kind(), 256) < 0.2 * MAX_WEIGHTS


def test_cells_are_laid_side_by_side_up_to_64_of_them() -> None:
    flat = CNNLSTMForecaster(layers=CNNLSTMLayers(pooling="flatten"))
    assert count(CNNLSTMForecaster(), 64) == count(flat, 64)
    assert count(CNNLSTMForecaster(), 96) < count(flat, 96)


def test_large_maps_are_trained_on_and_forecast() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.random((6, 2, 1, 70, 66), "float32"), rng.random((6, 3))
    model = CNNLSTMForecaster((2,), hidden_channels=4, baseline=None, max_epochs=1, device="cpu")
    assert model.fit(X, y).predict(X).shape == (6, 3)


REMEDY = r"features and \d+ units it would have [\d,]+. "


def test_a_network_that_would_fill_the_memory_is_refused_with_a_remedy_that_works() -> None:
    flat = CNNLSTMLayers(pooling="flatten")
    with pytest.raises(ParameterError, match=REMEDY + "Leave pooling out or pass 'average', or"):
        count(CNNLSTMForecaster(layers=flat), 256)
    for layers in (
        CNNLSTMLayers(pooling="average"),
        CNNLSTMLayers(),
        CNNLSTMLayers(pooling="flatten", pool_size=4),
    ):
        assert count(CNNLSTMForecaster(layers=layers), 256) < MAX_WEIGHTS
    with pytest.raises(ParameterError, match=REMEDY + "Take a CNN-LSTM, which pools the cells of"):
        count(LSTMForecaster(64), 800)
    assert count(CNNLSTMForecaster(), 800) < MAX_WEIGHTS
