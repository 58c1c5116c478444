"""Run the epochs of a fit, however it ends."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any

import torch
from skorch.callbacks import EarlyStopping

from stforecast._fit_tasks import FitTasks
from stforecast._training.callbacks import AverageWeights
from stforecast._training.checkpoint import Checkpoint, restore, training_state
from stforecast._training.execution.devices import free_memory, memory_error
from stforecast._training.net import Net
from stforecast._training.progress import Progress
from stforecast._training.samples import Samples


def run_epochs(
    net: Net,
    samples: Samples,
    tasks: FitTasks,
    fitted: Callable[[Net], dict[str, Any]],
    *,
    checkpoint: Checkpoint | None = None,
    keep_interrupted: bool = False,
) -> KeyboardInterrupt | None:
    """Train for the net's epochs; early stopping ends quietly, a real Ctrl-C goes up.

    An interrupt that is to leave the epochs so far is returned instead, with the net as if they
    were all. `fitted` gives the attributes with which the estimator would predict by a net.
    """
    state = None
    try:
        net.notify("on_train_begin", X=samples, y=None)
        if checkpoint is not None:
            checkpoint.begin(net)
        while len(net.history) < net.max_epochs and not _is_stopped(net):
            if keep_interrupted and len(net.history):
                state = deepcopy(training_state(net))  # an interrupted epoch is undone
            tasks.begin_step("epoch")
            _run_epoch(net, samples)
            if checkpoint is not None:
                checkpoint.save(net)
            if tasks.end_step(lambda: fitted(_snapshot(net))):
                break
        net.notify("on_train_end", X=samples, y=None)
    except torch.cuda.OutOfMemoryError as error:
        raise memory_error(net.batch_size) from error
    except KeyboardInterrupt as interrupt:
        if state is None:
            raise
        restore(net, state)
        net.notify("on_train_end", X=samples, y=None)
        return interrupt
    finally:
        _close_bars(net)
        free_memory(net.device)
    return None


def _run_epoch(net: Net, samples: Samples) -> None:
    try:
        net.fit_loop(samples, epochs=1)
    except KeyboardInterrupt:  # skorch's early stopping raises it too
        if not _is_stopped(net):
            raise
    net.history[-1]["batches"].clear()  # they would outweigh the network in a pickle


def _snapshot(net: Net) -> Any:
    """Return the net as it would be if this epoch were the last."""
    # only the network is copied: the rest, such as the optimizer, is not touched by prediction
    snapshot = object.__new__(type(net))
    snapshot.__dict__.update(net.__dict__)
    snapshot.__dict__["module_"] = deepcopy(net.module_).eval()
    for _, callback in net.callbacks_:
        if isinstance(callback, AverageWeights):
            copy(callback).on_train_end(snapshot)  # which drops its average, needed in the fit
        elif isinstance(callback, EarlyStopping):
            callback.on_train_end(snapshot)
    return snapshot


def _close_bars(net: Net) -> None:
    for _, callback in net.callbacks_:
        if isinstance(callback, Progress):
            callback.close()


def _is_stopped(net: Net) -> bool:
    return any(
        isinstance(callback, EarlyStopping) and callback.misses_ >= callback.patience
        for _, callback in net.callbacks_
    )
