"""A trained network as arrays, and back into the estimator that describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True, eq=False)
class PackedNet:
    """What a skorch net has learned; how it is built stands in the estimator.

    Parameters
    ----------
    weights : dict of str to ndarray
        State of the module.
    optimizer : dict of int to dict
        What the optimizer remembers of each weight.
    history : list of dict
        The epochs.
    """

    weights: dict[str, np.ndarray]
    optimizer: dict[int, dict[str, Any]]
    history: list[dict[str, Any]]


def pack_net(net: Any) -> PackedNet:
    """Return a trained net as arrays."""
    module = getattr(net.module_, "_orig_mod", net.module_)  # of torch.compile
    remembered = net.optimizer_.state_dict()["state"]
    return PackedNet(
        {name: _array(value) for name, value in module.state_dict().items()},
        {i: {name: _array(v) for name, v in state.items()} for i, state in remembered.items()},
        [dict(row) for row in net.history],
    )


def unpack_net(packed: PackedNet, estimator: Any) -> Any:
    """Build the estimator's net anew, and give it what the saved one had learned."""
    net = estimator._untrained_net()  # noqa: SLF001 - users never need a net without its weights
    net.module_.load_state_dict({name: torch.tensor(v) for name, v in packed.weights.items()})
    state = net.optimizer_.state_dict()
    state["state"] = {
        i: {name: torch.tensor(v) if isinstance(v, np.ndarray) else v for name, v in one.items()}
        for i, one in packed.optimizer.items()
    }
    net.optimizer_.load_state_dict(state)
    net.history.extend(packed.history)
    return net


def _array(value: Any) -> Any:
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
