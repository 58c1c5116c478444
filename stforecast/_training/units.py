"""What scores of epochs see: forecasts and truth in the units of the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from skorch.callbacks import EpochScoring


@dataclass(frozen=True)
class Units:
    """From what a network gives and is taught to what a score compares.

    Parameters
    ----------
    inverse : callable, optional
        Returns standardised targets in their own units. Without it the network scores classes,
        and the most probable one is compared, by its position in `classes_`.
    median : int, default=0
        Position of the median among the quantiles of the network.
    quantiles : int, default=1
        Values that it gives of each target.
    """

    inverse: Callable[[np.ndarray], np.ndarray] | None = None
    median: int = 0
    quantiles: int = 1

    def forecast(self, output: np.ndarray) -> np.ndarray:
        """Return what outputs [n, ...] of the network forecast."""
        if self.inverse is None:
            return np.asarray(output.argmax(axis=1))
        each = output.reshape(len(output), self.quantiles, -1)
        return self.inverse(each[:, self.median].astype(np.float64))

    def truth(self, y: np.ndarray) -> np.ndarray:
        """Return targets in their own units."""
        return y if self.inverse is None else self.inverse(y.astype(np.float64))


@dataclass(frozen=True)
class InUnits:
    """Targets of a batch as a score compares them.

    Parameters
    ----------
    extractor : callable
        Makes an array of the targets.
    units : Units
        What turns it back.
    """

    extractor: Callable[[Any], np.ndarray]
    units: Units

    def __call__(self, y: Any) -> np.ndarray:
        """Return the targets in their own units."""
        return self.units.truth(self.extractor(y))


def score_in_units(callbacks: list[Any], units: Units) -> None:
    """Have the scores among callbacks compare in the units of the targets."""
    for item in callbacks:
        callback = item[1] if isinstance(item, tuple) else item
        if isinstance(callback, EpochScoring):
            callback.target_extractor = InUnits(callback.target_extractor, units)
