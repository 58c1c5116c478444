"""How a network is trained, as one searchable part."""

from __future__ import annotations

import os
from datetime import date
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, OneCycleLR, ReduceLROnPlateau

from stforecast._composite import Composite
from stforecast._constraints import (
    PATH,
    Constraint,
    Flags,
    Instances,
    Integers,
    NoneValue,
    Numbers,
    Options,
    Part,
)
from stforecast._parameters import Rule
from stforecast._training.budget import Auto, Budget
from stforecast._training.callbacks import (
    AverageWeights,
    DivergenceStop,
    GradientNormClipping,
    GradientValueClipping,
)
from stforecast._training.execution.compute import Compute
from stforecast._training.net import LOSSES
from stforecast.exceptions import ParameterError

# one pass over all weights, in place of a dozen operations on each
_ADAM = partial(torch.optim.AdamW, fused=True)
_OPTIMIZERS = {"adam": _ADAM, "sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop}


def _check_warmup(training: Training, path: str) -> None:
    if training.warmup and training.schedule == "one-cycle":
        raise ParameterError(
            f"{path}warmup must be 0 with {path}schedule='one-cycle', which warms up by itself, "
            f"got {training.warmup!r}. Choose one of them."
        )


class Training(Composite):
    """The rarer choices of training; the everyday ones are parameters of the estimator itself.

    Parameters
    ----------
    loss : {"mse", "mae", "huber", "pinball"}, default="mse"
        Loss of forecasters, on standardised targets. "pinball" is that of the median; a
        `QuantileDecoder` is trained with that of its quantiles, and takes no other. Classifiers are
        trained on the cross-entropy and refuse another loss than the default.
    validation_fraction : float, int or date, default=0.1
        What is held back to decide when to stop. Forecasters hold back the latest origins of each
        series: a share of them in [0, 0.9], a number, or all from a date on (a text or a
        timestamp). Of `groups`, and of a classifier's samples, it is a share or a number, drawn at
        random. 0 trains on everything for all epochs. It does not count where `fit` gets `X_val`.
    patience : int or "auto", default="auto"
        Epochs without a better validation loss before training stops; the best epoch is restored.
        "auto" is 10, or as many as make 100 steps where the samples are few.
    refit : bool or "auto", default="auto"
        Whether the network is then trained anew on all samples, those held back too, for as many
        epochs as were the best. "auto" does so up to 5,000 samples if `max_epochs` is "auto" too.
        Windows passed as `X_val` are never trained on.
    optimizer : {"adam", "sgd", "rmsprop"}, default="adam"
        Adam with decoupled weight decay, SGD with momentum 0.9, or RMSprop.
    weight_decay : float, default=0.0
        Pull of weights towards zero.
    gradient_clip : float, default=1.0
        Largest norm of a gradient; None does not clip it.
    gradient_value_clip : float, default=None
        Largest size of a gradient's entries, each cut off by itself, before the norm is; None
        cuts none off. It changes the direction of a step, which the norm does not.
    schedule : {"constant", "plateau", "cosine", "one-cycle"}, default="constant"
        How the learning rate changes: not at all, divided by 3 after half the patience without a
        better validation loss, along half a cosine to zero, or up and down.
    warmup : float, default=0.0
        Epochs over which the learning rate rises to `lr`; "one-cycle" has its own.
    ema : float, default=0.0
        Decay of an exponential moving average of the weights, in [0, 1); the average validates and
        predicts. 0 keeps the weights as they are.
    warm_start : bool, default=False
        Whether `fit` goes on from the network of the last fit, as `partial_fit` does.
    checkpoint : str or path, default=None
        Folder in which `fit` keeps its state, written after every epoch. The same fit, begun again
        after it was killed or interrupted, goes on from there and ends as it would have; once
        ended, it is read and not repeated. Each fit of a search has a file of its own.
    keep_interrupted : bool, default=False
        Whether a fit that Ctrl-C ends leaves the best of its whole epochs, so that the estimator
        can predict; the interrupt goes on up and ends a search all the same.
    standardize : bool, default=True
        Whether forecasters standardise inputs (per channel) and targets from the training rows,
        and turn forecasts back. Classifiers always standardise inputs.
    compute : Compute, default=None
        Precision, pieces of a batch, compilation, determinism, threads.

    Notes
    -----
    Reachable in a search as ``training__weight_decay`` and so on, also while `training` is None.

    Where the samples are too few to hold a part back, all are trained on for all epochs.

    The name of a checkpoint tells the estimator's parameters, its seed and the data, all but what
    only says how long (`max_epochs`, under a schedule that does not depend on it) or where. A
    changed parameter begins a file of its own. On a CPU the resumed fit is the same bit for bit.

    References
    ----------
    Loshchilov, Hutter (2019), Decoupled Weight Decay Regularization, arXiv:1711.05101.
    Izmailov et al. (2018), Averaging Weights Leads to Wider Optima, arXiv:1803.05407.
    Pascanu, Mikolov, Bengio (2013), On the difficulty of training RNNs, arXiv:1211.5063.

    Examples
    --------
    >>> from stforecast.estimators import LSTMForecaster, Training
    >>> LSTMForecaster(training=Training(schedule="cosine", weight_decay=1e-3))
    LSTMForecaster(training=Training(schedule='cosine', weight_decay=0.001))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "loss": Options(*LOSSES),
        "validation_fraction": Numbers(0, 0.9)
        | Integers(1)
        | Instances("a date", (str, date, np.datetime64)),
        "patience": Integers(1) | Options("auto"),
        "refit": Flags() | Options("auto"),
        "optimizer": Options(*_OPTIMIZERS),
        "weight_decay": Numbers(0),
        "gradient_clip": Numbers(0, closed="neither") | None,
        "gradient_value_clip": Numbers(0, closed="neither") | None,
        "schedule": Options("constant", "plateau", "cosine", "one-cycle"),
        "warmup": Numbers(0),
        "ema": Numbers(0, 0.9999),
        "warm_start": Flags(),
        "checkpoint": PATH | None,
        "keep_interrupted": Flags(),
        "standardize": Flags(),
        "compute": Part(Compute) | NoneValue(Compute),
    }
    _rules: ClassVar[tuple[Rule, ...]] = (_check_warmup,)

    def __init__(
        self,
        *,
        loss: str = "mse",
        validation_fraction: float | str | date | np.datetime64 = 0.1,
        patience: int | Auto = "auto",
        refit: bool | Auto = "auto",
        optimizer: str = "adam",
        weight_decay: float = 0.0,
        gradient_clip: float | None = 1.0,
        gradient_value_clip: float | None = None,
        schedule: str = "constant",
        warmup: float = 0.0,
        ema: float = 0.0,
        warm_start: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        keep_interrupted: bool = False,
        standardize: bool = True,
        compute: Compute | None = None,
    ) -> None:
        self.loss = loss
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.refit = refit
        self.optimizer = optimizer
        self.weight_decay = weight_decay
        self.gradient_clip = gradient_clip
        self.gradient_value_clip = gradient_value_clip
        self.schedule = schedule
        self.warmup = warmup
        self.ema = ema
        self.warm_start = warm_start
        self.checkpoint = checkpoint
        self.keep_interrupted = keep_interrupted
        self.standardize = standardize
        self.compute = compute

    def net_params(self) -> dict[str, Any]:
        """Return the optimizer as parameters of a skorch net."""
        params = {
            "optimizer": _OPTIMIZERS[self.optimizer],
            "optimizer__weight_decay": self.weight_decay,
        }
        return {**params, "optimizer__momentum": 0.9} if self.optimizer == "sgd" else params

    def callbacks(
        self, *, validates: bool, budget: Budget, lr: float, batches: int
    ) -> list[Callback]:
        """Return new callbacks for one fit.

        Parameters
        ----------
        validates : bool
            Whether samples are held back.
        budget : Budget
            Epochs at the most, and those of patience.
        lr : float
            Learning rate of the optimizer.
        batches : int
            Steps in an epoch.

        Returns
        -------
        list of skorch callbacks
            Not used by any other fit.
        """
        callbacks: list[Callback] = [DivergenceStop()]
        if self.gradient_value_clip is not None:
            callbacks.append(GradientValueClipping(self.gradient_value_clip))
        if self.gradient_clip is not None:
            callbacks.append(GradientNormClipping(self.gradient_clip))
        if self.ema:
            callbacks.append(AverageWeights(self.ema))
        if self.schedule != "constant":
            callbacks += self._schedule(validates, budget, lr, batches)
        if self.warmup:
            callbacks += self._warmup(batches)
        if validates:
            callbacks.append(
                EarlyStopping(patience=budget.patience, load_best=True, sink=_ignore_message)
            )
        return callbacks

    def depends_on_epochs(self) -> bool:
        """Return whether each step depends on how many are to come."""
        return self.schedule in {"cosine", "one-cycle"}

    def _schedule(self, validates: bool, budget: Budget, lr: float, batches: int) -> list[Callback]:
        steps = budget.max_epochs * batches
        if self.schedule == "plateau":
            monitor = "valid_loss" if validates else "train_loss"
            # half as patient as early stopping, so that it tries a lower rate before it ends
            patience = max(1, budget.patience // 2)
            return [
                LRScheduler(ReduceLROnPlateau, monitor=monitor, factor=1 / 3, patience=patience)
            ]
        if self.schedule == "cosine":
            return [LRScheduler(CosineAnnealingLR, T_max=steps, step_every="batch")]
        if self.schedule == "one-cycle":
            # skorch also steps after the last batch, and a cycle raises beyond its total
            cycle = {"max_lr": lr, "total_steps": steps + 1, "step_every": "batch"}
            return [LRScheduler(OneCycleLR, **cycle)]
        return []

    def _warmup(self, batches: int) -> list[Callback]:
        steps = round(self.warmup * batches)
        if not steps:
            return []
        # the k-th step takes k / (steps + 1) of the rate; the one after the warmup takes all of it
        rise = {"start_factor": 1 / (steps + 1), "total_iters": steps, "step_every": "batch"}
        return [LRScheduler(LinearLR, **rise)]


def _ignore_message(message: str) -> None:
    """Swallow what a callback prints."""
