"""The classes of which a file may hold objects, and how an object is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from inspect import getattr_static, signature
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import make_constraint

from stforecast._parameters import class_constraints
from stforecast.persistence._nodes import (
    NATIVE,
    Builder,
    Checker,
    Kind,
    Node,
    SchemaError,
    Writer,
    must,
)
from stforecast.persistence._specs import AnySpec, Fields, NoneSpec, Text, summary

_OUTPUT = Fields({"transform": Text(("default", "pandas", "polars")) | NoneSpec()})
# what scikit-learn keeps in estimators of any class
_COMMON_ATTRIBUTES = {"_sklearn_output_config": _OUTPUT}


@dataclass(frozen=True)
class Schema:
    """What an object of one class may hold.

    Parameters
    ----------
    name : str
        The class, by its public path.
    fitted : mapping of str to Spec
        Its attributes that are not parameters.
    params : mapping of str to Spec
        Parameters that are more than a plain value, or less.
    role : {"model", "part", "inner"}
        An estimator; a value that parameters may have; or what one class keeps for itself.
    module : str, optional
        Where the class is, if not where its name says.
    marker : str, optional
        With this attribute, all others of `fitted` must be there, but those in `optional`. What
        one class keeps for itself has them always.
    optional : tuple of str
        Attributes that a fitted object may lack.
    derivations : mapping of str to callable
        Attributes that are not written, made from the object once the others are there.
    verify : callable, optional
        ``verify(attributes, path, checker)`` raises SchemaError if nodes do not fit each other.
    plain : Spec
        What the parameters that `params` lacks may be.
    """

    name: str
    fitted: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    role: str = "model"
    module: str | None = None
    marker: str | None = None
    optional: tuple[str, ...] = ()
    derivations: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    verify: Callable[[dict[str, Node], str, Checker], None] | None = None
    plain: Any = field(default_factory=AnySpec)

    @property
    def kind(self) -> type:
        """The class."""
        module, _, name = self.name.rpartition(".")
        return _class(self.module or module, name)

    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters that the class has."""
        plain = self.role == "inner" and not issubclass(self.kind, BaseEstimator)
        return () if plain else _parameters(self.kind)

    def specs(self) -> dict[str, Any]:
        """Return what each attribute may be."""
        plain = dict.fromkeys(self.parameters(), self.plain)
        return {**_COMMON_ATTRIBUTES, **plain, **self.fitted, **self.params}


@cache
def _class(module: str, name: str) -> type:
    kind: type = getattr(import_module(module), name)
    return kind


@cache
def _parameters(kind: type) -> tuple[str, ...]:
    # a class without a constructor has no parameters, whatever its signature shows
    if getattr_static(kind, "__init__") is object.__init__:
        return ()
    return tuple(signature(kind).parameters)


@cache
def schemas() -> dict[str, Schema]:
    """Return every schema by the name of its class."""
    # here, since the tables are made of the schemas above
    from stforecast.persistence._library_schemas import LIBRARY_CLASSES
    from stforecast.persistence._sklearn_schemas import SCIKIT_LEARN

    return {schema.name: schema for schema in (*LIBRARY_CLASSES, *SCIKIT_LEARN)}


@cache
def _index_schemas() -> dict[str, tuple[Schema, ...]]:
    index: dict[str, tuple[Schema, ...]] = {}
    for schema in schemas().values():
        class_name = schema.name.rpartition(".")[2]
        index[class_name] = (*index.get(class_name, ()), schema)
    return index


def find_schema(kind: type) -> Schema | None:
    """Return the schema of a class, None if there is none."""
    # by name and package first: `Schema.kind` imports the module, which takes long of some
    candidates = _index_schemas().get(kind.__name__, ())
    top = kind.__module__.split(".")[0]
    return next((s for s in candidates if s.name.startswith(f"{top}.") and s.kind is kind), None)


def require_schema(name: Node, path: str) -> Schema:
    """Return the schema of the class that a node names, or raise SchemaError."""
    schema = schemas().get(name) if isinstance(name, str) else None
    if schema is None:
        raise SchemaError(path, f"names the class {name!r:.60}, which no file may hold")
    return schema


def _write(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    schema = find_schema(type(value))
    assert schema is not None
    specs, attributes = schema.specs(), {}
    for name, attribute in vars(value).items():
        if name in schema.derivations:  # made anew from the others when the file is read
            continue
        if name not in specs:
            raise SchemaError(
                f"{path}.{name}",
                f"is an attribute of {schema.name} that files do not hold. Fit and save without "
                "what set it",
            )
        attributes[name] = writer.node(attribute, f"{path}.{name}")
    return {"class": schema.name, "attributes": attributes}


def _check(fields: dict[str, Node], path: str, checker: Checker) -> None:
    schema = require_schema(fields["class"], path)
    attributes, specs = fields["attributes"], schema.specs()
    must(isinstance(attributes, dict), path, f"must have the attributes of {schema.name}")
    for name, node in attributes.items():
        must(name in specs, f"{path}.{name}", f"is not an attribute of {schema.name}")
        specs[name].check(node, f"{path}.{name}", checker)
    _check_params(schema, attributes, path)
    # a class that finds one attribute of a fit relies on all others
    if schema.role == "inner" or schema.marker in attributes:
        for name in schema.fitted.keys() - attributes.keys() - set(schema.optional):
            raise SchemaError(f"{path}.{name}", f"is missing in a fitted {schema.name}")
    if schema.verify is not None:
        schema.verify(attributes, path, checker)


def _check_params(schema: Schema, attributes: dict[str, Node], path: str) -> None:
    """Raise unless parameters are there, and have values that the class itself admits."""
    for name in schema.parameters():
        must(name in attributes, f"{path}.{name}", f"is missing in a {schema.name}")
        value = attributes[name]
        # values that are nodes of their own were checked by their specs
        if type(value) in NATIVE and not _admits(schema.kind, name, value):
            raise SchemaError(f"{path}.{name}", f"cannot be {summary(value)} in a {schema.name}")


def _admits(kind: type, name: str, value: Any) -> bool:
    """Whether a class admits a value of one of its parameters, or leaves the question to `fit`."""
    constraint = class_constraints(kind).get(name)
    if constraint is not None:
        return constraint.admits(value)
    # the table of scikit-learn's own classes
    alternatives = getattr(kind, "_parameter_constraints", {}).get(name, "no_validation")
    if alternatives == "no_validation":
        return True
    return any(make_constraint(item).is_satisfied_by(value) for item in alternatives)


def _build(fields: dict[str, Node], builder: Builder) -> Any:
    from stforecast.persistence._network import NetState, restore_net

    schema = schemas()[fields["class"]]
    # without its constructor: attributes come as they were, and no code of the class runs on them
    instance = object.__new__(schema.kind)
    values = {name: builder.value(node) for name, node in fields["attributes"].items()}
    vars(instance).update(values)
    for name, derive in schema.derivations.items():
        attribute = derive(instance)
        if attribute is not None:  # not of an estimator without a fit
            vars(instance)[name] = attribute
    if isinstance(getattr(values.get("network_"), "net", None), NetState):
        restore_net(instance, builder)
    return instance


OBJECTS = (
    Kind(
        "object",
        ("class", "attributes"),
        lambda value: find_schema(type(value)) is not None,
        _write,
        _check,
        _build,
    ),
)
