"""A network between its scalers: windows in, numbers out, both in their own units."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from stforecast._training.double_copy import double_copy
from stforecast._training.execution.compute import Compute
from stforecast._training.prediction import compute_outputs
from stforecast._training.samples import Samples, mask_missing
from stforecast.estimators._baseline_modules import baseline_module
from stforecast.estimators._blend import Blend
from stforecast.estimators._scaling import Scalers, restore
from stforecast.estimators.parts.base import OPEN_LIMITS, Bounds, NetShapes
from stforecast.exceptions import MissingValuesError

# Up to this many input values, a CPU predicts in double precision: see `ScaledNetwork.outputs`.
DOUBLE_VALUES = 2**24


@dataclass(frozen=True, eq=False)
class ScaledNetwork:
    """A trained network between its scalers, for all that looks at it or asks it.

    Nothing here changes the network, so threads may ask it side by side.

    Parameters
    ----------
    net : skorch.NeuralNet
        The trained net, or any object that holds a torch module as ``module_``.
    shapes : NetShapes
        What the network was built for.
    scalers : Scalers
        What its inputs and outputs are standardised by.
    quantiles : tuple of float, default=()
        Probabilities of the quantiles that it gives of each target; none where it gives one value.
    bounds : tuple of (float or None, float or None), default=(None, None)
        What forecasts lie within, in the units of the targets.
    """

    net: Any
    shapes: NetShapes
    scalers: Scalers
    quantiles: tuple[float, ...] = ()
    bounds: Bounds = OPEN_LIMITS

    @property
    def module(self) -> nn.Module:
        """The torch module, on standardised tensors."""
        module: nn.Module = self.net.module_
        return module

    @property
    def median(self) -> int:
        """Position of the median among what it gives of each target."""
        return self.quantiles.index(0.5) if self.quantiles else 0

    def samples(self, X: Any, precision: Any = np.float32) -> Samples:
        """Return windows as the network takes them."""
        return self.scalers.samples(X, precision=precision)

    def outputs(self, X: Any, *, batch_size: int, device: str, compute: Compute) -> np.ndarray:
        """Return the network's own outputs (n, outputs) for windows, in float64.

        In single precision a row's last digits depend on the rows beside it in its batch. In double
        precision they agree to far below what anybody reads, at about twice the time; so that is
        what a CPU does wherever the time is short anyway.
        """
        module, precision = self.module, np.float32
        if device == "cpu" and X.size <= DOUBLE_VALUES:
            module, precision = self.copy_to_double(), np.float64
        elif next(module.parameters()).device != torch.empty(0, device=device).device:
            module = deepcopy(module).to(device)
        samples = self.samples(X, precision)
        batches = compute_outputs(
            module, samples, batch_size=max(256, batch_size), device=device, compute=compute
        )
        return np.concatenate(batches) if batches else np.empty((0, self.shapes.outputs))

    def forecasts(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs as forecasts (n, horizon * outputs, quantiles), in the targets' units."""
        y = outputs.reshape(len(outputs), max(1, len(self.quantiles)), self.shapes.outputs)
        scaler = self.scalers.y
        assert scaler is not None
        return self.clip(check_outputs(scaler.inverse(y.swapaxes(1, 2)), "forecasts"))

    def clip(self, forecasts: np.ndarray) -> np.ndarray:
        """Return forecasts within the bounds, which a network keeps up to rounding."""
        return forecasts if self.bounds == OPEN_LIMITS else np.clip(forecasts, *self.bounds)

    def copy_to_double(self) -> nn.Module:
        """Return a copy of the module that predicts in double precision on the CPU."""
        return double_copy(self.module)

    @property
    def output_scale(self) -> np.ndarray:
        """Units of the targets for one unit of each output; 1 for class scores."""
        return np.ones(self.shapes.outputs) if self.scalers.y is None else self.scalers.y.scale

    def replace_module(self, module: nn.Module) -> ScaledNetwork:
        """Return another network between the same scalers."""
        return replace(self, net=SimpleNamespace(module_=module))


class UnitNetwork(nn.Module):
    """A network between its scalers, on its baseline, as one torch module in single precision.

    Parameters
    ----------
    network : ScaledNetwork
        The network.
    blend : Blend, optional
        What it stands on; nothing by default.
    """

    def __init__(self, network: ScaledNetwork, blend: Blend | None = None) -> None:
        super().__init__()
        self.baseline = None if blend is None else baseline_module(blend.baseline, network.shapes)
        self.share = 1.0 if blend is None else blend.share
        self.residuals = blend is None or blend.residuals
        self.module = deepcopy(network.module).cpu().float().eval()
        self.shapes, scalers = network.shapes, network.scalers
        self.classifies = scalers.y is None
        self.quantiles, self.bounds = network.quantiles, network.bounds
        self._keep("x", *scalers.x.broadcast(5))
        for name, scaler in scalers.parts.items():
            self._keep(f"part_{name}", *scaler.broadcast(1 + len(self.shapes.parts[name])))
        if scalers.y is not None:
            self._keep("y", *scalers.y.broadcast(2))

    def _keep(self, name: str, mean: np.ndarray, scale: np.ndarray) -> None:
        self.register_buffer(f"{name}_mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer(f"{name}_scale", torch.tensor(scale, dtype=torch.float32))

    def _statistics(self, name: str) -> tuple[Tensor, Tensor]:
        return self.get_buffer(f"{name}_mean"), self.get_buffer(f"{name}_scale")

    def forward(self, window: Tensor, *parts: Tensor) -> Tensor:
        """Return what `predict`, or `predict_proba`, gives for windows and their parts in order."""
        _, H, W = self.shapes.frame
        frames = window.reshape(-1, self.shapes.steps, self.shapes.channels, H, W)
        raw, raw_parts = frames, dict(zip(self.shapes.parts, parts, strict=True))
        frames = _standardize(frames, *self._statistics("x"))
        if self.shapes.masked:
            frames = mask_missing(frames)
        named = {
            name: _standardize(part, *self._statistics(f"part_{name}"))
            for name, part in raw_parts.items()
        }
        output: Tensor = self.module(frames, named)
        if self.classifies:
            return output.softmax(dim=1)
        if self.quantiles:
            output = output.unflatten(1, (len(self.quantiles), -1))[:, self.quantiles.index(0.5)]
        forecasts: Tensor = restore(output, *self._statistics("y"))
        if self.baseline is not None:
            base: Tensor = self.baseline(raw, raw_parts)
            forecasts = base + self.share * (forecasts if self.residuals else forecasts - base)
        return forecasts if self.bounds == OPEN_LIMITS else forecasts.clamp(*self.bounds)


def check_outputs(values: np.ndarray, subject: str) -> np.ndarray:
    """Return what a network gave, or raise if some of it is NaN or infinite."""
    if np.isfinite(values).all():
        return values
    raise MissingValuesError(
        f"{int((~np.isfinite(values)).sum())} {subject} are NaN or infinite because the windows "
        "hold NaN or infinity. Fill those rows first."
    )


def _standardize(values: torch.Tensor, mean: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    return (values - mean) / scale
