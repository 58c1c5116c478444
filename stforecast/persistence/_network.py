"""How a trained network is written: its weights, and what its optimizer remembers."""

from __future__ import annotations

import math
import re
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback

from stforecast._parameters import check_tables
from stforecast._training.engine import build_net, release
from stforecast._training.execution.devices import resolve_device
from stforecast._training.execution.global_state import seed_torch
from stforecast.estimators._network import make_plan
from stforecast.exceptions import ParameterError
from stforecast.persistence._nodes import Builder, Checker, Kind, Node, SchemaError, Writer, must
from stforecast.persistence._specs import (
    AnySpec,
    Array,
    DictSpec,
    Flag,
    Int,
    ListSpec,
    NodeKinds,
    NoneSpec,
    Number,
    Text,
    TupleSpec,
    summary,
)

_WEIGHTS = DictSpec(Array("fi"), Text())
_MEMORIES = (
    "step",
    "exp_avg",
    "exp_avg_sq",
    "max_exp_avg_sq",
    "momentum_buffer",
    "square_avg",
    "grad_avg",
    "acc_delta",
    "sum",
)
_OPTIMIZER = DictSpec(DictSpec(Array("f") | Number() | NoneSpec(), Text(_MEMORIES)), Int(0, 2**31))
_HISTORY = ListSpec(DictSpec(AnySpec(roles=()), Text()))
# numbers of buffers that are not saved, such as positions of steps, beside those of the weights
_SPARE = 2**22
# quantiles, sizes of a kernel and other lists that are not layers
_MAX_ITEMS = 256
# the classes that `net_params` may name
_CLASSES = {
    **{
        f"torch.nn.{name}": getattr(torch.nn, name)
        for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "CrossEntropyLoss")
    },
    **{
        f"torch.optim.{name}": getattr(torch.optim, name)
        for name in ("Adam", "AdamW", "NAdam", "RAdam", "RMSprop", "SGD", "Adagrad", "Adadelta")
    },
}
_SETTING = Number() | Flag() | NoneSpec() | TupleSpec(Number()) | ListSpec(Number())
_SETTINGS = {
    "batch_size": Int(1, 2**31),
    "lr": Number(),
    "max_epochs": Int(1, 2**31),
    "verbose": Int(0, 2**31) | Flag(),
    "use_caching": Flag() | Text(("auto",)),
    "criterion": NodeKinds(("torch class",), "a loss of torch"),
    "optimizer": NodeKinds(("torch class",), "an optimizer of torch"),
    "callbacks__print_log": NoneSpec(),
}


@dataclass(frozen=True, eq=False)
class NetState:
    """What a network has learned; how it is built stands in the estimator.

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


def _write(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    module = getattr(value.module_, "_orig_mod", value.module_)  # of torch.compile
    memories = value.optimizer_.state_dict()["state"]
    return {
        "weights": writer.node(_arrays(module.state_dict()), f"{path}.weights"),
        "optimizer": writer.node(
            {i: _arrays(memory) for i, memory in memories.items()}, f"{path}.optimizer"
        ),
        "history": writer.node([dict(row) for row in value.history], f"{path}.history"),
    }


def _arrays(state: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
        for name, value in state.items()
    }


def _check(fields: dict[str, Node], path: str, checker: Checker) -> None:
    _WEIGHTS.check(fields["weights"], f"{path}.weights", checker)
    _OPTIMIZER.check(fields["optimizer"], f"{path}.optimizer", checker)
    _HISTORY.check(fields["history"], f"{path}.history", checker)


def _build(fields: dict[str, Node], builder: Builder) -> NetState:
    return NetState(*(builder.value(fields[name]) for name in ("weights", "optimizer", "history")))


def restore_net(estimator: Any, builder: Builder) -> None:
    """Build an estimator's net anew, and give it what the saved one had learned."""
    network = estimator.network_
    net_state = network.net
    if builder.device is not None and not builder.keep_device:
        estimator.device = builder.device
    # describes the net on the device of this load, which the estimator itself need not keep
    blueprint = copy(estimator)
    blueprint.device = builder.device or estimator.device
    _check_layers(blueprint, len(net_state.weights))
    _check_sizes(_make_empty_module(blueprint, network.shapes), net_state)
    net = _make_net(blueprint, network.shapes)
    weights = {name: torch.from_numpy(value) for name, value in net_state.weights.items()}
    net.module_.load_state_dict(weights)
    state = net.optimizer_.state_dict()
    state["state"] = {
        i: {name: torch.tensor(v) if isinstance(v, np.ndarray) else v for name, v in memory.items()}
        for i, memory in net_state.optimizer.items()
    }
    net.optimizer_.load_state_dict(state)
    net.history.extend(net_state.history)
    estimator.network_ = replace(network, net=net)


def _make_net(estimator: Any, shapes: Any) -> Any:
    """Return a net that an estimator describes; a further fit makes another, with its loss."""
    # any seed: the weights of the file take the place of those drawn
    plan = replace(make_plan(estimator, seed=0), verbose=0)
    with seed_torch(plan.seed, plan.device):
        net = build_net(estimator.build_module(shapes), torch.nn.MSELoss(), plan)
    release(net)
    return net


def _check_layers(estimator: Any, weights: int) -> None:
    """Raise if an estimator describes more layers than the file has weights, before any is made."""
    for name, value in estimator.get_params().items():
        if isinstance(value, list | tuple):
            fits = len(value) <= max(weights, _MAX_ITEMS)
        else:
            fits = not name.endswith("num_layers") or value is None or value <= weights
        must(fits, f".{name}", f"must describe no more layers than the file has weights, {weights}")


def _make_empty_module(estimator: Any, shapes: Any) -> torch.nn.Module:
    """Return the network that an estimator describes, with shapes and without numbers."""
    check_tables(estimator)  # no rules: they may ask for what this machine lacks
    resolve_device(estimator.device)
    try:
        with torch.device("meta"):  # tensors there have shapes and take no memory
            return estimator.build_module(shapes)
    except (RuntimeError, ParameterError) as error:
        raise SchemaError(".network_", f"describes one that cannot be ({error!s:.80})") from error


def _check_sizes(module: torch.nn.Module, net_state: NetState) -> None:
    """Raise unless the network, described without memory, has the weights of the file."""
    state = module.state_dict()
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    if shapes != {name: value.shape for name, value in net_state.weights.items()}:
        raise SchemaError(".network_", "must have the weights that the model describes")
    # buffers that are not saved are made at loading, and settings could ask for huge ones
    count = sum(math.prod(shape) for shape in shapes.values())
    if sum(value.numel() for value in module.buffers()) > count + _SPARE:
        raise SchemaError(".network_", "describes more numbers than the file has")
    _check_memories(list(module.parameters()), net_state.optimizer)


def _check_memories(parameters: list[Any], memories: dict[int, dict[str, Any]]) -> None:
    for i, memory in memories.items():
        for name, value in memory.items():
            # a number of steps has no axes
            fits = i < len(parameters) and np.shape(value) in ((), tuple(parameters[i].shape))
            must(fits, f".network_.net.optimizer[{i}].{name}", "must have the shape of its weight")


# -- what `net_params` may hold


class NetParams:
    """Numbers and classes by which a user changes the skorch net."""

    def is_match(self, node: Node) -> bool:
        return node is None or (isinstance(node, dict) and node.get("is") == "dict")

    def check(self, node: Node, path: str, checker: Checker) -> None:
        must(self.is_match(node), path, f"must be a dict or None, not {summary(node)}")
        if node is None:
            return
        checker.kind(node, path)
        keys, values = node["keys"], node["values"]
        must(isinstance(keys, list) and isinstance(values, list), path, "must be a dict")
        must(len(keys) == len(values), path, "must be a dict")
        for key, value in zip(keys, values, strict=True):
            must(isinstance(key, str), path, "must be a dict of names")
            self._spec(key, f"{path}[{key!r:.40}]").check(value, f"{path}[{key!r:.40}]", checker)

    def _spec(self, key: str, path: str) -> Any:
        prefix, separator, _ = key.partition("__")
        if key in _SETTINGS:
            return _SETTINGS[key]
        if separator and prefix in ("criterion", "optimizer"):
            return _SETTING
        if key == "callbacks":
            return _EmptyCallbacks()
        raise SchemaError(
            path,
            "is a parameter of skorch that files do not hold. Leave it out with "
            "set_params(net_params=...) before saving, and set it again after loading",
        )

    def __str__(self) -> str:
        return "numbers for skorch's net"


class _EmptyCallbacks:
    """An empty list, or None."""

    def is_match(self, node: Node) -> bool:
        return node in (None, [], {"is": "tuple", "items": []})

    def check(self, node: Node, path: str, checker: Checker) -> None:
        must(self.is_match(node), path, "must be without callbacks")

    def __str__(self) -> str:
        return "no callbacks"


def is_callback(value: Any) -> bool:
    """Whether a value is a callback of skorch, or one under a name."""
    return isinstance(value, Callback)


def _class_name(value: Any) -> str | None:
    return next((name for name, known in _CLASSES.items() if known is value), None)


_DEVICE = re.compile(r"[a-z]{2,12}(?::[0-9]{1,3})?")


def _check_device(fields: dict[str, Node], path: str, checker: Checker) -> None:
    name = fields["name"]
    must(isinstance(name, str) and bool(_DEVICE.fullmatch(name)), path, "must name a device")


NETWORKS = (
    Kind(
        "device",
        ("name",),
        lambda value: isinstance(value, torch.device),
        lambda value, path, writer: {"name": str(value)},
        _check_device,
        lambda fields, builder: torch.device(fields["name"]),
    ),
    Kind(
        "torch class",
        ("name",),
        lambda value: isinstance(value, type) and _class_name(value) is not None,
        lambda value, path, writer: {"name": _class_name(value)},
        lambda fields, path, checker: Text(tuple(_CLASSES)).check(fields["name"], path, checker),
        lambda fields, builder: _CLASSES[fields["name"]],
    ),
    Kind(
        "net",
        ("weights", "optimizer", "history"),
        lambda value: isinstance(value, NeuralNet),
        _write,
        _check,
        _build,
    ),
)
