"""Whether a fit has come to something: it diverged, or ended while it was still getting better."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import EarlyStopping

from stforecast._training.callbacks import DivergenceStop
from stforecast._training.net import Net
from stforecast._validation import user_stack_level
from stforecast.exceptions import DivergedError

# A fit has diverged when its loss is this many times that of a constant forecast.
FAR = 10.0


def check_divergence(net: Net) -> None:
    """Raise if the network is far worse than the mean of the targets, or than even odds."""
    constant = max(1.0, _callback(net, DivergenceStop).constant_)
    losses = net.history[:, "train_loss"][-1:]
    if "valid_loss" in net.history[0]:
        losses = net.history[:, "valid_loss"]
    loss = min(losses, key=lambda value: value if np.isfinite(value) else np.inf)
    if not loss <= FAR * constant:  # NaN, too, is not within it
        raise DivergedError(
            f"Training has diverged: the loss of the network is {loss:.3g}, and that of a constant "
            f"forecast {constant:.3g}. Lower lr (now {net.lr})."
        )


def best_epoch(net: Net) -> int | None:
    """Return the epoch whose weights early stopping keeps; None where it does not watch."""
    stopping = _callback(net, EarlyStopping)
    return stopping.best_epoch_ if stopping is not None and stopping.load_best else None


def warn_short_training(epochs: int) -> None:
    """Warn that the last epoch there might be was the best."""
    warnings.warn(
        f"The loss on what is held back was least after the last of max_epochs={epochs} epochs, so "
        "more of them may make a better network. Raise max_epochs or lr.",
        ConvergenceWarning,
        stacklevel=user_stack_level(),
    )


def _callback(net: Net, kind: type) -> Any:
    return next((callback for _, callback in net.callbacks_ if isinstance(callback, kind)), None)
