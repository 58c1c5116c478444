"""Films of moving digits: as windows, and what any forecast must beat."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from stforecast import make_windows
from stforecast.metrics import ssim_per_frame

SEEN = FORECAST = 10  # frames
BLUR = 10.0  # cells: of 1 to 20, the least squared error on 500 training films


def windows(films: np.ndarray) -> tuple[Any, Any]:
    """Return one window a film, its first ten frames, and as target the ten that follow."""
    return make_windows(list(films), lookback=SEEN, horizon=FORECAST)


def references(films: np.ndarray) -> dict[str, np.ndarray]:
    """Return forecasts that need no training, (n, 10, 1, H, W) in 0 to 1."""
    seen = films[:, :SEEN] / 255
    mean = seen.mean(axis=1, keepdims=True)
    steps = (1, FORECAST, 1, 1, 1)
    return {
        "persistence": np.tile(seen[:, -1:], steps),
        "mean of the frames seen": np.tile(mean, steps),
        "that mean, blurred": np.tile(gaussian_filter(mean, (0, 0, 0, BLUR, BLUR)), steps),
        "black": np.zeros_like(seen),
    }


def scores(truth: np.ndarray, forecast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return squared error and structural similarity of each of the ten frames."""
    error = ((truth - forecast) ** 2).sum(axis=(2, 3, 4)).mean(axis=0)
    return error, ssim_per_frame(truth[:, :, 0], forecast[:, :, 0], data_range=1).mean(axis=0)
