"""Fit a skorch net on samples, leaving everything global as it was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping
from skorch.helper import predefined_split

from stforecast.estimators._callbacks import Progress, StopWhenDiverged
from stforecast.estimators._samples import BatchLoader, Samples
from stforecast.estimators._training import Training

# Up to so many input values, a CPU predicts in double precision: see `predict_batches`.
DOUBLE_VALUES = 2**24


def resolve_device(device: str) -> str:
    """Return "cuda" or "cpu" for "auto", anything else as it is, if torch has it."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device must be 'auto' or a device of this machine, got {device!r} ({error}). Use "
            "'cpu' or 'auto'."
        ) from error
    return device


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Seed torch inside the block and put its generators back afterwards."""
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices, enabled=True), torch.enable_grad():
        torch.manual_seed(seed)
        yield


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
) -> NeuralNet:
    """Return the skorch net, not yet trained; `net_params` have the last word."""
    callbacks = training.callbacks(
        validates=valid is not None, epochs=max_epochs, lr=lr, batches=batches
    )
    callbacks.append(StopWhenDiverged())
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
        "callbacks": callbacks,
        **training.net_params(),
    }
    theirs = dict(net_params or {})
    params["callbacks"] = callbacks + _cloned(theirs.pop("callbacks", None) or [])
    return NeuralNet(module, **{**params, **theirs})


def run_epochs(net: NeuralNet, samples: Samples, epochs: int) -> None:
    """Train for some epochs; early stopping ends quietly, a real Ctrl-C goes up."""
    net.notify("on_train_begin", X=samples, y=None)
    try:
        net.fit_loop(samples, epochs=epochs)
    except KeyboardInterrupt:
        if not _stopped_early(net):
            raise
    finally:
        net.notify("on_train_end", X=samples, y=None)


def predict_batches(
    module: torch.nn.Module, samples: Samples, *, batch_size: int, device: str
) -> Iterator[np.ndarray]:
    """Yield the network's outputs as float64 arrays, in order.

    In single precision a row's last digits depend on the rows beside it in its batch. In double
    precision they agree to far below what anybody reads, at about twice the time; so that is what
    a CPU does wherever the time is short anyway.
    """
    module.eval()
    with torch.inference_mode():
        for inputs, _ in BatchLoader(samples, batch_size):
            x = inputs["x"].to(device)
            parts = {name: part.to(device) for name, part in inputs["parts"].items()}
            yield module(x, parts).double().cpu().numpy()


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


def _stopped_early(net: NeuralNet) -> bool:
    return any(
        isinstance(callback, EarlyStopping) and callback.misses_ >= callback.patience
        for _, callback in net.callbacks_
    )
