"""How much each window counts in training, as the part ``"weight"`` says."""

from __future__ import annotations

from typing import Any

import numpy as np

from stforecast.estimators._examples import Examples
from stforecast.exceptions import ShapeError
from stforecast.windows._parts import WEIGHT
from stforecast.windows._windows import Windows


def window_weights(X: Any) -> np.ndarray | None:
    """Return the weights of windows, None where they have none."""
    weights = X.parts.get(WEIGHT) if isinstance(X, Windows) else None
    return None if weights is None else np.asarray(weights, dtype=np.float64)


def check_weights(X: Any) -> np.ndarray | None:
    """Return the weights of windows, if they can be any."""
    weights = window_weights(X)
    if weights is None:
        return None
    if weights.ndim != 1:
        raise ShapeError(
            f"Part 'weight' must hold one number for each window, got shape {weights.shape}. Pass "
            "an array of shape (n,)."
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError(
            "Weights must be finite numbers of at least 0, and some above 0, got numbers from "
            f"{np.min(weights, initial=0):g} to {np.max(weights, initial=0):g}. Give windows that "
            "are not to count the weight 0."
        )
    return weights


def drop_weightless(data: Examples, groups: Any = None) -> tuple[Examples, Any]:
    """Return examples, and their groups, without those of weight 0."""
    weights = check_weights(data.X)
    if weights is None or weights.all():
        return data, groups
    rows = np.flatnonzero(weights)
    return data.take(rows), None if groups is None else np.asarray(groups)[rows]


def scale_weights(X: Any) -> Any:
    """Return windows whose weights have the mean one, so that only the ratios of weights count.

    Those of weight 0 do not enter the mean: they are as good as left out, beside a penalty too.
    Each learner scales those of the windows that teach it, when it learns: weights of a part held
    back, or of a block, have another mean than those of all windows, and so a penalty or a learning
    rate would count more beside them, or less.
    """
    weights = window_weights(X)
    if weights is None:
        return X
    return X.with_parts({WEIGHT: weights / weights[weights > 0].mean()})
