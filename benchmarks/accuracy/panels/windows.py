"""How the windows that networks and regressions learn are cut from the series of a panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stforecast.windows import Windows, latest_windows, make_windows

SEASONS = (7, 14)  # in a window, of the two that are averaged


@dataclass(frozen=True)
class Layout:
    """What windows of a panel are like.

    Parameters
    ----------
    season, lookback, horizon : int
        Rows in a season, in a window, and to forecast.
    long : bool
        Whether every series fills the longest windows, so that none is padded.
    log : bool
        Whether logarithms are learned.
    """

    season: int
    lookback: int
    horizon: int
    long: bool
    log: bool

    @property
    def missing(self) -> str:
        """What a missing row does: long panels have none."""
        return "error" if self.long else "mask"


def make_layout(
    series: list[np.ndarray], season: int, horizon: int, *, seasons: int, log: bool
) -> Layout:
    """Return how windows of some seasons are cut from the series that are learned from.

    The deviation of a few rows is a poor scale, so windows are scaled in long panels alone. These
    are learned from whole windows in the phase of the forecast's, others from all there are.
    Logarithms are learned, where they are asked for, if no value is negative.
    """
    least = season * max(SEASONS) + horizon
    return Layout(
        season,
        season * seasons,
        horizon,
        long=all(len(rows) >= least for rows in series),
        log=log and all((rows >= 0).all() for rows in series),
    )


def prepare(series: list[np.ndarray], layout: Layout) -> list[np.ndarray]:
    """Return the series as they are learned."""
    return [log(rows) for rows in series] if layout.log else series


def log(rows: np.ndarray) -> np.ndarray:
    """Return logarithms, in which a zero counts as half the least positive value of the series."""
    least = rows[rows > 0].min(initial=np.inf)
    return np.log(np.where(rows > 0, rows, least / 2 if np.isfinite(least) else 1.0))


def after_log(forecasts: np.ndarray, layout: Layout) -> np.ndarray:
    """Return what was forecast from the series as they are learned, in the units of the panel."""
    return np.exp(forecasts) if layout.log else forecasts


def training_windows(series: list[np.ndarray], layout: Layout) -> tuple[Any, Any]:
    """Return windows of all series, of a long panel those whole seasons before the last.

    Of others, they hold a season at least; rows before the first of a series are missing.
    """
    season, lookback, horizon = layout.season, layout.lookback, layout.horizon
    least = lookback if layout.long else season
    learned = [rows for rows in prepare(series, layout) if len(rows) >= least + horizon]
    if not learned:
        raise ValueError(
            f"A panel is learned from series of a season and a horizon, {least + horizon} rows, "
            f"but the longest has {max(map(len, series))}. Pass a smaller --season or --horizon."
        )
    padded = [pad(rows, lookback - least) for rows in learned]
    X, y = make_windows(padded, lookback=lookback, horizon=horizon, missing=layout.missing)
    counts = np.array([len(rows) - lookback - horizon + 1 for rows in padded])
    stride = season if layout.long else 1
    chosen = np.concatenate(
        [
            last - np.arange(0, count, stride)[::-1]
            for last, count in zip(np.cumsum(counts) - 1, counts, strict=True)
        ]
    )
    return X[chosen], y[chosen]


def latest(series: list[np.ndarray], layout: Layout) -> Windows:
    """Return the last window of every series."""
    lookback = layout.lookback
    return latest_windows(
        [pad(rows, lookback)[-lookback:] for rows in prepare(series, layout)],
        lookback=lookback,
        horizon=layout.horizon,
        missing=layout.missing,
    )


def pad(rows: np.ndarray, count: int) -> np.ndarray:
    """Return rows with missing ones before them."""
    return np.concatenate([np.full(count, np.nan), rows])
