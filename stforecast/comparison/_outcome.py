"""What a model makes of a fold."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Protocol

from stforecast.comparison._differences import Floats
from stforecast.comparison._folds import Fold
from stforecast.comparison._samples import Samples


@dataclass(frozen=True)
class Outcome:
    """Forecasts of the test origins of a fold.

    Parameters
    ----------
    forecasts : ndarray of shape (n, outputs)
        One forecast for each test origin, step-major.
    fits : int, default=1
        How often the model was fitted for them.
    bounds : pair of ndarray of shape (n, outputs), optional
        Lower and upper bounds, where the model gives any.
    share, gain : float, default=nan
        What a network on a baseline adds: its ``network_share_`` and ``network_gain_``.
    """

    forecasts: Floats
    fits: int = 1
    bounds: tuple[Floats, Floats] | None = None
    share: float = nan
    gain: float = nan


class Model(Protocol):
    """A model of some kind."""

    def forecast(self, samples: Samples, fold: Fold, coverage: float | None) -> Outcome:
        """Fit a copy of the model for a fold and forecast its test origins."""
