"""Parameters of parts: set by `part__name`, also while the part is None or a short name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

Kinds = Mapping[str | None, type[BaseEstimator]]


class Composite(BaseEstimator):
    """An estimator or a part some of whose parameters are parts with parameters of their own."""

    # Of each parameter that is a part, the classes that None and short names stand for; those of
    # base classes count too.
    _part_kinds: ClassVar[Mapping[str, Kinds]] = {}

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also those of a part that is None or a short name.

        Parameters
        ----------
        **params : dict
            Parameters, those of a part as ``part__name``. A part that is None or a short name is
            first replaced by what it stands for.

        Returns
        -------
        self : object
            The estimator.
        """
        kinds = _kinds_of(type(self))
        for name, asked in _nested(params).items():
            if name in kinds:
                given = params.get(name, getattr(self, name))
                params[name] = _part(name, given, kinds[name], asked)
        super().set_params(**params)
        return self


def _kinds_of(owner: type) -> dict[str, Kinds]:
    bases = (vars(base).get("_part_kinds", {}) for base in reversed(owner.__mro__))
    return {name: kinds for own in bases for name, kinds in own.items()}


def _nested(params: Mapping[str, Any]) -> dict[str, str]:
    """Return which parts have parameters among those to set, and one such parameter of each."""
    return {key.partition("__")[0]: key for key in params if "__" in key}


def _part(name: str, given: Any, kinds: Kinds, asked: str) -> Any:
    stands_for = kinds.get(given) if given is None or isinstance(given, str) else None
    part = given if stands_for is None else stands_for()
    if isinstance(part, type) or not hasattr(part, "set_params"):
        known = ", ".join(f"{kind.__name__}()" for kind in dict.fromkeys(kinds.values()))
        raise ValueError(
            f"{asked} cannot be set, since {name}={given!r} has no parameters. Set {name} to a "
            f"part that has, such as {known}."
        )
    return part
