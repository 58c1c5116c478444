"""Every kind of value that a file may hold, and a model as a node and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType, LambdaType
from typing import Any

import numpy as np

from stforecast.persistence._classes import OBJECTS
from stforecast.persistence._functions import CALLABLES
from stforecast.persistence._grids import GRIDS
from stforecast.persistence._labels import LABELS
from stforecast.persistence._moments import MOMENTS
from stforecast.persistence._network import NETWORKS, is_callback
from stforecast.persistence._nodes import Builder, Checker, Node, Writer
from stforecast.persistence._plain import PLAIN
from stforecast.persistence._specs import Instance
from stforecast.persistence._trees import TREES

# the first that holds a value writes it: a class of torch is not a type of numpy
KINDS = (*PLAIN, *MOMENTS, *LABELS, *GRIDS, *NETWORKS, *CALLABLES, *TREES, *OBJECTS)
_KIND_INDEX = {kind.name: kind for kind in KINDS}
_ROOT = Instance(roles=("model",))


def write_model(model: Any) -> tuple[Node, dict[str, np.ndarray]]:
    """Return the node of a model and its arrays, checked as if they were read."""
    writer = Writer(KINDS, _refusal)
    node = writer.node(model, "")
    check_model(node, writer.arrays)
    return node, writer.arrays


def check_model(node: Node, arrays: Mapping[str, np.ndarray]) -> None:
    """Raise SchemaError unless a node is that of a model, and uses every array."""
    checker = Checker(_KIND_INDEX, arrays)
    _ROOT.check(node, "", checker)
    checker.check_unused_arrays()


def build_model(
    node: Node,
    arrays: Mapping[str, np.ndarray],
    device: str | None = None,
    *,
    keep_device: bool = False,
) -> Any:
    """Return the model of a node that was checked."""
    return Builder(_KIND_INDEX, arrays, device, keep_device).value(node)


def _refusal(value: Any) -> str:
    """Return why a value cannot be written, and what to use instead."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if is_callback(value):
        return (
            f"is the callback {type(value).__name__}, which no file may hold. Leave it out with "
            "set_params(net_params=...) before saving, and set it again after loading"
        )
    if isinstance(value, FunctionType | LambdaType):
        return (
            f"is the function {value.__qualname__}, which no file may hold. Use a table, a "
            "function of numpy such as numpy.log1p, or calendar_features"
        )
    if isinstance(value, type):
        return f"is the class {value.__qualname__}, which no file may hold. Leave it out"
    return (
        f"is of the class {kind}, and a file holds classes of stforecast and some of scikit-learn "
        "only. Replace it by one of those that the notes of save list"
    )
