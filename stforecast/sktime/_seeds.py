"""Seed every part of an estimator."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone
from sklearn.utils import check_random_state


def clone_with_seeds(estimator: Any, random_state: Any) -> Any:
    """Return a clone whose parts have seeds drawn from `random_state`; None leaves theirs."""
    estimator = clone(estimator)
    if random_state is None:
        return estimator
    generator = check_random_state(random_state)
    names = sorted(
        name
        for name in estimator.get_params()
        if name == "random_state" or name.endswith("__random_state")
    )
    return estimator.set_params(**{name: generator.randint(2**31 - 1) for name in names})
