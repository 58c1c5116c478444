"""Parameters of parts: set by `part__name`, also while the part is None or a short name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from sklearn.base import BaseEstimator

from stforecast._constraints import StandIns
from stforecast._parameters import class_constraints


class Composite(BaseEstimator):
    """An estimator or a part some of whose parameters are parts with parameters of their own."""

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
        super().set_params(**add_parts(self, params))
        return self


def add_parts(owner: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters to set, with a part for each that is None or a name and has some of them.

    Parameters
    ----------
    owner : object
        What they are to be set on; its table says what None and short names stand for.
    params : mapping of str to object
        Parameters to set, those of a part as ``part__name``.

    Returns
    -------
    dict of str to object
        The same, and the parts that are to take them.
    """
    table, settings = class_constraints(type(owner)), dict(params)
    for name, key in _find_parts(params).items():
        stand_ins = table[name].stand_ins if name in table else {}
        if stand_ins:
            # a part that the same call sets takes the parameters, not the one that it replaces
            value = params.get(name, getattr(owner, name))
            settings[name] = _part(name, value, stand_ins, key)
    return settings


def _find_parts(params: Mapping[str, Any]) -> dict[str, str]:
    """Return which parts have parameters among those to set, and one such parameter of each."""
    return {key.partition("__")[0]: key for key in params if "__" in key}


def _part(name: str, value: Any, stand_ins: StandIns, key: str) -> Any:
    # other values may have no hash to look them up by
    stands_for = stand_ins.get(value) if value is None or isinstance(value, str) else None
    part = value if stands_for is None else stands_for()
    # a class has `set_params` too, but holds no parameters yet
    if isinstance(part, type) or not hasattr(part, "set_params"):
        examples = ", ".join(f"{kind.__name__}()" for kind in dict.fromkeys(stand_ins.values()))
        raise ValueError(
            f"{key} cannot be set, since {name}={value!r} has no parameters. Set {name} to a "
            f"part that has, such as {examples}."
        )
    return part
