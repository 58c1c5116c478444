"""Which channels of a window its targets are of."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import prod
from typing import Any

import numpy as np

from stforecast.exceptions import ShapeError
from stforecast.windows._windows import Windows


def target_channels(channels: Any, X: Windows, outputs: int) -> tuple[int, ...]:
    """Return the number of each channel, given by number or name; None for those of the target."""
    count, cells = X.shape[2], prod(X.shape[3:])
    numbers = _find_channels(_target_names(X) if channels is None else channels, X, count)
    if outputs % (len(numbers) * cells):
        raise ShapeError(
            f"Each step of the horizon must have one target for each of {len(numbers)} channels "
            f"and {cells} cells, but y has {outputs} columns. Name the channels of the window that "
            "are forecast: channels=[0]."
        )
    return numbers


def _target_names(X: Windows) -> Sequence[Hashable]:
    names = None if X.target is None else getattr(X.target.labels, "names", None)
    return range(X.shape[2]) if names is None or X.columns is None else names


def _find_channels(channels: Any, X: Windows, count: int) -> tuple[int, ...]:
    columns = list(range(count)) if X.columns is None else list(X.columns)
    numbers = []
    for name in channels:
        if name in columns:
            numbers.append(columns.index(name))
        elif isinstance(name, int | np.integer) and 0 <= name < count:
            numbers.append(int(name))
        else:
            raise ValueError(
                f"Forecasts relative to a window are of its channels, but {name!r} is not among "
                f"{columns}. Add that column to the series, or name others: channels=[0]."
            )
    return tuple(numbers)
