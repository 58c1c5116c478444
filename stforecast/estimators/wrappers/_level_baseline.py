"""The level of a window as the baseline that a `RelativeForecaster` stands on."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from stforecast.estimators.wrappers._series_level import SeriesLevels
from stforecast.estimators.wrappers._window_level import Relative
from stforecast.windows._windows import Windows


@dataclass(frozen=True, eq=False)
class LevelBaseline:
    """Forecast the level of each window for every row after it.

    Parameters
    ----------
    levels : Relative or SeriesLevels
        What says level and scale of each window.
    channels : tuple of int
        Channels whose level the targets have, in their order.
    steps : int
        Rows that are forecast.
    """

    levels: Relative | SeriesLevels
    channels: tuple[int, ...]
    steps: int

    def predict(self, X: Windows) -> np.ndarray:
        """Return the level of each target, (n, horizon * outputs)."""
        return self._tile(self.levels.pairs(X)[0])

    def scale(self, X: Windows) -> np.ndarray:
        """Return the scale of each target, (n, horizon * outputs)."""
        return self._tile(self.levels.scales(X))

    def _tile(self, values: np.ndarray) -> np.ndarray:
        return np.tile(as_columns(values[:, list(self.channels)]), (1, self.steps))


def as_columns(values: np.ndarray) -> np.ndarray:
    """Return one row for each window, also of no window, whose length -1 could not stand for."""
    return values.reshape(len(values), prod(values.shape[1:]))
