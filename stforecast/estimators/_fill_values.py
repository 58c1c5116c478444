"""Cells of maps that hold one value far from all others, such as a code for missing."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from stforecast._validation import user_stack_level
from stforecast.exceptions import FillValueWarning
from stforecast.windows._windows import Windows

# Rows looked at: a code for missing stands in all of them.
ROWS = 64
# How many times the range of the cells that vary a steady value lies from their middle.
FAR = 10.0


def warn_fill_values(X: Windows) -> None:
    """Warn where steady cells of maps would take over the mean and the scale of their channel."""
    if X.steps or len(X.base.shape) != 4 or len(X) < 2:  # no maps, as they were made
        return
    sample = X.frames()[:: -(-len(X) // ROWS)]
    rows = np.asarray(replace(sample, lookback=1, full_lookback=None))[:, 0].astype(np.float64)
    low, high = np.fmin.reduce(rows, axis=0), np.fmax.reduce(rows, axis=0)
    for channel, ranges in enumerate(zip(low, high, strict=True)):
        _warn_channel(channel, *ranges)


def _warn_channel(channel: int, low: np.ndarray, high: np.ndarray) -> None:
    """Warn of a channel whose cells (H, W) go from `low` to `high`, NaN where nothing is known."""
    steady, varies = low == high, low < high
    if not (steady.any() and varies.any()):
        return
    least, most = low[varies].min(), high[varies].max()
    far = steady & (np.abs(low - (least + most) / 2) > FAR * (most - least))
    if far.any():
        warnings.warn(
            f"{int(far.sum())} cells of channel {channel} hold {low[far][0]:g} in every row, far "
            f"from the others, which go from {least:g} to {most:g}. A network standardises the "
            "channel as a whole, and would learn that value alone. If it stands for missing "
            "values, put NaN there and make the windows with missing='mask'; else use "
            "RelativeForecaster(level='series'), which measures each cell by itself.",
            FillValueWarning,
            stacklevel=user_stack_level(),
        )
