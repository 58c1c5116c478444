"""Slow, plain loops that say what the data rooms must do."""

from __future__ import annotations

import math

import numpy as np


def fill_minute_by_minute(values: np.ndarray) -> np.ndarray:
    """Go back day by day from each missing minute until a value stands there."""
    filled = values.copy()
    for row in range(len(values)):
        for column in range(values.shape[1]):
            if math.isnan(values[row, column]) and row >= 1440:
                filled[row, column] = filled[row - 1440, column]
    return filled


def walk_and_bounce(start: float, step: float, frames: int) -> list[float]:
    """Take one step a frame in [0, 1]; turn round at the walls."""
    places, place, speed = [], start, step
    for _ in range(frames):
        places.append(place)
        place += speed
        if place > 1.0:
            place, speed = 2.0 - place, -speed
        if place < 0.0:
            place, speed = -place, -speed
    return places
