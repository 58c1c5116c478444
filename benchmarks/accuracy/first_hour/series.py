"""Short series that everyone tries: monthly, quarterly, yearly, weekly, daily, hourly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from stforecast.datasets import load_household_power


@dataclass(frozen=True)
class Task:
    """A series to forecast from twice as many rows as there are to forecast.

    Parameters
    ----------
    name : str
        What the table calls it.
    load : callable
        Gives the series.
    season : int
        Rows in a season, which the seasonal naive forecast repeats and MASE is scaled by.
    horizon : int
        Rows to forecast.
    test : int
        Rows at the end on which forecasts are judged.
    """

    name: str
    load: Callable[[], pd.Series]
    season: int
    horizon: int
    test: int

    @property
    def lookback(self) -> int:
        """Rows that forecasts are made from."""
        return 2 * self.horizon

    def values(self, *, development: bool) -> np.ndarray:
        """Return the series, without the rows it is judged on where settings are to be chosen."""
        values = self.load().to_numpy(dtype=float)
        return values[: -self.test] if development else values


def tasks() -> list[Task]:
    """Return the series, all out of packages or this library."""
    from sktime.datasets import load_airline, load_lynx, load_PBS_dataset

    return [
        Task("airline, monthly", load_airline, 12, 12, 36),
        Task("CO2, monthly", _co2, 12, 12, 60),
        Task("El Nino, monthly", _elnino, 12, 12, 60),
        Task("scripts, monthly", load_PBS_dataset, 12, 12, 36),
        Task("GDP, quarterly", partial(_macro, "realgdp"), 4, 4, 24),
        Task("unemployment, quarterly", partial(_macro, "unemp"), 4, 4, 24),
        Task("prices, quarterly", partial(_macro, "cpi"), 4, 4, 24),
        Task("interest, quarterly", partial(_macro, "tbilrate"), 4, 4, 24),
        Task("lynx, yearly", load_lynx, 1, 10, 20),
        Task("sunspots, yearly", _sunspots, 1, 11, 44),
        Task("Nile, yearly", _nile, 1, 4, 16),
        Task("household, weekly", _power_weeks, 1, 4, 24),
        Task("household, daily", partial(_power, "D", 1441), 7, 7, 112),
        Task("household, hourly", partial(_power, "h", 2688), 24, 24, 336),
    ]


def _co2() -> pd.Series:
    from statsmodels.datasets import co2

    return co2.load_pandas().data["co2"].resample("MS").mean().interpolate()


def _elnino() -> pd.Series:
    from statsmodels.datasets import elnino

    return pd.Series(elnino.load_pandas().data.iloc[:, 1:].to_numpy().ravel())


def _macro(name: str) -> pd.Series:
    from sktime.datasets import load_macroeconomic

    return load_macroeconomic()[name]


def _sunspots() -> pd.Series:
    from statsmodels.datasets import sunspots

    return sunspots.load_pandas().data["SUNACTIVITY"]


def _nile() -> pd.Series:
    from statsmodels.datasets import nile

    return nile.load_pandas().data["volume"]


def _power(resolution: str, rows: int) -> pd.Series:
    power = load_household_power(resolution)["Global_active_power"]
    return power.loc[:"2010-11-25"].iloc[-rows:]


def _power_weeks() -> pd.Series:
    return _power("D", 1441).resample("W").mean().iloc[:-1]
