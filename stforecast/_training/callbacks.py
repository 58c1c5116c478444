"""What happens around the epochs of a fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback, EpochScoring

from stforecast.exceptions import DivergedError


class AverageWeights(Callback):
    """Keep an exponential moving average of the weights, and validate and end with it.

    Parameters
    ----------
    decay : float
        Share of the average kept at each step.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        self.average_ = {k: v.clone() for k, v in net.module_.state_dict().items()}
        self.raw_: dict[str, torch.Tensor] | None = None
        self.steps_ = 0

    def on_batch_begin(self, net: Any, *, training: bool, **kwargs: Any) -> None:
        # steps go on from the raw weights; the average is in the network while it is validated
        if training:
            self._restore(net)
        elif self.raw_ is None:
            self._swap(net)

    @torch.no_grad()
    def on_batch_end(self, net: Any, *, training: bool, **kwargs: Any) -> None:
        if not training:
            return
        self.steps_ += 1
        decay = min(self.decay, self.steps_ / (self.steps_ + 10))  # short fits average less
        for name, value in net.module_.state_dict().items():
            average = self.average_[name]
            if average.is_floating_point():
                average.lerp_(value, 1 - decay)
            else:  # a count, such as that of batch norm, has no average
                average.copy_(value)

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        if self.raw_ is None:
            self._swap(net)
        self.average_, self.raw_ = {}, None  # or they would be pickled with the net

    def _swap(self, net: Any) -> None:
        self.raw_ = {k: v.clone() for k, v in net.module_.state_dict().items()}
        net.module_.load_state_dict(self.average_)

    def _restore(self, net: Any) -> None:
        if self.raw_ is not None:
            net.module_.load_state_dict(self.raw_)
            self.raw_ = None


class DivergenceStop(Callback):
    """Raise once a loss is NaN or infinite; keep the loss of a constant forecast.

    That forecast is 0 on standardised targets, their mean, and even odds for classes. Its loss is
    the larger of those on the samples trained on and on those held back, in the first epoch.
    """

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        self.constant_ = 0.0
        self.sums_ = {True: [0.0, 0.0], False: [0.0, 0.0]}

    @torch.no_grad()
    def on_batch_end(
        self, net: Any, batch: Any = None, training: bool = False, **kwargs: Any
    ) -> None:
        if len(net.history) > 1:
            return
        x, y = batch
        # the loss of a batch is a mean, so it counts as often as it has targets
        sums, count = self.sums_[training], net.count(y)
        sums[0] += count * float(net.get_loss(torch.zeros_like(kwargs["y_pred"]), y, x))
        sums[1] += count

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        loss = net.history[-1, "train_loss"]
        if not np.isfinite(loss):
            raise DivergedError(
                f"The training loss became {loss} in epoch {len(net.history)}. Lower lr (now "
                f"{net.lr}) or the training's gradient_clip."
            )
        if len(net.history) == 1:
            self.constant_ = max(total / max(count, 1) for total, count in self.sums_.values())


class GradientValueClipping(Callback):
    """Cut off each entry of the gradients, by itself.

    Parameters
    ----------
    most : float
        Largest size of an entry.
    """

    def __init__(self, most: float) -> None:
        self.most = most

    def on_grad_computed(self, net: Any, **kwargs: Any) -> None:
        torch.nn.utils.clip_grad_value_(trained_parameters(net), self.most)


class GradientNormClipping(Callback):
    """Scale the gradients down where their norm, of all together, is too large.

    Parameters
    ----------
    most : float
        Largest norm.
    """

    def __init__(self, most: float) -> None:
        self.most = most

    def on_grad_computed(self, net: Any, **kwargs: Any) -> None:
        torch.nn.utils.clip_grad_norm_(trained_parameters(net), self.most)


def trained_parameters(net: Any) -> list[torch.nn.Parameter]:
    """Return what the optimizer changes.

    It is asked at every step, and walking through the modules instead would be a twentieth of the
    time of a small network's step.
    """
    return [weight for group in net.optimizer_.param_groups for weight in group["params"]]


@dataclass(frozen=True)
class Units:
    """From what a network gives and is taught to what a score compares.

    Parameters
    ----------
    inverse : callable, optional
        Returns standardised targets in their own units. Without it the network scores classes,
        and the most probable one is compared, by its position in `classes_`.
    median : int, default=0
        Position of the median among the quantiles of the network.
    quantiles : int, default=1
        Values that it gives of each target.
    """

    inverse: Callable[[np.ndarray], np.ndarray] | None = None
    median: int = 0
    quantiles: int = 1

    def forecast(self, output: np.ndarray) -> np.ndarray:
        """Return what outputs [n, ...] of the network forecast."""
        if self.inverse is None:
            return np.asarray(output.argmax(axis=1))
        values = output.reshape(len(output), self.quantiles, -1)  # [n, quantiles, targets]
        return self.inverse(values[:, self.median].astype(np.float64))

    def truth(self, y: np.ndarray) -> np.ndarray:
        """Return targets in their own units."""
        return y if self.inverse is None else self.inverse(y.astype(np.float64))


@dataclass(frozen=True)
class InUnits:
    """Targets of a batch as a score compares them.

    Parameters
    ----------
    extractor : callable
        Makes an array of the targets.
    units : Units
        What turns it back.
    """

    extractor: Callable[[Any], np.ndarray]
    units: Units

    def __call__(self, y: Any) -> np.ndarray:
        """Return the targets in their own units."""
        return self.units.truth(self.extractor(y))


def score_in_units(callbacks: list[Any], units: Units) -> None:
    """Have the scores among callbacks compare in the units of the targets."""
    for item in callbacks:
        callback = item[1] if isinstance(item, tuple) else item
        if isinstance(callback, EpochScoring):
            callback.target_extractor = InUnits(callback.target_extractor, units)
