"""How the trees and losses of scikit-learn are written, which are compiled classes.

Compiled code follows the numbers of a tree without another look, so they are checked here: every
path ends in a leaf, and every split reads a feature that is there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn._loss.loss as losses
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree._tree import NODE_DTYPE, Tree

from stforecast.persistence._nodes import Builder, Checker, Kind, Node, Writer, are_counts, must
from stforecast.persistence._specs import Array, Fields, Flag, Int, NoneSpec, Number, Text

_LEAF = -1


def _columns(dtype: np.dtype) -> Fields:
    assert dtype.names is not None
    return Fields({name: Array(dtype[name].kind, (1,)) for name in dtype.names})


def _write_nodes(nodes: np.ndarray, path: str, writer: Writer) -> Node:
    assert nodes.dtype.names is not None
    # a column for each field: records of decision trees have gaps, whose bytes mean nothing
    columns = {name: np.ascontiguousarray(nodes[name]) for name in nodes.dtype.names}
    return writer.node(columns, f"{path}.nodes")


def _check_nodes(node: Node, dtype: np.dtype, path: str, checker: Checker) -> dict[str, np.ndarray]:
    """Raise unless a node has a column of each field, all of a length, and return them."""
    assert dtype.names is not None
    _columns(dtype).check(node, path, checker)
    must(set(node["keys"]) == set(dtype.names), path, "must have the fields of its nodes")
    columns = dict(zip(node["keys"], node["values"], strict=True))
    arrays = {name: checker.arrays[column["name"]] for name, column in columns.items()}
    fits = all(arrays[name].dtype == dtype[name] for name in dtype.names)
    lengths = {len(values) for values in arrays.values()}
    must(fits and len(lengths) == 1 and min(lengths) > 0, path, "must have fields of one length")
    return arrays


def _build_nodes(node: Node, dtype: np.dtype, builder: Builder) -> np.ndarray:
    columns = builder.value(node)
    # zeros for the gaps between the fields
    nodes = np.zeros(len(next(iter(columns.values()))), dtype)
    for name, values in columns.items():
        nodes[name] = values
    return nodes


def _check_paths(
    splits: np.ndarray, children: tuple[np.ndarray, np.ndarray], features: Any, n: Any, path: str
) -> None:
    """Raise unless both children of a split lie behind it, and it reads one of n features."""
    rows, count = np.flatnonzero(splits), len(splits)
    for child in children:
        # children behind their parents leave no circle, in which a prediction would never end
        onward = (child[rows] > rows) & (child[rows] < count)
        must(bool(onward.all()), path, "must be a tree whose paths end in leaves")
    fits = (features[rows] >= 0) & (features[rows] < n)
    must(bool(fits.all()), path, f"must be a tree of {n} features")


# -- trees of scikit-learn


def _write_tree(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    state = value.__getstate__()
    return {
        "features": int(value.n_features),
        "classes": [int(n) for n in value.n_classes],
        "depth": int(state["max_depth"]),
        "nodes": _write_nodes(state["nodes"], path, writer),
        "values": writer.node(np.ascontiguousarray(state["values"]), f"{path}.values"),
    }


def _check_tree(fields: dict[str, Node], path: str, checker: Checker) -> None:
    classes, depth, features = fields["classes"], fields["depth"], fields["features"]
    Int(1, 2**31).check(features, path, checker)
    Int(0, 2**31).check(depth, path, checker)
    must(are_counts(classes) and len(classes) > 0 and min(classes) > 0, path, "must be a tree")
    nodes = _check_nodes(fields["nodes"], NODE_DTYPE, path, checker)
    Array("f", (3,)).check(fields["values"], path, checker)
    shape = [len(nodes["feature"]), len(classes), max(classes)]  # (nodes, outputs, classes)
    fits = fields["values"]["shape"] == shape and fields["values"]["dtype"] == "<f8"
    must(fits and fields["values"]["order"] == "C", path, "must be a tree with values")
    children = (nodes["left_child"], nodes["right_child"])
    _check_paths(children[0] != _LEAF, children, nodes["feature"], features, path)


def _build_tree(fields: dict[str, Node], builder: Builder) -> Any:
    classes = np.array(fields["classes"], dtype=np.intp)
    tree = Tree(fields["features"], classes, len(classes))
    nodes = _build_nodes(fields["nodes"], NODE_DTYPE, builder)
    state = {"max_depth": fields["depth"], "node_count": len(nodes), "nodes": nodes}
    tree.__setstate__({**state, "values": builder.value(fields["values"])})
    return tree


def _write_predictor(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    must(len(value.raw_left_cat_bitsets) == 0, path, "splits by categories, which no file holds")
    return {"nodes": _write_nodes(value.nodes, path, writer)}


def _check_predictor(fields: dict[str, Node], path: str, checker: Checker) -> None:
    nodes = _check_nodes(fields["nodes"], PREDICTOR_RECORD_DTYPE, path, checker)
    must(not nodes["is_categorical"].any(), path, "must be a tree without categories")
    children = (nodes["left"], nodes["right"])
    _check_paths(nodes["is_leaf"] == 0, children, nodes["feature_idx"], 2**31, path)


def _build_predictor(fields: dict[str, Node], builder: Builder) -> Any:
    nodes = _build_nodes(fields["nodes"], PREDICTOR_RECORD_DTYPE, builder)
    bitsets = (np.zeros((0, 8), dtype=np.uint32) for _ in range(2))
    return TreePredictor(nodes, *bitsets)


# -- losses

_LOSSES = {
    "AbsoluteError": (),
    "ExponentialLoss": (),
    "HalfBinomialLoss": (),
    "HalfGammaLoss": (),
    "HalfMultinomialLoss": ("n_classes",),
    "HalfPoissonLoss": (),
    "HalfSquaredError": (),
    "HalfTweedieLoss": ("power",),
    "HalfTweedieLossIdentity": ("power",),
    "HuberLoss": ("quantile", "delta"),
    "PinballLoss": ("quantile",),
}
_HESSIANS = ("approx_hessian", "constant_hessian")
_OPTIONS = {
    "n_classes": Int(2, 2**20),
    "power": Number(),
    "quantile": Number(),
    "delta": Number() | NoneSpec(),
}


def _is_loss(value: Any) -> bool:
    name = type(value).__name__
    return name in _LOSSES and type(value) is getattr(losses, name, None)


def _write_loss(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    name = type(value).__name__
    options = {option: _option(value, option) for option in _LOSSES[name]}
    hessians = [bool(getattr(value, hessian)) for hessian in _HESSIANS]
    return {"name": name, "options": writer.node(options, path), "hessians": hessians}


def _option(loss: Any, name: str) -> Any:
    # some options live in the compiled loss alone
    return getattr(loss, name) if name in vars(loss) else getattr(loss.closs, name)


def _check_loss(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Text(tuple(_LOSSES)).check(fields["name"], path, checker)
    names = _LOSSES[fields["name"]]
    Fields({name: _OPTIONS[name] for name in names}).check(fields["options"], path, checker)
    must(len(fields["options"]["keys"]) == len(names), path, "must have its options")
    hessians = fields["hessians"]
    must(isinstance(hessians, list) and len(hessians) == 2, path, "must be a loss")
    for hessian in hessians:
        Flag().check(hessian, path, checker)


def _build_loss(fields: dict[str, Node], builder: Builder) -> Any:
    loss = getattr(losses, fields["name"])(**builder.value(fields["options"]))
    for name, value in zip(_HESSIANS, fields["hessians"], strict=True):
        setattr(loss, name, value)
    return loss


TREES = (
    Kind(
        "tree",
        ("features", "classes", "depth", "nodes", "values"),
        lambda value: type(value) is Tree,
        _write_tree,
        _check_tree,
        _build_tree,
    ),
    Kind(
        "predictor",
        ("nodes",),
        lambda value: type(value) is TreePredictor,
        _write_predictor,
        _check_predictor,
        _build_predictor,
    ),
    Kind(
        "loss",
        ("name", "options", "hessians"),
        _is_loss,
        _write_loss,
        _check_loss,
        _build_loss,
    ),
)
