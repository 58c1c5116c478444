"""Seven monthly maps of the tropics, as windows to learn from and later ones to forecast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from stforecast import make_windows

NAMES = (
    "high clouds",
    "low clouds",
    "middle clouds",
    "ozone",
    "pressure",
    "surface temperature",
    "air temperature",
)
LEADS, TEST, LOOKBACK = (1, 3), 12, 12
SOUTH, WEST, STEP = -21.25, -113.75, 2.5  # centre of the first cell, degrees between cells


def load(path: Path) -> xr.DataArray:
    """Read the key ``X`` [N, C, H, W] of an npz file, months from January 1995 on."""
    with np.load(path) as file:
        values = file["X"].astype(np.float64)
    coordinates = {
        "time": pd.date_range("1995-01-01", periods=len(values), freq="MS"),
        "lat": SOUTH + STEP * np.arange(values.shape[2]),
        "lon": WEST + STEP * np.arange(values.shape[3]),
    }
    return xr.DataArray(values, coordinates, ("time", "variable", "lat", "lon"))


def split(maps: xr.DataArray, lead: int) -> tuple[Any, Any, Any, Any]:
    """Return windows and targets of training and test: the last twelve months, `lead` ahead."""
    X, y = make_windows(maps, lookback=LOOKBACK, gap=lead - 1, missing="mask")
    first = len(X) - TEST  # no target of training lies in the test part
    return X[:first], y[:first], X[first:], y[first:]
