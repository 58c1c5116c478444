"""A trained network as arrays, and back into the estimator that describes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from stforecast.estimators._network import NetEstimator
from stforecast.estimators._scaled_network import ScaledNetwork


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


def pack_network(network: ScaledNetwork) -> ScaledNetwork:
    """Return a network whose net is packed."""
    return replace(network, net=pack_net(network.net))


def unpack_network(network: ScaledNetwork, estimator: NetEstimator) -> ScaledNetwork:
    """Build the estimator's net anew, and give it what the saved one had learned."""
    return replace(network, net=_unpacked(network.net, estimator.untrained_net(network.shapes)))


def _unpacked(packed: PackedNet, net: Any) -> Any:
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
