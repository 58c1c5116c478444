"""The skorch net of a fit: made, given what an earlier fit remembers, and released afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch.callbacks import Callback
from skorch.helper import predefined_split

from stforecast._training.budget import FULL_BATCH_SAMPLES, Auto, Budget, make_budget
from stforecast._training.callbacks import Units, score_in_units
from stforecast._training.execution.compute import Compute
from stforecast._training.execution.strategies import Pieces, TotalBatchSize
from stforecast._training.net import Net
from stforecast._training.net_params import net_error
from stforecast._training.progress import Outlook, Progress
from stforecast._training.samples import BatchLoader, Samples
from stforecast._training.training import Training


@dataclass(frozen=True)
class FitPlan:
    """What one fit is done with: every part, default and name of it resolved.

    Parameters
    ----------
    training, compute, decoder : parts
        How to train, how to compute, and what turns the last state into the horizon.
    device : str
        A device of this machine.
    seed : int
        Of weights, dropout and shuffling.
    lr, max_epochs, batch_size, verbose
        The everyday parameters of the estimator.
    net_params : mapping of str to object
        Parameters of the skorch net, merged last.
    stops_early : bool
        Whether a part held back decides when to stop.
    title : str, default="fit"
        What is trained, where epochs are shown.
    outlook : Outlook, optional
        All that the fit trains; this network alone by default.
    refit_samples : int, default=0
        Samples on which the network is then trained anew, 0 where it is not.
    """

    training: Training
    compute: Compute
    decoder: Any
    device: str
    seed: int
    lr: float
    max_epochs: int | Auto
    batch_size: int | Auto
    verbose: int
    net_params: Mapping[str, Any]
    stops_early: bool
    title: str = "fit"
    outlook: Outlook | None = None
    refit_samples: int = 0

    def budget(self, samples: int) -> Budget:
        """Return epochs, batch size and patience of a fit on `samples` samples."""
        params = {"max_epochs": self.max_epochs, "batch_size": self.batch_size, **self.net_params}
        return make_budget(
            samples, params["max_epochs"], params["batch_size"], self.training.patience
        )


def build_net(
    module: torch.nn.Module,
    criterion: torch.nn.Module,
    plan: FitPlan,
    *,
    samples: int = FULL_BATCH_SAMPLES,
    valid: Samples | None = None,
    units: Units | None = None,
) -> Net:
    """Return the skorch net, initialized but not trained; `net_params` have the last word."""
    training, user_params = plan.training, dict(plan.net_params)
    budget = plan.budget(samples)
    callbacks = training.callbacks(
        validates=valid is not None,
        budget=budget,
        lr=plan.lr,
        batches=ceil(samples / budget.batch_size),
    )
    if plan.verbose and plan.compute.is_leader():
        callbacks.append(Progress(plan.title, plan.outlook, plan.refit_samples))
    params = {
        "criterion": criterion,
        "lr": plan.lr,
        "max_epochs": budget.max_epochs,
        "batch_size": budget.batch_size,
        "device": plan.device,
        "verbose": 0,
        "train_split": None if valid is None else predefined_split(valid),
        "iterator_train": BatchLoader,
        "iterator_train__generator": np.random.default_rng(plan.seed),
        "iterator_train__share": (0, 1),
        "iterator_valid": BatchLoader,
        **training.net_params(),
    }
    if not user_params.get("verbose"):
        params["callbacks__print_log"] = None  # it holds `print`, which Ray replaces
    user_callbacks = _clone_callbacks(user_params.pop("callbacks", None) or [])
    if units is not None:
        score_in_units(user_callbacks, units)
    params["callbacks"] = [*callbacks, *user_callbacks]
    try:
        net = Net(module, **{**params, **user_params}).initialize()
        net.units_ = units
    except (TypeError, ValueError, AttributeError) as error:
        if user_params:  # without any, the error is not the user's
            raise net_error(user_params, error) from error
        raise
    return net


def take_optimizer(net: Net, before: Net) -> None:
    """Give a net what the optimizer of an earlier fit remembers, under its own hyperparameters."""
    if type(net.optimizer_) is type(before.optimizer_):
        # moments of the weights come over; "param_groups" holds the rates of the new fit
        state = net.optimizer_.state_dict()
        state["state"] = before.optimizer_.state_dict()["state"]
        net.optimizer_.load_state_dict(state)


def prepend_history(net: Net, before: Net) -> None:
    """Put the epochs of an earlier fit before those of a net, and number them through."""
    for row in net.history:
        row["epoch"] += len(before.history)
    net.history[:0] = [dict(row) for row in before.history]


def note_losses(net: Net, losses: Sequence[float]) -> None:
    """Write the losses of earlier fits on samples held back beside those of a fit on all."""
    for row, loss in zip(net.history, losses, strict=False):
        row["valid_loss"] = loss


def release(net: Net) -> None:
    """Let go of what belongs to the fit alone, and leave the network as it predicts."""
    net.train_split = None  # it holds the validation samples
    net.strategy_, net.caches_casts_ = Pieces(), True
    net.callbacks_ = [item for item in net.callbacks_ if not isinstance(item[1], TotalBatchSize)]
    net.module_.eval()


def _clone_callbacks(callbacks: list[Any]) -> list[Any]:
    """Return new callbacks: skorch fits the very instances that it is given."""
    return [
        (item[0], _renew_callback(item[1])) if isinstance(item, tuple) else _renew_callback(item)
        for item in callbacks
    ]


def _renew_callback(callback: Any) -> Any:
    """Return a callback with the same parameters, which may be open files and not to be copied."""
    if not isinstance(callback, Callback):
        return callback
    if hasattr(callback, "__sklearn_clone__"):
        return clone(callback)
    return type(callback)(**callback.get_params(deep=False))
