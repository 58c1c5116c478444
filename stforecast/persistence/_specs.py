"""The words in which schemas say what a value may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stforecast.persistence._nodes import NATIVE, Checker, Node, SchemaError, Spec, must

OPEN_LIMIT = 2**63


class Choice:
    """Lets specs be joined by ``|``, and says what a node is in place of one."""

    def __or__(self, other: Any) -> UnionSpec:
        return UnionSpec((self, other))

    def is_match(self, node: Node) -> bool:
        """Whether a node is of the right kind, to look at no deeper."""
        raise NotImplementedError

    def require(self, node: Node, path: str) -> None:
        """Raise SchemaError unless a node is of the right kind."""
        if not self.is_match(node):
            raise SchemaError(path, f"must be {self}, not {summary(node)}")


@dataclass(frozen=True)
class UnionSpec(Choice):
    """The first of several specs that takes the node."""

    specs: tuple[Any, ...]

    def is_match(self, node: Node) -> bool:
        return any(spec.is_match(node) for spec in self.specs)

    def check(self, node: Node, path: str, checker: Checker) -> None:
        # the first that matches has the last word, so that its error names the value that is wrong
        for spec in self.specs:
            if spec.is_match(node):
                spec.check(node, path, checker)
                return
        raise SchemaError(path, f"must be {self}, not {summary(node)}")

    def __str__(self) -> str:
        return " or ".join(map(str, self.specs))


@dataclass(frozen=True)
class NoneSpec(Choice):
    """None."""

    def is_match(self, node: Node) -> bool:
        return node is None

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)

    def __str__(self) -> str:
        return "None"


@dataclass(frozen=True)
class Flag(Choice):
    """True or False, Python's or numpy's."""

    def is_match(self, node: Node) -> bool:
        return type(node) is bool or _scalar_kind(node) == "b"

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        _check_scalar(node, path, checker)

    def __str__(self) -> str:
        return "a flag"


@dataclass(frozen=True)
class Int(Choice):
    """An integer within limits, Python's or numpy's."""

    low: int = -OPEN_LIMIT
    high: int = 2 * OPEN_LIMIT

    def is_match(self, node: Node) -> bool:
        return type(node) is int or _scalar_kind(node) in ("i", "u")

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        _check_scalar(node, path, checker)
        value = node if type(node) is int else node["value"]  # of numpy's integers, as checked
        must(self.low <= value <= self.high, path, f"must be {self}, not {value}")

    def __str__(self) -> str:
        return "an integer" if self.low == -OPEN_LIMIT else f"an integer of at least {self.low}"


@dataclass(frozen=True)
class Number(Choice):
    """A real number of any type."""

    def is_match(self, node: Node) -> bool:
        return type(node) in (int, float) or _scalar_kind(node) in ("i", "u", "f")

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        _check_scalar(node, path, checker)

    def __str__(self) -> str:
        return "a number"


@dataclass(frozen=True)
class Text(Choice):
    """A text, one of a few if they are given."""

    choices: tuple[str, ...] = ()

    def is_match(self, node: Node) -> bool:
        return isinstance(node, str)

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        must(not self.choices or node in self.choices, path, f"must be {self}, not {node!r:.60}")

    def __str__(self) -> str:
        return f"one of {', '.join(map(repr, self.choices))}" if self.choices else "a text"


@dataclass(frozen=True)
class Array(Choice):
    """A numpy array; ``kinds`` are numpy's letters, of objects ``"O"``."""

    kinds: str = "fiubUOSmM"
    ndims: tuple[int, ...] = ()
    items: Any = None

    def is_match(self, node: Node) -> bool:
        return isinstance(node, dict) and node.get("is") in ("array", "objects")

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        checker.kind(node, path)
        if node["is"] == "objects" and self.items is not None:
            must("O" in self.kinds, path, f"must be {self}, not of objects")
            # the shape by itself: the kind would check the items as plain values
            checker.kinds["objects"].check({**node, "items": []}, path, checker)
            check_items(node["items"], self.items, path, checker)
        else:
            checker.kinds[node["is"]].check(node, path, checker)
        # only now: the fields of the node are known to be there and of their types
        letter = "O" if node["is"] == "objects" else node["dtype"].lstrip("<>|")[0]
        must(letter in self.kinds, path, f"must be {self}, not of type {letter}")
        ndim = len(node["shape"])
        must(not self.ndims or ndim in self.ndims, path, f"must be {self}, not of {ndim} axes")

    def __str__(self) -> str:
        axes = f" of {' or '.join(map(str, self.ndims))} axes" if self.ndims else ""
        return f"an array of {self.kinds}{axes}"


@dataclass(frozen=True)
class ListSpec(Choice):
    """A list of values that are all alike."""

    spec: Any

    def is_match(self, node: Node) -> bool:
        return isinstance(node, list)

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        check_items(node, self.spec, path, checker)

    def __str__(self) -> str:
        return f"a list of {self.spec}"


@dataclass(frozen=True)
class TupleSpec(Choice):
    """A tuple of values that are all alike, of a given length or any."""

    spec: Any
    length: int | None = None

    def is_match(self, node: Node) -> bool:
        return isinstance(node, dict) and node.get("is") == "tuple"

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        checker.kind(node, path)
        must(isinstance(node["items"], list), path, f"must be {self}")
        must(self.length in (None, len(node["items"])), path, f"must be {self}")
        check_items(node["items"], self.spec, path, checker)

    def __str__(self) -> str:
        return f"a tuple of {'' if self.length is None else f'{self.length} times '}{self.spec}"


@dataclass(frozen=True)
class Record(Choice):
    """A tuple of values, each with a spec of its own."""

    specs: tuple[Any, ...]

    def is_match(self, node: Node) -> bool:
        return isinstance(node, dict) and node.get("is") == "tuple"

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        checker.kind(node, path)
        items = node["items"]
        must(isinstance(items, list) and len(items) == len(self.specs), path, f"must be {self}")
        for i, (item, spec) in enumerate(zip(items, self.specs, strict=True)):
            spec.check(item, f"{path}[{i}]", checker)

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.specs))})"


@dataclass(frozen=True)
class DictSpec(Choice):
    """A dict of values that are all alike."""

    spec: Any
    keys: Any = None

    def is_match(self, node: Node) -> bool:
        return isinstance(node, dict) and node.get("is") == "dict"

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        checker.kind(node, path)
        check_dict(node, path, checker, self.keys or Key(), self.spec)

    def __str__(self) -> str:
        return f"a dict of {self.spec}"


@dataclass(frozen=True)
class Fields(Choice):
    """A dict under names that are known."""

    specs: dict[str, Any]

    def is_match(self, node: Node) -> bool:
        return isinstance(node, dict) and node.get("is") == "dict"

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        checker.kind(node, path)
        keys, values = node["keys"], node["values"]
        must(isinstance(keys, list) and isinstance(values, list), path, f"must be {self}")
        # `str`, since a key may be a node that has no hash; names are checked below
        must(len(keys) == len(values) == len(set(map(str, keys))), path, f"must be {self}")
        for key, value in zip(keys, values, strict=True):
            known = isinstance(key, str) and key in self.specs
            must(known, path, f"must not have the key {key!r:.40}")
            self.specs[key].check(value, f"{path}[{key!r}]", checker)

    def __str__(self) -> str:
        return f"a dict with the keys {', '.join(self.specs)}"


@dataclass(frozen=True)
class NodeKinds(Choice):
    """A value of one of a few kinds of node."""

    kinds: tuple[str, ...]
    label: str = ""

    def is_match(self, node: Node) -> bool:
        return isinstance(node, dict) and node.get("is") in self.kinds

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        checker.kind(node, path).check(node, path, checker)

    def __str__(self) -> str:
        return self.label or " or ".join(self.kinds)


@dataclass(frozen=True)
class Key(Choice):
    """What a dict may have as a key, or an index as its name: a plain value, or a tuple of some."""

    kinds: tuple[str, ...] = ("scalar", "timestamp", "timedelta", "period", "date", "zone")

    def is_match(self, node: Node) -> bool:
        is_label = isinstance(node, dict) and node.get("is") in ("tuple", *self.kinds)
        return type(node) in NATIVE or is_label

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        if isinstance(node, dict) and node["is"] == "tuple":
            TupleSpec(self).check(node, path, checker)
        elif isinstance(node, dict):
            checker.kind(node, path).check(node, path, checker)

    def __str__(self) -> str:
        return "a plain label"


@dataclass(frozen=True)
class AnySpec(Choice):
    """Whatever a parameter may be: plain values, tables, models and their parts."""

    # the rest has a place of its own in the schemas of its owners
    beside: tuple[str, ...] = ("net", "tree", "predictor", "loss")
    roles: tuple[str, ...] = ("model", "part")

    def is_match(self, node: Node) -> bool:
        kind = node.get("is") if isinstance(node, dict) else None
        return not (isinstance(kind, str) and kind in self.beside)

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        if isinstance(node, list):
            check_items(node, self, path, checker)
        elif isinstance(node, dict):
            kind = checker.kind(node, path)
            if node["is"] == "object":  # what a class keeps for itself has one place alone
                check_role(node, self.roles, path)
            kind.check(node, path, checker)
        else:
            must(type(node) in NATIVE, path, "must be a value")

    def __str__(self) -> str:
        return "a plain value"


@dataclass(frozen=True)
class Instance(Choice):
    """An object of one of a few classes, or of any that plays a role."""

    names: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def is_match(self, node: Node) -> bool:
        return isinstance(node, dict) and node.get("is") == "object"

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        kind = checker.kind(node, path)
        if self.names:
            must(node["class"] in self.names, path, f"must be {self}, not {summary(node)}")
        else:
            check_role(node, self.roles, path)
        kind.check(node, path, checker)

    def __str__(self) -> str:
        return " or ".join(self.names) if self.names else f"a {' or '.join(self.roles)}"


# where a class would call what it is given: the cell of a network, say
NON_CALLABLE_SPEC = AnySpec(
    beside=(*AnySpec.beside, "function", "partial", "scorer", "forecast scorer", "torch class")
)


def check_role(node: Node, roles: tuple[str, ...], path: str) -> None:
    """Raise unless the class of an object plays one of some roles."""
    # here, since the schemas of classes are made of these specs
    from stforecast.persistence._classes import require_schema

    role = require_schema(node.get("class"), path).role
    must(role in roles, path, f"must be a {' or '.join(roles)}, not {summary(node)}")


def check_items(nodes: Node, spec: Spec, path: str, checker: Checker) -> None:
    """Raise unless every node of a list is as a spec says."""
    must(isinstance(nodes, list), path, "must be a list")
    for i, node in enumerate(nodes):
        spec.check(node, f"{path}[{i}]", checker)


def check_dict(node: Node, path: str, checker: Checker, key_spec: Spec, spec: Spec) -> None:
    """Raise unless keys and values of a dict are as two specs say."""
    keys, values = node["keys"], node["values"]
    must(isinstance(keys, list) and isinstance(values, list), path, "must have keys and values")
    must(len(keys) == len(values), path, "must have a value for each key")
    for key, value in zip(keys, values, strict=True):
        key_spec.check(key, path, checker)
        spec.check(value, f"{path}[{key!r:.40}]", checker)


def summary(node: Node) -> str:
    """Return what a node is, in a word or two."""
    if isinstance(node, dict):
        return str(node.get("class") or node.get("name") or node.get("is"))[:60]
    return "a list" if isinstance(node, list) else repr(node)[:60]


def _scalar_kind(node: Node) -> str | None:
    if not (isinstance(node, dict) and node.get("is") == "scalar"):
        return None
    dtype = node.get("dtype")  # of a node that is not checked yet, so it may be anything
    return dtype.lstrip("<>|")[:1] if isinstance(dtype, str) else None


def _check_scalar(node: Node, path: str, checker: Checker) -> None:
    if isinstance(node, dict):
        checker.kind(node, path).check(node, path, checker)


@dataclass(frozen=True)
class Numbers(Choice):
    """Numbers and flags: one, an array, None, or a list or tuple of such."""

    def is_match(self, node: Node) -> bool:
        if isinstance(node, dict):
            tuple_or_array = node.get("is") in ("tuple", "array")
            return tuple_or_array or _scalar_kind(node) in ("b", "i", "u", "f")
        # None among the natives, which stands for numbers that an estimator did not compute
        return isinstance(node, list) or (type(node) in NATIVE and not isinstance(node, str))

    def check(self, node: Node, path: str, checker: Checker) -> None:
        self.require(node, path)
        if isinstance(node, list):
            check_items(node, self, path, checker)
        elif isinstance(node, dict) and node["is"] == "tuple":
            TupleSpec(self).check(node, path, checker)
        elif isinstance(node, dict) and node["is"] == "array":
            Array("fiub").check(node, path, checker)
        else:
            _check_scalar(node, path, checker)

    def __str__(self) -> str:
        return "numbers"
