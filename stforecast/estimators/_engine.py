"""Fit a skorch net on samples, leaving everything global as it was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch.callbacks import Callback, EarlyStopping
from skorch.helper import predefined_split

from stforecast.estimators._callbacks import Progress
from stforecast.estimators._checkpoint import Checkpoint
from stforecast.estimators._net import Net, too_large
from stforecast.estimators._samples import BatchLoader, Samples
from stforecast.estimators._training import Training

# Up to so many input values, a CPU predicts in double precision: see `predict_batches`.
DOUBLE_VALUES = 2**24


def resolve_device(device: str) -> str:
    """Return "cuda" or "cpu" for "auto", anything else as it is, if torch has it."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return str(torch.empty(0, device=str(device)).device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device must be 'auto' or a device of this machine, got {device!r} ({error}). Use "
            "'cpu' or 'auto'."
        ) from error


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Seed torch inside the block, and put what is global back as it was afterwards."""
    devices = [torch.device(device)] if device.startswith("cuda") else []
    dtype = torch.get_default_dtype()
    with (
        torch.random.fork_rng(devices=devices),
        torch.inference_mode(mode=False),
        torch.enable_grad(),
    ):
        torch.default_generator.manual_seed(seed)
        for one in devices:
            with torch.cuda.device(one):
                torch.cuda.manual_seed(seed)
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)


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
        "iterator_valid": BatchLoader,
        **training.net_params(),
    }
    theirs = dict(net_params or {})
    params["callbacks"] = callbacks + _cloned(theirs.pop("callbacks", None) or [])
    net = Net(module, **{**params, **theirs}).initialize()
    training.arithmetic().prepare(net)
    return net


def run_epochs(
    net: Net, samples: Samples, epochs: int, checkpoint: Checkpoint | None = None
) -> None:
    """Train for some epochs; early stopping ends quietly, a real Ctrl-C goes up."""
    try:
        net.notify("on_train_begin", X=samples, y=None)
        if checkpoint is not None:
            checkpoint.begin(net)
        while len(net.history) < epochs and not _stopped_early(net):
            _run_epoch(net, samples)
            if checkpoint is not None:
                checkpoint.save(net)
        net.notify("on_train_end", X=samples, y=None)
    finally:
        _close_bars(net)


def _run_epoch(net: Net, samples: Samples) -> None:
    try:
        net.fit_loop(samples, epochs=1)
    except KeyboardInterrupt:
        if not _stopped_early(net):
            raise
    net.history[-1]["batches"].clear()  # they would outweigh the network in a pickle


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
    module: torch.nn.Module, samples: Samples, *, batch_size: int, device: str
) -> Iterator[np.ndarray]:
    """Yield the network's outputs as float64 arrays, in order.

    In single precision a row's last digits depend on the rows beside it in its batch. In double
    precision they agree to far below what anybody reads, at about twice the time; so that is what
    a CPU does wherever the time is short anyway.
    """
    module.eval()
    rows = np.arange(len(samples))
    for start in range(0, len(rows), batch_size):
        yield from _outputs(module, samples, rows[start : start + batch_size], device)


@torch.inference_mode()
def _outputs(
    module: torch.nn.Module, samples: Samples, rows: np.ndarray, device: str
) -> list[np.ndarray]:
    """Return the outputs of some samples, in halves where memory does not suffice for all."""
    try:
        inputs, _ = samples.batch(rows)
        parts = {name: part.to(device) for name, part in inputs["parts"].items()}
        return [module(inputs["x"].to(device), parts).double().cpu().numpy()]
    except torch.cuda.OutOfMemoryError as error:
        if len(rows) == 1:
            raise too_large(1) from error
    halves = np.array_split(rows, 2)
    return [one for half in halves for one in _outputs(module, samples, half, device)]


def _cloned(callbacks: list[Any]) -> list[Any]:
    """Return new callbacks: skorch fits the very instances that it is given."""
    return [
        (item[0], clone(item[1], safe=False))
        if isinstance(item, tuple)
        else clone(item, safe=False)
        if isinstance(item, Callback)
        else item
        for item in callbacks
    ]


def _close_bars(net: Net) -> None:
    for _, callback in net.callbacks_:
        if isinstance(callback, Progress):
            callback.close()


def _stopped_early(net: Net) -> bool:
    return any(
        isinstance(callback, EarlyStopping) and callback.misses_ >= callback.patience
        for _, callback in net.callbacks_
    )
