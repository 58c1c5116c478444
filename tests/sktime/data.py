"""Small series, panels and hierarchies in the form sktime has them."""

from __future__ import annotations

import numpy as np
import pandas as pd


def wave(count: int = 80, period: int = 7) -> pd.Series:
    """A noiseless wave of one period, which lags of it forecast exactly."""
    values = 10 + np.sin(2 * np.pi * np.arange(count) / period)
    return pd.Series(values, pd.period_range("2000-01", periods=count, freq="M"), name="load")


def table(count: int = 80) -> pd.DataFrame:
    """Two waves of different periods."""
    return pd.DataFrame({"a": wave(count), "b": 3 * wave(count, 5)})


def panel(count: int = 60) -> pd.DataFrame:
    """Three series of different level, each a wave."""
    return pd.concat(
        {
            name: (level + wave(count)).to_frame()
            for name, level in zip("xyz", (0, 5, 50), strict=True)
        },
        names=["series"],
    )


def hierarchy(count: int = 60) -> pd.DataFrame:
    """Two regions of two series each."""
    series = {
        (region, name): (wave(count) * (1 + i)).to_frame()
        for region in ("north", "south")
        for i, name in enumerate(("p", "q"))
    }
    return pd.concat(series, names=["region", "series"])


def noise(count: int = 120, seed: int = 0) -> tuple[pd.Series, pd.DataFrame]:
    """A series that is white noise to its past, but equals twice a covariate of the same row."""
    values = np.random.default_rng(seed).normal(size=count)
    index = pd.period_range("2000-01", periods=count, freq="M")
    return pd.Series(2 * values, index, name="load"), pd.DataFrame({"plan": values}, index)
