"""What a user may hand to the skorch net itself."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from stforecast._constraints import Constraint, Integers, Numbers
from stforecast.exceptions import ParameterError

# the rest of skorch's parameters the estimator sets by itself, or never asks the net for
_NAMES = (
    "batch_size",
    "callbacks",
    "compile",
    "criterion",
    "lr",
    "max_epochs",
    "optimizer",
    "use_caching",
    "verbose",
)
_PREFIXES = ("callbacks", "compile", "criterion", "optimizer")
_VALUES: dict[str, Constraint] = {
    "lr": Numbers(0, closed="neither"),
    "max_epochs": Integers(1),
    "batch_size": Integers(1),
}


def check_net_params(params: Mapping[str, Any] | None, path: str = "net_params") -> None:
    """Raise unless these are parameters of skorch's net, with callbacks that are some."""
    if params is None:
        return
    for name in params:
        if name not in _NAMES and not _has_prefix(name):
            raise ParameterError(
                f"{path} may hold {', '.join(_NAMES)} of skorch.NeuralNet and the likes of "
                f"optimizer__betas, got {name!r}. {_remedy(name)}"
            )
    _check_callbacks(params.get("callbacks") or (), f"{path}['callbacks']")
    for name in _VALUES.keys() & params.keys():
        _VALUES[name].check(f"{path}[{name!r}]", params[name])


def net_error(params: Mapping[str, Any], error: Exception) -> TypeError:
    """Return the error that skorch could make no net with these parameters."""
    return TypeError(
        f"skorch can make no net with net_params={dict(params)!r:.120}: {error!s:.200}. Correct or "
        "leave out what it names."
    )


def _has_prefix(name: Any) -> bool:
    prefix, separator, suffix = str(name).partition("__")
    return bool(separator and suffix) and prefix in _PREFIXES


def _remedy(name: Any) -> str:
    close = get_close_matches(str(name), _NAMES, n=1)
    return f"Did you mean {close[0]!r}?" if close else "Leave it out."


def _check_callbacks(callbacks: Any, path: str) -> None:
    if not isinstance(callbacks, list | tuple):
        raise ParameterError(
            f"{path} must be a list of skorch callbacks, got {callbacks!r:.60}. Put it into a list."
        )
    for item in callbacks:
        callback = item[1] if isinstance(item, tuple) and len(item) == 2 else item
        if not hasattr(callback, "on_train_begin"):
            raise ParameterError(
                f"{path} must hold skorch callbacks or pairs (name, callback), got {item!r:.60}. "
                "Derive it from skorch.callbacks.Callback."
            )
