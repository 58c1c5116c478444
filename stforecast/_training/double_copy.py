"""A network's copy in double precision, made anew for every prediction."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import nn

__all__ = ["double_copy"]

# Modules whose weights stand in their tables of weights alone. nn.LSTM and its kin keep a list of
# them beside; of other people's modules nobody knows.
PLAIN = ("stforecast.nn.", "torch.nn.modules.")
LIST_MODULES = (nn.RNNBase,)


def double_copy(module: nn.Module) -> nn.Module:
    """Return a copy on the CPU that predicts in double precision; the module changes in nothing.

    Parameters
    ----------
    module : torch.nn.Module
        A network on any device.

    Returns
    -------
    torch.nn.Module
        Its copy, in evaluation mode, with weights of its own and the hooks of the module.

    Notes
    -----
    ``deepcopy`` took most of the time of a forecast from one window: it follows every table of
    every module. Here only weights are copied, and only where that is all there is.
    """
    double: nn.Module = _copy(module, {})
    return double


def _copy(module: nn.Module, copies: dict[int, Any]) -> Any:
    # by identity, so that what is used twice in the network is copied once
    if id(module) not in copies:
        copies[id(module)] = (
            _copy_plain(module, copies) if _is_plain(module) else _copy_module(module)
        )
    return copies[id(module)]


def _is_plain(module: nn.Module) -> bool:
    return type(module).__module__.startswith(PLAIN) and not isinstance(module, LIST_MODULES)


def _copy_module(module: nn.Module) -> nn.Module:
    return deepcopy(module).cpu().double().eval()


def _copy_plain(module: nn.Module, copies: dict[int, Any]) -> nn.Module:
    double: nn.Module = object.__new__(type(module))  # __init__ would draw weights
    # without what `compile` left, which would run the module itself
    tables = {k: v for k, v in vars(module).items() if k != "_compiled_call_impl"}
    vars(double).update(
        tables,
        training=False,
        _parameters={k: _copy_tensor(v, copies) for k, v in tables["_parameters"].items()},
        _buffers={k: _copy_tensor(v, copies) for k, v in tables["_buffers"].items()},
        _modules={
            k: None if child is None else _copy(child, copies)
            for k, child in tables["_modules"].items()
        },
    )
    return double


def _copy_tensor(tensor: torch.Tensor | None, copies: dict[int, Any]) -> Any:
    """Return a tensor of its own, the same one wherever modules share it."""
    if tensor is None:
        return None
    if id(tensor) not in copies:
        kind = torch.float64 if tensor.is_floating_point() else tensor.dtype
        data = tensor.detach().to("cpu", kind, copy=True)
        is_weight = isinstance(tensor, nn.Parameter)
        copies[id(tensor)] = nn.Parameter(data, requires_grad=False) if is_weight else data
    return copies[id(tensor)]
