"""Hourly temperature maps: what is forecast, from what, and what any forecast must beat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from stforecast import make_windows

DAY = 24
TEST_SHARE = 0.2
EXTENT = (-10.125, 2.125, 49.875, 58.125)  # west, east, south, north edge in degrees


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of one quantity, an hour a row, and the row from which on they are only forecast.

    Parameters
    ----------
    values : ndarray of shape (N, H, W)
        The maps, in kelvin.
    end : int
        First row that neither training nor climatology may see.
    """

    values: np.ndarray
    end: int

    @property
    def hours(self) -> np.ndarray:
        """Hour of the day of each row, from that of the first."""
        return np.arange(len(self.values)) % DAY

    def times(self) -> pd.DatetimeIndex:
        """Return the time of each row."""
        return pd.date_range("2019-03-01", periods=len(self.values), freq="h")

    @property
    def truth(self) -> np.ndarray:
        """The maps to be forecast."""
        return self.values[self.end :]

    def climatology(self) -> np.ndarray:
        """Return the mean map of each hour of the day before `end`, (24, H, W)."""
        seen = self.values[: self.end]
        return np.stack([seen[hour::DAY].mean(axis=0) for hour in range(DAY)])

    def anomalies(self) -> np.ndarray:
        """Return what each map has above the mean map of its hour."""
        return self.values - self.climatology()[self.hours]

    def swing(self) -> np.ndarray:
        """Return how far each cell's temperature swings in a day, which tells land from sea."""
        return self.climatology().std(axis=0)

    def block(self, first: int, last: int) -> Maps:
        """Return maps of which rows `first` to `last` are to be forecast, all before `end`."""
        return Maps(self.values[: min(last, self.end)], first)


def load(path: Path) -> Maps:
    """Read the key ``X`` [N, 1, H, W] of an npz file; the last fifth is the test part."""
    with np.load(path) as file:
        values = file["X"][:, 0].astype(np.float64)
    return Maps(values, int((1 - TEST_SHARE) * len(values)))


def persistence(maps: Maps, lead: int) -> np.ndarray:
    """Forecast that nothing changes."""
    return maps.values[maps.end - lead : -lead]


def hourly_climatology(maps: Maps) -> np.ndarray:
    """Forecast the mean map of the hour."""
    return maps.climatology()[maps.hours[maps.end :]]


def kept_anomaly(maps: Maps, lead: int) -> np.ndarray:
    """Forecast the mean map of the hour, plus what the last map had above that of its own."""
    anomalies = maps.anomalies()[maps.end - lead : -lead]
    return hourly_climatology(maps) + anomalies


def damped_anomaly(maps: Maps, lead: int) -> np.ndarray:
    """Forecast the same with that part of the anomaly which remained in training."""
    anomalies = maps.anomalies()
    seen, last = anomalies[: maps.end], anomalies[maps.end - lead : -lead]
    share = (seen[lead:] * seen[:-lead]).sum() / (seen[:-lead] ** 2).sum()
    return hourly_climatology(maps) + share * last


def linear_stencil(maps: Maps, lead: int, cells: int = 5, frames: int = 3) -> np.ndarray:
    """Forecast a cell's change by least squares on the cells around it in the last maps.

    The coefficients are those of all cells together, as a convolution's are.
    """
    anomalies, edge = maps.anomalies(), cells // 2
    padded = np.pad(anomalies, ((0, 0), (edge, edge), (edge, edge)), mode="edge")
    around = sliding_window_view(padded, (cells, cells), axis=(1, 2))

    def features(origin: int) -> np.ndarray:
        last = around[origin - frames + 1 : origin + 1]  # [frames, H, W, cells, cells]
        return np.moveaxis(last, 0, 2).reshape(anomalies[0].size, -1)

    origins = range(frames - 1, maps.end - lead)
    products, moments = 0.0, 0.0
    for origin in origins:
        x, change = features(origin), anomalies[origin + lead] - anomalies[origin]
        products, moments = products + x.T @ x, moments + x.T @ change.ravel()
    weights = np.linalg.lstsq(products, moments, rcond=None)[0]
    changes = [features(maps.end - lead + hour) @ weights for hour in range(len(maps.truth))]
    return kept_anomaly(maps, lead) + np.reshape(changes, maps.truth.shape)


def references(maps: Maps, lead: int) -> dict[str, np.ndarray]:
    """Return the forecasts that need no network, by name."""
    return {
        "persistence": persistence(maps, lead),
        "hourly climatology": hourly_climatology(maps),
        "anomaly kept": kept_anomaly(maps, lead),
        "anomaly damped": damped_anomaly(maps, lead),
        "linear, 5 x 5 cells of 3 maps": linear_stencil(maps, lead),
    }


def change_windows(maps: Maps, *, lead: int, lookback: int) -> tuple[tuple[Any, Any], Any]:
    """Return windows and targets of the training part, and windows of the test part.

    A window holds the anomalies of the last hours and, as a second channel, how far each cell's
    temperature swings in a day. Its target is how the anomaly changes within `lead` hours.
    """
    anomalies = maps.anomalies()
    rows = np.stack([anomalies, np.broadcast_to(maps.swing(), anomalies.shape)], axis=1)
    change = np.zeros_like(anomalies)
    change[lead:] = anomalies[lead:] - anomalies[:-lead]
    return _split(maps, rows, lead, lookback, target=change[:, None].astype(np.float32))


def anomaly_windows(maps: Maps, *, lead: int, lookback: int) -> tuple[tuple[Any, Any], Any]:
    """Return windows of the anomalies of the last hours, whose target is the anomaly itself.

    So every baseline can read what it forecasts: the target is a channel of the windows.
    """
    return _split(maps, maps.anomalies()[:, None], lead, lookback)


def _split(
    maps: Maps, rows: np.ndarray, lead: int, lookback: int, target: np.ndarray | None = None
) -> tuple[tuple[Any, Any], Any]:
    """Return windows and targets before the end, and windows of what follows.

    The hour of the day to be forecast is known.
    """
    angle = 2 * np.pi * maps.hours / DAY
    X, y = make_windows(
        rows.astype(np.float32),
        lookback=lookback,
        gap=lead - 1,
        target=target,
        known=np.stack([np.sin(angle), np.cos(angle)], axis=1),
    )
    first = maps.end - lead - lookback + 1  # window 0 has its target in row lookback - 1 + lead
    return (X[:first], y[:first]), X[first:]


def forecast_change(maps: Maps, lead: int, change: np.ndarray) -> np.ndarray:
    """Return the temperatures that forecast changes of the anomaly lead to."""
    return kept_anomaly(maps, lead) + change.reshape(maps.truth.shape)


def forecast_anomaly(maps: Maps, anomaly: np.ndarray) -> np.ndarray:
    """Return the temperatures that forecast anomalies lead to."""
    return hourly_climatology(maps) + anomaly.reshape(maps.truth.shape)
