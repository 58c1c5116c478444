"""Activation functions by name."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from stforecast._constraints import Options

__all__ = ["make_activation"]

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
}
ACTIVATION = Options(*ACTIVATIONS)


def make_activation(name: str) -> nn.Module:
    """Make an activation module by its name.

    Parameters
    ----------
    name : {"relu", "tanh", "sigmoid", "elu", "leaky_relu"}
        Which function is applied to every number.

    Returns
    -------
    torch.nn.Module
        The activation, with torch's default settings.

    Raises
    ------
    ValueError
        If there is no activation of that name.

    Examples
    --------
    >>> from stforecast.nn.activations import make_activation
    >>> make_activation("relu")
    ReLU()
    """
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ACTIVATION.error("activation", name)
    return ACTIVATIONS[name]()
