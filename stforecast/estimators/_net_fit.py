"""One fit of a network: on the samples not held back, and then, if asked for, on all."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
import torch

from stforecast._fit_tasks import FitTasks
from stforecast._training.budget import REFIT_SAMPLES
from stforecast._training.callbacks import Units
from stforecast._training.checkpoint import Checkpoint, fit_name
from stforecast._training.engine import (
    FitPlan,
    build_net,
    note_losses,
    release,
    take_optimizer,
)
from stforecast._training.epochs import run_epochs
from stforecast._training.execution.global_state import seed_torch
from stforecast._training.net import Criterion, Net
from stforecast._training.outcome import best_epoch, check_divergence, warn_short_training
from stforecast._training.samples import LoadedSamples, Samples
from stforecast.estimators._scaled_network import ScaledNetwork
from stforecast.estimators._scaling import Scalers, identity_scalers, learn_scalers
from stforecast.estimators.parts.base import NetShapes
from stforecast.nn import ForecastNet
from stforecast.windows import Windows

TrainingSamples = Samples | LoadedSamples
TrainedNet = tuple[Net, KeyboardInterrupt | None]


@dataclass(frozen=True, eq=False)
class Task:
    """What a network is to learn from its samples.

    Parameters
    ----------
    targets : array-like
        Targets as the loss takes them, one entry a sample.
    criterion : torch.nn.Module
        The loss.
    train, valid : int array
        Positions of the samples to train on, and of those held back to decide when to stop.
    losses : tuple of float, default=()
        Losses of as many epochs as to train for, where they were found on samples held back in
        earlier fits; the `max_epochs` of the estimator by default.
    validation : Samples, optional
        Samples beside those to train on, to decide when to stop in place of `valid`.
    """

    targets: Any
    criterion: torch.nn.Module
    train: np.ndarray
    valid: np.ndarray
    losses: tuple[float, ...] = ()
    validation: Samples | None = None

    def load_validation(self, samples: Samples, device: str) -> TrainingSamples | None:
        """Return what decides when to stop, None where nothing does."""
        if self.validation is not None:
            return self.validation.load(np.arange(len(self.validation)), device)
        return samples.load(self.valid, device) if len(self.valid) else None


@dataclass(eq=False)
class NetFit:
    """The fit of an estimator's network.

    Parameters
    ----------
    estimator : NetEstimator
        Whose callbacks hear of the epochs.
    fitted : NetEstimator
        The copy of it that takes what the fit leaves.
    X, y : Windows, array-like
        What the estimator is fitted on.
    plan : FitPlan
        How to train.
    network : ScaledNetwork
        Scalers, around the network of an earlier fit if that is to go on.
    build : callable
        Returns a network with new weights.
    """

    estimator: Any
    fitted: Any
    X: Windows
    y: Any
    plan: FitPlan
    network: ScaledNetwork
    build: Callable[[NetShapes, FitPlan], ForecastNet]
    tasks: FitTasks | None = field(default=None, init=False)
    most_epochs: int = field(default=0, init=False)

    def train_net(self, task: Task) -> TrainedNet:
        """Return the trained net, and the interrupt that ended it early but is to leave it."""
        net, interrupt = self._run(task)
        if interrupt is not None:
            return net, interrupt
        best = best_epoch(net)
        if self._is_loss_falling(len(task.losses) or best):
            warn_short_training(self.most_epochs)
        if self._is_refit_due(task) and best:
            losses = tuple(net.history[:best, "valid_loss"])
            all_rows, no_rows = np.arange(len(self.X)), np.arange(0)
            full_task = replace(task, train=all_rows, valid=no_rows, losses=losses)
            net, interrupt = self._refit_net(full_task, net)
        return net, interrupt

    def _refit_net(self, task: Task, first: Net) -> TrainedNet:
        """Return the net of a second fit; an interrupt that is to leave a net leaves the first.

        A part of the second fit is worth less than the whole first one.
        """
        try:
            second, interrupt = self._run(task)
        except KeyboardInterrupt as stop:
            if not self.plan.training.keep_interrupted:
                raise
            return first, stop
        return (second, None) if interrupt is None else (first, interrupt)

    def _is_refit_due(self, task: Task) -> bool:
        """Return whether a second fit is to learn from what the first holds back."""
        refit, is_auto = self.plan.training.refit, self.plan.max_epochs == "auto"
        is_due = is_auto and len(task.train) <= REFIT_SAMPLES if refit == "auto" else refit
        return is_due and len(task.valid) > 0

    def _is_loss_falling(self, best: int | None) -> bool:
        """Return whether the last epoch there may be was the best, against the expectation.

        A schedule ends at a small learning rate, with the best epoch as a rule; and a fit that
        goes on from another may be one of many.
        """
        by_itself = not self.network.net and not self.plan.training.depends_on_epochs()
        return by_itself and best == self.most_epochs

    def end(self) -> None:
        """Say that the fit has ended."""
        assert self.tasks is not None
        self.tasks.end()

    def _run(self, task: Task) -> TrainedNet:
        """Train a net, from new weights or from those of the earlier fit."""
        refits = self._is_refit_due(task)
        plan = replace(self.plan, refit_samples=refits * len(self.X.ends))
        network, earlier_net = self.network, self.network.net
        with seed_torch(plan.seed, plan.device), plan.compute.apply(plan.device) as core_count:
            module = (
                deepcopy(earlier_net.module_) if earlier_net else self.build(network.shapes, plan)
            )
            net, samples, valid = make_net(module, self.X, plan, task, network.scalers)
            if earlier_net:
                take_optimizer(net, earlier_net)
            self.most_epochs = max(self.most_epochs, net.max_epochs)
            if task.losses:
                net.max_epochs = len(task.losses)
            if self.tasks is None:
                steps = (1 + refits) * net.max_epochs
                self.tasks = FitTasks(self.estimator, self.X, self.y, steps)
            with plan.compute.strategy(net, prod(network.shapes.frame[1:]), core_count):
                interrupt = run_epochs(
                    net,
                    samples,
                    self.tasks,
                    lambda now: {**vars(self.fitted), "network_": replace(network, net=now)},
                    checkpoint=self._checkpoint(samples, valid),
                    keep_interrupted=plan.training.keep_interrupted,
                )
        release(net)
        if interrupt is None:
            check_divergence(net)
        note_losses(net, task.losses)  # those of blocks are in units of their own training parts
        return net, interrupt

    def _checkpoint(
        self, samples: TrainingSamples, valid: TrainingSamples | None
    ) -> Checkpoint | None:
        """Return where the fit keeps its state; one that goes on from another keeps none."""
        training = self.plan.training
        if self.network.net or training.checkpoint is None:
            return None
        name = fit_name(self.estimator, training, self.plan.seed, samples, valid)
        return Checkpoint(training.checkpoint, name)


def scale_data(X: Windows, targets: Any, shapes: NetShapes, plan: FitPlan) -> ScaledNetwork:
    """Return scalers of windows and targets, around a network that is to come."""
    C, H, W = shapes.target
    scalers = (
        learn_scalers(X, targets, (shapes.horizon, C, H * W))
        if plan.training.standardize
        else identity_scalers(X, targets)
    )
    quantiles, bounds = tuple(plan.decoder.quantiles), plan.decoder.limits
    return ScaledNetwork(None, shapes, scalers, quantiles, bounds)


def make_net(
    module: ForecastNet, X: Windows, plan: FitPlan, task: Task, scalers: Scalers
) -> tuple[Net, TrainingSamples, TrainingSamples | None]:
    """Return the net of a fit, the samples to train on, and those held back, if some are."""
    samples = scalers.samples(X, task.targets)
    valid = task.load_validation(samples, plan.device)
    units = Units()
    if scalers.y is not None:
        in_units = tuple(map(torch.tensor, (scalers.y.mean, scalers.y.divisor)))
        module.head.set_units(*in_units)
        if isinstance(task.criterion, Criterion):
            task.criterion.set_units(*in_units)
        quantiles = tuple(plan.decoder.quantiles)
        units = Units(
            scalers.y.inverse, quantiles.index(0.5) if quantiles else 0, max(1, len(quantiles))
        )
    net = build_net(module, task.criterion, plan, samples=len(task.train), valid=valid, units=units)
    teach = module.head.reads_target
    return net, samples.load(task.train, plan.device, teach=teach), valid
