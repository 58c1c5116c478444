"""Forecasts by the slowest means, from the definition."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.windows.oracles import naive_windows


def ridge_forecast(
    rows: np.ndarray, *, lookback: int, horizon: int, alpha: float, latest: np.ndarray
) -> np.ndarray:
    """Return what ridge regression on flat windows of (N, C) rows says after `latest`."""
    windows, targets, _ = naive_windows([rows], lookback=lookback, horizon=horizon)
    flat = windows.reshape(len(windows), -1)
    mean_x, mean_y = flat.mean(axis=0), targets.mean(axis=0)
    gram = (flat - mean_x).T @ (flat - mean_x) + alpha * np.eye(flat.shape[1])
    weights = np.linalg.solve(gram, (flat - mean_x).T @ (targets - mean_y))
    window = latest[-lookback:].reshape(-1)
    return ((window - mean_x) @ weights + mean_y).reshape(horizon, -1)


def loop_of_forecasts(model: Any, series: Any, origins: range) -> np.ndarray:
    """Return the forecasts from each origin, made one by one with nothing after it in sight."""
    return np.stack([np.asarray(model.forecast(series[: origin + 1])) for origin in origins])
