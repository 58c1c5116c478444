"""Activations by name."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stforecast.nn.base import make_activation

EQUATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_activation_follows_its_equation(name: str) -> None:
    x = np.linspace(-3, 3, 25)
    np.testing.assert_allclose(make_activation(name)(torch.from_numpy(x)), EQUATIONS[name](x))


def test_unknown_activation_lists_the_names() -> None:
    with pytest.raises(
        ValueError, match=r"'relu', 'tanh', 'sigmoid', 'elu' or 'leaky_relu', got 'rleu'"
    ):
        make_activation("rleu")
