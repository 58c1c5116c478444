"""Gradients of forecasts with respect to the frames that a network sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from stforecast.estimators._baseline_modules import slope_module
from stforecast.estimators._scaled_network import ScaledNetwork
from stforecast.windows._batches import part_batch
from stforecast.windows._windows import Windows

Slopes = Callable[[Windows], np.ndarray]


def network_slopes(network: ScaledNetwork, columns: slice) -> Slopes:
    """Return what gives the gradient (n, T, channels, H, W) of the median, per standard deviation.

    A mask has channels of its own, behind the others.
    """
    module, scale = network.copy_to_double(), torch.tensor(network.output_scale)

    def slopes(X: Windows) -> np.ndarray:
        inputs, _ = network.samples(X, precision=np.float64).batch(np.arange(len(X)))
        x = inputs["x"].requires_grad_()
        outputs = module(x, inputs["parts"]).unflatten(1, (-1, len(scale)))[:, network.median]
        return _gradient((outputs * scale)[:, columns], x)

    return slopes


def baseline_slopes(baseline: Any, network: ScaledNetwork, columns: slice) -> Slopes | None:
    """Return what gives the gradient of a baseline in the same frames; None where it has none."""
    module = slope_module(baseline)
    if module is None:
        return None
    module, scale = module.double(), network.scalers.x.broadcast(5)[1]

    def slopes(X: Windows) -> np.ndarray:
        gradient = _align_gradient(_base_gradient(module, X, columns), X)
        frames = (len(X), network.shapes.steps, network.shapes.channels, *network.shapes.frame[1:])
        gradient = gradient.reshape(frames) * scale
        mask = np.zeros_like(gradient) if network.shapes.masked else gradient[:, :, :0]
        return np.concatenate([gradient, mask], axis=2)

    return slopes


def _base_gradient(module: nn.Module, X: Windows, columns: slice) -> np.ndarray:
    """Return the gradient in the rows of the series, in the shape that they have there."""
    rows = X.undo_steps().frames()
    values = rows.batch(np.arange(len(X))).astype(np.float64)
    frames = values.reshape(*values.shape[:2], *(*values.shape[2:], 1, 1, 1)[:3])
    x = torch.from_numpy(frames).requires_grad_()
    parts = {name: _part(part) for name, part in X.parts.items()}
    return _gradient(module(x, parts)[:, columns], x).reshape(values.shape)


def _align_gradient(gradient: np.ndarray, X: Windows) -> np.ndarray:
    """Move the gradient in the rows of the series to where the network sees those rows."""
    if X.undo_steps() is X:
        return gradient
    gradient = gradient[:, -X.lookback :]
    for step in X.steps:
        gradient = step(gradient)
    return gradient


def _part(part: Any) -> torch.Tensor:
    return torch.from_numpy(part_batch(part, np.arange(len(part))).astype(np.float64))


def _gradient(outputs: torch.Tensor, x: torch.Tensor) -> np.ndarray:
    (gradient,) = torch.autograd.grad(outputs.sum(), x)
    return gradient.numpy()
