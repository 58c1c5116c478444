"""Maps of several kinds, each as windows to learn from and later ones to forecast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from benchmarks.accuracy.nasa.maps import LOOKBACK, NAMES
from benchmarks.accuracy.nasa.maps import load as load_months
from stforecast import make_windows
from stforecast.datasets import load_air_temperature, make_rain_cells

HOURS = "era5_t2m_uk_2019-03_hourly_T744_33x49.npz"
MONTHS = "nasa_dataexpo_1995-2000_T72_C7_24x24.npz"
TEST = {"hours": 149, "months": 12, "air": 5}  # last rows, which are only forecast


@dataclass(frozen=True, eq=False)
class MapSet:
    """Windows and targets of training and test.

    Parameters
    ----------
    name, unit : str
        What is forecast, how far ahead, and in which unit.
    train, test : tuple of Windows and targets
        What teaches, and what is only forecast.
    block : int
        Neighbouring origins whose errors are alike.
    """

    name: str
    unit: str
    train: tuple[Any, Any]
    test: tuple[Any, Any]
    block: int


def read_hours(path: Path) -> xr.DataArray:
    """Read the key ``X`` [N, 1, H, W] of an npz file, hours from March 2019 on."""
    with np.load(path) as file:
        values = file["X"][:, 0].astype(np.float64)
    times = pd.date_range("2019-03-01", periods=len(values), freq="h")
    return xr.DataArray(values, {"time": times}, ("time", "lat", "lon"))


def split(maps: xr.DataArray, rows: int, **windows: Any) -> tuple[Any, Any]:
    """Return training and test: the targets of the last `rows` rows, and those before."""
    X, y = make_windows(maps, **windows)
    first = len(X) - rows
    return (X[:first], y[:first]), (X[first:], y[first:])


def sets(data: Path, *, development: bool) -> Iterator[MapSet]:
    """Yield all sets; for development without the rows of their test parts."""
    hours, months = read_hours(data / HOURS), load_months(data / MONTHS)
    if development:
        hours, months = hours[: -TEST["hours"]], months[: -TEST["months"]]
    for lead in (1, 6, 24):
        parts = split(hours, TEST["hours"], lookback=3, gap=lead - 1)
        yield MapSet(f"ERA5 temperature, {lead} h", "K", *parts, block=24)
    for number, name in enumerate(NAMES):
        for lead in (1, 3):
            options = {"lookback": LOOKBACK, "gap": lead - 1, "missing": "mask"}
            parts = split(months[:, number], TEST["months"], **options)
            yield MapSet(f"NASA {name}, {lead} months", "", *parts, block=lead)
    yield from short_sets(development=development)


def short_sets(*, development: bool) -> Iterator[MapSet]:
    """Yield the sets that need no file."""
    air = load_air_temperature()
    air = air[: -TEST["air"]] if development else air
    yield MapSet("air temperature, 6 h", "K", *split(air, TEST["air"], lookback=3), block=1)
    films = [_films(seed) for seed in ((0, 2) if development else (0, 1))]
    yield MapSet("made echoes, 1 to 6 frames", "mm an hour", *films, block=7)


def _films(seed: int) -> tuple[Any, Any]:
    films = make_rain_cells(40, 16, 32, random_state=seed)
    return make_windows(list(films), lookback=4, horizon=6)
