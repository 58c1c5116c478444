"""The competitions' scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.tsa.seasonal import seasonal_decompose
from statsmodels.tsa.stattools import acf

from benchmarks.accuracy.panels.series import Panel


def naive2_means(panel: Panel) -> dict[str, float]:
    """Return the two scores of Naive2 that the OWA of forecasts is relative to."""
    reference = naive2(panel)
    return {"sMAPE": smape(panel, reference).mean(), "MASE": mase(panel, reference).mean()}


def series_scores(panel: Panel, forecast: np.ndarray, means: dict[str, float]) -> pd.DataFrame:
    """Return all scores of forecasts (series, horizon), a row for each series.

    Parameters
    ----------
    panel : Panel
        With the rows that were forecast.
    forecast : ndarray of shape (series, horizon)
        What was forecast.
    means : dict
        What `naive2_means` says of the panel.
    """
    found = pd.DataFrame({"sMAPE": smape(panel, forecast), "MASE": mase(panel, forecast)})
    found["OWA"] = sum(found[name] / mean for name, mean in means.items()) / len(means)
    found["MAE"] = mae(panel, forecast)
    return found


def mae(panel: Panel, forecast: np.ndarray) -> np.ndarray:
    """Return the mean absolute error of each series."""
    return np.abs(panel.test - forecast).mean(axis=1)


def smape(panel: Panel, forecast: np.ndarray) -> np.ndarray:
    """Return the symmetric mean absolute percentage error of M4, in percent, of each series."""
    sizes = np.abs(panel.test) + np.abs(forecast)
    errors = np.abs(panel.test - forecast) / np.where(sizes == 0, 1, sizes)  # none where both are 0
    return 200 * errors.mean(axis=1)


def scales(panel: Panel) -> np.ndarray:
    """Return the mean absolute error of the seasonal naive forecast in each training part."""
    lag = panel.season
    return np.array([np.abs(rows[lag:] - rows[:-lag]).mean() for rows in panel.train])


def mase(panel: Panel, forecast: np.ndarray) -> np.ndarray:
    """Return the mean absolute scaled error of each series."""
    return mae(panel, forecast) / scales(panel)


def msis(panel: Panel, lower: np.ndarray, upper: np.ndarray, coverage: float = 0.95) -> np.ndarray:
    """Return the mean scaled interval score of each series."""
    truth, miss = panel.test, 2 / (1 - coverage)
    score = (
        (upper - lower) + miss * np.maximum(lower - truth, 0) + miss * np.maximum(truth - upper, 0)
    )
    return score.mean(axis=1) / scales(panel)


def seasonal_naive(panel: Panel) -> np.ndarray:
    """Repeat the last season."""
    season = np.stack([rows[-panel.season :] for rows in panel.train])
    return np.tile(season, (1, -(-panel.horizon // panel.season)))[:, : panel.horizon]


def naive2(panel: Panel) -> np.ndarray:
    """Repeat the last value of what is left of a season, where a test finds one, as M4 does."""
    return np.stack([_naive2(rows, panel.season, panel.horizon) for rows in panel.train])


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
    found = acf(rows, nlags=season, fft=False)[1:]
    limit = 1.645 * np.sqrt((1 + 2 * np.sum(found[:-1] ** 2)) / len(rows))
    return bool(abs(found[-1]) > limit)
