"""Forecasts that cost nothing: the last season, and the competitions' Naive2."""

from __future__ import annotations

import numpy as np
from statsmodels.tsa.seasonal import seasonal_decompose
from statsmodels.tsa.stattools import acf


def seasonal_naive(series: list[np.ndarray], season: int, horizon: int) -> np.ndarray:
    """Repeat the last season."""
    last = np.stack([rows[-season:] for rows in series])
    return np.tile(last, (1, -(-horizon // season)))[:, :horizon]


def naive2(series: list[np.ndarray], season: int, horizon: int) -> np.ndarray:
    """Repeat the last value of what is left of a season, where a test finds one, as M4 does."""
    return np.stack([_naive2(rows, season, horizon) for rows in series])


def _naive2(rows: np.ndarray, season: int, horizon: int) -> np.ndarray:
    if (rows <= 0).any() or not _is_seasonal(rows, season):  # factors are ratios
        return np.full(horizon, rows[-1])
    factors = seasonal_decompose(rows, period=season, model="multiplicative").seasonal
    ahead = np.resize(factors[-season:], horizon)
    return rows[-1] / factors[-1] * ahead


def _is_seasonal(rows: np.ndarray, season: int) -> bool:
    """Return whether the autocorrelation at the season exceeds its 90 % limit, as in M4."""
    if season == 1 or len(rows) < 3 * season:
        return False
    correlations = acf(rows, nlags=season, fft=False)[1:]
    limit = 1.645 * np.sqrt((1 + 2 * np.sum(correlations[:-1] ** 2)) / len(rows))
    return bool(abs(correlations[-1]) > limit)
