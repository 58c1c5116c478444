"""One check of all parameters of an estimator and of its parts, from the tables of their classes.

A class names the values of its parameters in ``_constraints`` and what must hold between them in
``_rules``; a subclass adds to those of its bases. `check_parameters`, at the head of `fit`, goes
through the tables of an estimator and of every part below it, so that an error names a parameter
by its own path, such as ``layers__pooling``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from inspect import signature
from typing import Any, TypeAlias, TypeVar, cast

from stforecast._constraints import AnyValue, Constraint

# called with an object and the path of its parameters, such as "training__"
Rule: TypeAlias = Callable[[Any, str], None]
Init = TypeVar("Init", bound=Callable[..., None])
_ANY_VALUE = AnyValue()


def check_parameters(estimator: Any) -> None:
    """Raise unless every parameter of an estimator, and of every part below it, is admitted."""
    for path, part in check_tables(estimator):
        for rule in _class_rules(type(part)):
            rule(part, path)


def check_tables(estimator: Any) -> list[tuple[str, Any]]:
    """Raise unless the tables admit each parameter by itself; return what has a table, by path.

    Rules between parameters may depend on the machine, on which a file need not have been made.
    """
    parts = [("", estimator), *_parts(estimator)]
    for path, part in parts:
        _check_table(part, path)
    return parts


def _parts(estimator: Any) -> list[tuple[str, Any]]:
    """Return the objects with a table below an estimator, and the paths of their parameters."""
    params = estimator.get_params() if hasattr(estimator, "get_params") else {}
    # what a search tries is checked when it is tried; what has `cv` is a search
    search_paths = tuple([f"{path}__" for path, part in params.items() if hasattr(part, "cv")])
    return [
        (f"{path}__", params[path])
        for path in sorted(params)  # a part before its own parts
        if hasattr(params[path], "get_params")  # numbers and names have no table
        and class_constraints(type(params[path]))
        and not path.startswith(search_paths)
    ]


def _check_table(part: Any, path: str) -> None:
    for name, constraint, default in _parameter_rows(type(part)):
        value = getattr(part, name)
        kind, plain = constraint.plain
        # most values are the default itself; `is` needs no comparison, which arrays do not allow
        if value is default or (type(value) is kind and value in plain):
            continue
        if not constraint.admits(value):
            raise constraint.error(path + name, value)


@cache
def _parameter_rows(kind: type) -> tuple[tuple[str, Constraint, Any], ...]:
    """Return the table of a class, with the default of each parameter, which needs no check."""
    parameters = signature(kind).parameters
    # what the constructor lacks has no default: the mapping stands in, which no value is
    return tuple(
        (name, constraint, parameters[name].default if name in parameters else parameters)
        for name, constraint in class_constraints(kind).items()
    )


@cache
def class_constraints(kind: type) -> dict[str, Constraint]:
    """Return the table of a class, with those of its bases."""
    # from `object` on, so that a class has the last word on what its bases say
    tables = [vars(base).get("_constraints", {}) for base in reversed(kind.__mro__)]
    return {name: constraint for table in tables for name, constraint in table.items()}


@cache
def _class_rules(kind: type) -> tuple[Rule, ...]:
    """Return what must hold between parameters of a class, with what its bases ask for."""
    return tuple(rule for base in reversed(kind.__mro__) for rule in vars(base).get("_rules", ()))


def check_arguments(**constraints: Constraint) -> Callable[[Init], Init]:
    """Have a constructor check its arguments, for classes whose objects are not changed later."""

    def decorate_init(init: Init) -> Init:
        parameters = signature(init).parameters
        names = list(parameters)[1:]  # without self
        rows = {name: (constraints[name], parameters[name].default) for name in constraints}

        @wraps(init)
        def check_and_build(self: Any, *args: Any, **kwargs: Any) -> None:
            for name, value in (*zip(names, args, strict=False), *kwargs.items()):
                # a name without a row is passed on: Python itself refuses one that is unknown
                constraint, default = rows.get(name, (_ANY_VALUE, value))
                kind, plain = constraint.plain
                # by type first: True equals 1, and an array compares into an array
                if type(value) is type(default) and value == default:
                    continue
                if not (type(value) is kind and value in plain) and not constraint.admits(value):
                    raise constraint.error(name, value)
            init(self, *args, **kwargs)

        vars(check_and_build)["constraints"] = constraints  # for the walk of the tests
        return cast("Init", check_and_build)

    return decorate_init
