"""Faults of a sensor, put into a window of its readings."""

from __future__ import annotations

from typing import Any

import numpy as np


def _stuck(values: np.ndarray, _: float, draw: Any) -> None:
    at = draw.integers(12, 48)
    values[at : at + draw.integers(12, 24)] = values[at]


def _drift(values: np.ndarray, spread: float, draw: Any) -> None:
    at = draw.integers(12, 48)
    values[at:] += (
        draw.choice([-1, 1]) * spread * np.linspace(0, draw.uniform(1, 3), len(values) - at)
    )


def _offset(values: np.ndarray, spread: float, draw: Any) -> None:
    values[draw.integers(12, 48) :] += draw.choice([-1, 1]) * spread * draw.uniform(1, 3)


def _spikes(values: np.ndarray, spread: float, draw: Any) -> None:
    at = draw.choice(len(values), draw.integers(2, 6), replace=False)
    values[at] += draw.choice([-1, 1], len(at)) * spread * draw.uniform(2, 4, len(at))


def _noise(values: np.ndarray, spread: float, draw: Any) -> None:
    at = draw.integers(12, 48)
    values[at:] += draw.normal(0, draw.uniform(0.5, 1.5) * spread, len(values) - at)


def _nothing(values: np.ndarray, spread: float, draw: Any) -> None:
    """Leave a window as it is."""


FAULTS = (
    ("none", _nothing), ("stuck", _stuck), ("drift", _drift),
    ("offset", _offset), ("spikes", _spikes), ("noise", _noise),
)  # fmt: skip
