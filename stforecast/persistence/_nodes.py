"""The kinds of values that a file may hold: how each is written, checked and built.

A value is written as a node: None, flags, numbers and texts as JSON has them, a list as a list of
nodes, anything else as ``{"is": kind, ...}`` with the fields of its kind. Reading takes two
passes: the first checks every node against a schema and builds nothing, the second builds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

Node = Any  # None, bool, int, float, str, a list of nodes, or a dict with the key "is"
NATIVE = (type(None), bool, int, float, str)


class SchemaError(ValueError):
    """A value that no file may hold at its place.

    Parameters
    ----------
    path : str
        The attributes and keys that lead to it.
    reason : str
        What is wrong with it, as the end of a sentence.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path.lstrip('.') or 'the model'} {reason}")


class Spec(Protocol):
    """What a schema says of a value."""

    def is_match(self, node: Node) -> bool:
        """Whether a node is of the right kind, to look at no deeper."""

    def check(self, node: Node, path: str, checker: Checker) -> None:
        """Raise SchemaError unless a node and all in it are as they may be."""


@dataclass(frozen=True)
class Kind:
    """One kind of value.

    Parameters
    ----------
    name : str
        What the node calls itself.
    fields : tuple of str
        Names of the node's fields.
    holds : callable
        Whether a value is of this kind.
    write : callable
        ``write(value, path, writer)`` gives the fields.
    check : callable
        ``check(fields, path, checker)`` raises SchemaError unless they can be built.
    build : callable
        ``build(fields, builder)`` gives the value.
    """

    name: str
    fields: tuple[str, ...]
    holds: Callable[[Any], bool]
    write: Callable[[Any, str, Writer], dict[str, Node]]
    check: Callable[[dict[str, Node], str, Checker], None]
    build: Callable[[dict[str, Node], Builder], Any]


@dataclass
class Writer:
    """Turns values into nodes, and keeps the arrays that they name.

    Parameters
    ----------
    kinds : iterable of Kind
        What may be written; the first that holds a value writes it.
    refuse : callable
        ``refuse(value)`` says why a value of no kind cannot be written, and what to use instead.
    """

    kinds: Iterable[Kind]
    refuse: Callable[[Any], str]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def node(self, value: Any, path: str) -> Node:
        """Return the node of a value."""
        if type(value) in NATIVE:  # not of a subclass, such as numpy's float64 or an enum
            return value
        if type(value) is list:
            return [self.node(item, f"{path}[{i}]") for i, item in enumerate(value)]
        for kind in self.kinds:
            if kind.holds(value):
                return {"is": kind.name, **kind.write(value, path, self)}
        raise SchemaError(path, self.refuse(value))

    def array(self, values: np.ndarray, path: str) -> str:
        """Keep an array of numbers or flags, and return its name."""
        # the number tells two of one path apart, such as the keys of a dict
        name = f"{len(self.arrays)}:{path.lstrip('.')}"
        self.arrays[name] = values
        return name


@dataclass
class Checker:
    """Checks nodes before any is built.

    Parameters
    ----------
    kinds : mapping of str to Kind
        What may be read.
    arrays : mapping of str to ndarray
        The arrays of the file.
    """

    kinds: Mapping[str, Kind]
    arrays: Mapping[str, np.ndarray]
    array_reads: set[str] = field(default_factory=set)

    def kind(self, node: Node, path: str) -> Kind:
        """Return the kind of a node that has its fields and no others."""
        name = node.get("is")
        kind = self.kinds.get(name) if isinstance(name, str) else None
        if kind is None:
            raise SchemaError(path, f"is of a kind that is not known, {name!r:.40}")
        if node.keys() != {"is", *kind.fields}:
            raise SchemaError(path, f"must have the fields {', '.join(kind.fields)} of {name}")
        return kind

    def array(self, name: Node, path: str) -> np.ndarray:
        """Return an array that no other node uses, so that no file stands for more than it has."""
        if not isinstance(name, str) or name not in self.arrays or name in self.array_reads:
            raise SchemaError(path, f"must name an array of its own, not {name!r:.60}")
        self.array_reads.add(name)
        return self.arrays[name]

    def check_unused_arrays(self) -> None:
        """Raise if an array is not named by any node."""
        leftovers = sorted(self.arrays.keys() - self.array_reads)
        if leftovers:
            raise SchemaError("", f"does not use the array {leftovers[0]:.60}")


@dataclass
class Builder:
    """Builds what was checked.

    Parameters
    ----------
    kinds : mapping of str to Kind
        What may be read.
    arrays : mapping of str to ndarray
        The arrays of the file, which become those of the model.
    device : str or None
        Where networks go, if not where they were.
    keep_device : bool
        Whether estimators keep the device that they name all the same.
    keep_arrays : bool
        Whether `arrays` keeps what was built.
    """

    kinds: Mapping[str, Kind]
    arrays: Mapping[str, np.ndarray]
    device: str | None = None
    keep_device: bool = False
    keep_arrays: bool = False

    def array(self, name: str) -> np.ndarray:
        """Return an array, and let go of it: what is made of a copy is in memory once."""
        if isinstance(self.arrays, dict) and not self.keep_arrays:
            array: np.ndarray = self.arrays.pop(name)
            return array
        return self.arrays[name]

    def value(self, node: Node) -> Any:
        """Return the value of a node."""
        if isinstance(node, list):
            return [self.value(item) for item in node]
        if isinstance(node, dict):
            return self.kinds[node["is"]].build(node, self)
        return node


def must(condition: bool, path: str, reason: str) -> None:
    """Raise SchemaError unless a condition holds."""
    if not condition:
        raise SchemaError(path, reason)


def is_count(node: Node, most: int = 2**62) -> bool:
    """Whether a node is an integer from 0 on."""
    return type(node) is int and 0 <= node < most  # `type`, since True is an int


def are_counts(node: Node) -> bool:
    """Whether a node is a list of integers from 0 on."""
    return isinstance(node, list) and all(map(is_count, node))
