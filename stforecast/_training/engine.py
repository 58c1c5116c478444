"""Fit a skorch net on samples, leaving everything global as it was found."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch.callbacks import Callback
from skorch.helper import predefined_split

from stforecast._training.execution.cores import Cores
from stforecast._training.execution.memory import PATIENCE, free_memory, too_large, wait_for_memory
from stforecast._training.net import Net
from stforecast._training.net_params import no_net
from stforecast._training.progress import Progress
from stforecast._training.samples import BatchLoader, Samples
from stforecast._training.training import Training

# Up to so many input values, a CPU predicts in double precision: see `predict_batches`.
DOUBLE_VALUES = 2**24


def build_net(
    module: torch.nn.Module,
    criterion: torch.nn.Module,
    *,
    training: Training,
    lr: float,
    max_epochs: int,
    batch_size: int,
    device: str,
    batches: int,
    valid: Samples | None,
    seed: int,
    verbose: int,
    net_params: Mapping[str, Any] | None,
) -> Net:
    """Return the skorch net, initialized but not trained; `net_params` have the last word."""
    callbacks = training.callbacks(
        validates=valid is not None, epochs=max_epochs, lr=lr, batches=batches
    )
    if verbose:
        callbacks.append(Progress(max_epochs))
    params = {
        "criterion": criterion,
        "lr": lr,
        "max_epochs": max_epochs,
        "batch_size": batch_size,
        "device": device,
        "verbose": 0,
        "train_split": None if valid is None else predefined_split(valid),
        "iterator_train": BatchLoader,
        "iterator_train__generator": np.random.default_rng(seed),
        "iterator_train__share": (0, 1),
        "iterator_valid": BatchLoader,
        **training.net_params(),
    }
    theirs = dict(net_params or {})
    if not theirs.get("verbose"):
        params["callbacks__print_log"] = None  # it holds `print`, which Ray replaces
    params["callbacks"] = callbacks + _cloned(theirs.pop("callbacks", None) or [])
    try:
        net = Net(module, **{**params, **theirs}).initialize()
    except (TypeError, ValueError, AttributeError) as error:
        if theirs:
            raise no_net(theirs, error) from error
        raise
    training.arithmetic().prepare(net)
    return net


def take_optimizer(net: Net, before: Net) -> None:
    """Give a net what the optimizer of an earlier fit remembers, under its own hyperparameters."""
    if type(net.optimizer_) is type(before.optimizer_):
        state = net.optimizer_.state_dict()
        state["state"] = before.optimizer_.state_dict()["state"]
        net.optimizer_.load_state_dict(state)


def prepend_history(net: Net, before: Net) -> None:
    """Put the epochs of an earlier fit before those of a net, and number them through."""
    for row in net.history:
        row["epoch"] += len(before.history)
    net.history[:0] = [dict(row) for row in before.history]


def predict_batches(
    module: torch.nn.Module,
    samples: Samples,
    *,
    batch_size: int,
    device: str,
    cores: Cores | None,
) -> Iterator[np.ndarray]:
    """Yield the network's outputs as float64 arrays, in order.

    In single precision a row's last digits depend on the rows beside it in its batch. In double
    precision they agree to far below what anybody reads, at about twice the time; so that is what
    a CPU does wherever the time is short anyway.
    """
    module.eval()
    rows = np.arange(len(samples))
    if cores is not None and cores.samples >= min(batch_size, len(rows)):
        cores.leave()
    for start in range(0, len(rows), batch_size):
        batch = rows[start : start + batch_size]
        yield from _outputs(module, samples, batch, device, cores)


def _outputs(
    module: torch.nn.Module, samples: Samples, rows: np.ndarray, device: str, cores: Cores | None
) -> list[np.ndarray]:
    """Return the outputs of some samples, in halves where memory does not suffice for all."""
    deadline = time.monotonic() + PATIENCE
    while (found := _attempt(module, samples, rows, device, cores)) is None:
        free_memory(device)
        if len(rows) > 1:
            halves = np.array_split(rows, 2)
            parts = [_outputs(module, samples, half, device, cores) for half in halves]
            return [one for part in parts for one in part]
        if not wait_for_memory(device, deadline):
            raise too_large(1)
    return found


def _attempt(
    module: torch.nn.Module, samples: Samples, rows: np.ndarray, device: str, cores: Cores | None
) -> list[np.ndarray] | None:
    """Return the outputs of some samples, None where they do not fit in memory."""
    try:
        inputs, _ = samples.batch(rows)
        work = partial(_output, module, inputs, device)
        if cores is None:
            return [work(slice(None))]
        starts = range(0, len(rows), cores.samples)
        shares = [slice(start, start + cores.samples) for start in starts]
        return cores.map(work, shares) or [work(share) for share in shares]
    except torch.cuda.OutOfMemoryError:
        return None


@torch.inference_mode()
def _output(
    module: torch.nn.Module, inputs: dict[str, Any], device: str, share: slice
) -> np.ndarray:
    """Return the outputs of a share of the inputs."""
    parts = {name: part[share].to(device) for name, part in inputs["parts"].items()}
    found: np.ndarray = module(inputs["x"][share].to(device), parts).double().cpu().numpy()
    return found


def _cloned(callbacks: list[Any]) -> list[Any]:
    """Return new callbacks: skorch fits the very instances that it is given."""
    return [
        (item[0], _unused(item[1])) if isinstance(item, tuple) else _unused(item)
        for item in callbacks
    ]


def _unused(callback: Any) -> Any:
    """Return a callback with the same parameters, which may be open files and not to be copied."""
    if not isinstance(callback, Callback):
        return callback
    if hasattr(callback, "__sklearn_clone__"):
        return clone(callback)
    return type(callback)(**callback.get_params(deep=False))
