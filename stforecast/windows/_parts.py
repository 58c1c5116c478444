"""Named arrays carried beside windows, one entry a window."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows._batches import Array, part_batch

# The part that holds the weights of the windows in training. Networks do not read it as a feature.
WEIGHT = "weight"


def as_parts(parts: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Return parts that an index array can pick from: lists and tables become arrays."""
    if not isinstance(parts, Mapping) or not all(isinstance(name, str) for name in parts):
        raise TypeError(f"Parts must be a mapping of names to arrays, got {parts!r:.60}.")
    arrays = {
        name: np.asarray(part) if isinstance(part, list | pd.DataFrame | pd.Series) else part
        for name, part in parts.items()
    }
    for name, part in arrays.items():
        if not hasattr(part, "shape") or part.dtype.kind not in "fiub":
            raise TypeError(f"Part {name!r} must be an array of numbers, got {part!r:.40}.")
        if len(part) != count:
            raise ShapeError(
                f"Part {name!r} must have one entry for each of the {count} windows, but has "
                f"{len(part)}."
            )
    return arrays


def part_names(parts: Mapping[str, Any]) -> dict[Hashable, tuple[Hashable, ...] | None]:
    """Return the names of the columns of parts that are tables."""
    return {
        name: tuple(part.columns) for name, part in parts.items() if isinstance(part, pd.DataFrame)
    }


def part_width(part: Any) -> int:
    """Return how many values one entry of a part holds."""
    return math.prod(part.shape[1:])


def append_parts(rows: Array, parts: list[Any], key: Any) -> Array:
    """Return 2-D windows with the entries of parts as further columns."""
    extra = [part_batch(part, key).reshape(len(rows), part_width(part)) for part in parts]
    return np.concatenate([rows, *extra], axis=1)
