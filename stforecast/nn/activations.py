"""Activation functions by their usual names."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

import torch
from torch import Tensor
from torch.nn import functional as F

Activation = Callable[[Tensor], Tensor]

ACTIVATIONS: dict[str, Activation] = {
    "tanh": torch.tanh,
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "elu": F.elu,
    "leaky_relu": F.leaky_relu,
}


def activation_function(name: str) -> Activation:
    """Look up an element-wise activation function.

    Parameters
    ----------
    name : str
        One of ``"tanh"``, ``"relu"``, ``"sigmoid"``, ``"elu"`` and ``"leaky_relu"``.

    Returns
    -------
    callable
        The function, from a tensor to a tensor of the same shape.

    Raises
    ------
    ValueError
        If no activation has that name.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn.activations import activation_function
    >>> activation_function("relu")(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if name not in ACTIVATIONS:
        raise ValueError(unknown_name("activation", name, ACTIVATIONS))
    return ACTIVATIONS[name]


def unknown_name(what: str, name: str, known: dict[str, Activation] | dict[str, object]) -> str:
    """Say that `name` is unknown, what is known, and what was probably meant."""
    close = get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"Unknown {what} {name!r}; choose one of {', '.join(map(repr, known))}.{hint}"
