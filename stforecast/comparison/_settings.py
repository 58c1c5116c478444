"""The plain settings of a comparison."""

from __future__ import annotations

from typing import Any

import numpy as np

from stforecast._constraints import JOBS, Constraint, Flags, Integers, Numbers
from stforecast.exceptions import ParameterError

_CONSTRAINTS: dict[str, Constraint] = {
    "season": Integers(1),
    "coverage": Numbers(0, 1, closed="neither") | None,
    "block": Integers(1) | None,
    "n_jobs": JOBS,
    "verbose": Integers(0) | Flags(),
    "random_state": Integers(0),
    "return_forecasts": Flags(),
}


def check_settings(*, error_score: Any, **settings: Any) -> None:
    """Raise unless each setting may have its value."""
    for name, value in settings.items():
        _CONSTRAINTS[name].check(name, value)
    is_nan = isinstance(error_score, float | np.floating) and np.isnan(error_score)
    if not is_nan and not (isinstance(error_score, str) and error_score == "raise"):
        raise ParameterError(f"error_score must be 'raise' or nan, got {error_score!r:.60}.")
