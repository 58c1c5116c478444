"""Series, and forecasters of sktime that stand in for others."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster

MONTHS = pd.period_range("2000-01", periods=90, freq="M", name="month")
# a year that comes again, with noise
LOAD = pd.Series(
    10 + np.sin(2 * np.pi * np.arange(90) / 12) + 0.1 * np.random.default_rng(0).normal(size=90),
    MONTHS,
    name="load",
)
PANEL = pd.concat(
    {name: (LOAD * scale).to_frame()[late:] for name, scale, late in (("a", 1, 0), ("b", 3, 5))},
    names=["shop"],
)


class ZeroShot(BaseForecaster):
    """A pretrained model: `fit` learns nothing, and takes the rows as the context to go on from.

    Parameters
    ----------
    season : int, default=12
        Rows that its weights, made elsewhere, look back.
    """

    _tags: ClassVar[dict[str, Any]] = {
        "y_inner_mtype": "pd.Series",
        "requires-fh-in-fit": False,
        "capability:exogenous": False,
        "capability:pred_int": False,
    }

    def __init__(self, season: int = 12) -> None:
        self.season = season
        super().__init__()

    def _fit(self, y: pd.Series, X: Any, fh: Any) -> ZeroShot:
        self._context = y
        return self

    def _predict(self, fh: Any, X: Any) -> pd.Series:
        steps = fh.to_relative(self.cutoff).to_numpy()
        index = fh.to_absolute_index(self.cutoff)
        rows = len(self._context) - 1 + steps - self.season * -(-steps // self.season)
        return pd.Series(self._context.to_numpy()[rows], index, name=self._context.name)


class Astray(ZeroShot):
    """Forecasts the rows after those that were asked for."""

    def _predict(self, fh: Any, X: Any) -> pd.Series:
        found = super()._predict(fh, X)
        return found.set_axis(found.index.shift(1))
