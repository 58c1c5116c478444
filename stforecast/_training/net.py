"""The skorch net of every estimator and its loss: the plain step, in the precision asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from skorch import NeuralNet
from skorch.utils import to_tensor
from torch import Tensor, nn
from torch.nn import functional

from stforecast._training.callbacks import Units
from stforecast._training.execution.strategies import Pieces, Step
from stforecast._training.samples import Batch
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.windows._parts import WEIGHT


class Strategy(Protocol):
    """How a step of training is computed: in pieces, on cores or in processes."""

    pieces: int

    def step(self, net: Any, batch: Batch) -> Step:
        """Return loss and output of a batch, and leave its gradients in training."""


class Net(NeuralNet):
    """A skorch net whose steps a strategy takes, each by one plain step or several.

    Attributes
    ----------
    strategy_ : Strategy
        Takes the steps of a fit.
    precision_ : torch.dtype or None
        What the network computes in, under autocast.
    caches_casts_ : bool
        Whether autocast keeps the weights that it has cast. Threads would take them from one
        another, and clear them.
    units_ : Units or None
        What turns outputs into the forecasts that `predict` returns, for scores of epochs.
    scaler_ : torch.amp.GradScaler or None
        Keeps small gradients from vanishing in half precision.
    """

    strategy_: Strategy = Pieces()
    precision_: torch.dtype | None = None
    caches_casts_ = True
    units_: Units | None = None
    scaler_: torch.amp.GradScaler | None = None

    def step(self, batch: Batch, share: float = 1.0, module: Any = None) -> Step:
        """Take the plain step: forward, loss, and backward where gradients are asked for.

        Gradients are added to those that are there. `share` is that of the batch in the loss, and
        `module` stands in for the network.
        """
        x, y = batch
        output = self.infer(x, module=module)
        loss = self.get_loss(output, y, x) * share
        if loss.requires_grad:
            (loss if self.scaler_ is None else self.scaler_.scale(loss)).backward()
        return loss.detach(), output.detach()

    def infer(self, x: Any, *, module: Any = None, **fit_params: Any) -> torch.Tensor:
        """Return the network's output for a batch, in single precision."""
        network = self.module_ if module is None else module
        inputs = to_tensor(x, device=self.device)
        if self.precision_ is None:
            return network(**inputs)
        device = torch.device(self.device).type
        with torch.autocast(device, self.precision_, cache_enabled=self.caches_casts_):
            return network(**inputs).float()

    def get_loss(self, y_pred: Tensor, y_true: Any, X: Any = None, **fit_params: Any) -> Tensor:
        """Return the loss of a batch, in which samples count by their weight if they have one."""
        weights = None if X is None else X["parts"].get(WEIGHT)
        if weights is None:
            loss: Tensor = super().get_loss(y_pred, y_true, X, **fit_params)
            return loss
        if not isinstance(self.criterion_, Criterion):
            raise ParameterError(
                "Weights of windows need a loss of this library, which takes them, but the "
                f"criterion is {type(self.criterion_).__name__}. Leave the weights or the "
                "criterion out."
            )
        y_true, weights = (to_tensor(one, device=self.device) for one in (y_true, weights))
        weighted: Tensor = self.criterion_(y_pred, y_true, weights)
        return weighted

    def predict(self, X: Any) -> np.ndarray:
        """Return forecasts in the units of the targets, or classes by position."""
        outputs: np.ndarray = super().predict(X)
        return outputs if self.units_ is None else self.units_.forecast(outputs)

    def count(self, y: torch.Tensor) -> int:
        """Return how many targets the mean of the loss is taken over."""
        return self.criterion_.count(y) if isinstance(self.criterion_, Criterion) else len(y)

    def train_step_single(self, batch: Batch, **fit_params: Any) -> dict[str, Any]:
        """Return loss and output of a batch, and leave its gradients."""
        self._set_training(True)
        loss, output = self.strategy_.step(self, batch)
        if self.scaler_ is not None:  # before the callbacks that clip gradients
            self.scaler_.unscale_(self.optimizer_)
        return {"loss": loss, "y_pred": output}

    def validation_step(self, batch: Batch, **fit_params: Any) -> dict[str, Any]:
        """Return loss and output of a batch."""
        self._set_training(False)
        with torch.no_grad():
            loss, output = self.strategy_.step(self, batch)
        return {"loss": loss, "y_pred": output}

    def _set_training(self, training: bool = True) -> None:
        # setting it walks through all modules, at every step
        if self.module_.training != training:
            super()._set_training(training)

    def _step_optimizer(self, step_fn: Any) -> None:
        if self.scaler_ is None:
            super()._step_optimizer(step_fn)
            return
        step_fn()
        self.scaler_.step(self.optimizer_)
        self.scaler_.update()

    def __getstate__(self) -> dict[str, Any]:
        # threads and processes belong to the fit
        return {**super().__getstate__(), "strategy_": Pieces()}


class Criterion(nn.Module):
    """Base of losses that are a mean and say over how many numbers.

    Parts of a batch so get the share in the loss that they have in the whole. The third argument
    of `forward` are the weights [B] of the samples, whose mean over a fit is one: the loss of a
    sample is multiplied by its weight before the mean is taken.
    """

    @abstractmethod
    def count(self, target: Tensor) -> int:
        """Return how many numbers the mean of a batch of targets is taken over."""

    def set_units(self, mean: Tensor, scale: Tensor) -> None:
        """Take note of the units of the targets, as a head does; most losses need none."""


def pinball_loss(prediction: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Return the pinball loss of the median."""
    return functional.l1_loss(prediction, target, reduction=reduction) / 2


LOSSES: dict[str, Callable[..., Tensor]] = {
    "mse": functional.mse_loss,
    "mae": functional.l1_loss,
    "huber": functional.huber_loss,
    "pinball": pinball_loss,
}


class Loss(Criterion):
    """Mean of an elementwise loss over all targets that are there.

    Parameters
    ----------
    name : {"mse", "mae", "huber", "pinball"}
        Elementwise loss, on standardised targets.
    masked : bool, default=False
        Whether NaN targets are left out of the mean.
    """

    def __init__(self, name: str, masked: bool = False) -> None:
        super().__init__()
        self.name = name
        self.masked = masked

    def forward(self, prediction: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the loss of predictions [B, outputs]."""
        self.check(prediction, target)
        if not self.masked and weights is None:
            return LOSSES[self.name](prediction, target)
        # A gap takes the prediction as its target: no error, no gradient. Multiplying by a mask
        # would leave NaN in the gradient.
        present = torch.isfinite(target)
        targets = torch.where(present, target, prediction.detach())
        if weights is None:
            total = LOSSES[self.name](prediction, targets, reduction="sum")
        else:
            losses = LOSSES[self.name](prediction, targets, reduction="none")
            total = (losses * weights[:, None]).sum()
        return total / present.sum().clamp(min=1)

    def check(self, prediction: Tensor, target: Tensor) -> None:
        """Raise where the loss would broadcast."""
        if prediction.shape != target.shape:
            raise ShapeError(
                f"Predictions {list(prediction.shape)} and targets {list(target.shape)} must have "
                "one shape, or the loss would broadcast. Give the decoder the targets' shape."
            )

    def count(self, target: Tensor) -> int:
        """Return how many targets the mean is taken over."""
        return int(torch.isfinite(target).sum()) if self.masked else target.numel()
