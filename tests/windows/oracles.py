"""Windows by the slowest means: one Python loop over rows, from the definition."""

from __future__ import annotations

import numpy as np


def naive_windows(
    members: list[np.ndarray], *, lookback: int, horizon: int, gap: int = 0, stride: int = 1
) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int]]]:
    """Return windows, 2-D targets and (series, origin row) of a list of series."""
    windows, targets, origins = [], [], []
    for name, rows in enumerate(members):
        first = lookback - 1
        for origin in range(first, len(rows) - gap - horizon, stride):
            windows.append([rows[t] for t in range(origin - lookback + 1, origin + 1)])
            ahead = range(origin + gap + 1, origin + gap + horizon + 1)
            targets.append([value for t in ahead for value in np.ravel(rows[t])])
            origins.append((name, origin))
    return np.array(windows), np.array(targets), origins


def naive_fold(window: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a window (T, C) as (T', C, height, width), step by step."""
    T, C = window.shape
    cells = height * width
    folded = np.empty((T // cells, C, height, width))
    for t in range(T):
        frame, cell = divmod(t, cells)
        row, column = divmod(cell, width)
        folded[frame, :, row, column] = window[t]
    return folded


def naive_rows_in_view(ends: np.ndarray, lookback: int, n_rows: int) -> set[int]:
    """Return the rows that at least one window holds."""
    return {row for end in ends for row in range(end - lookback, end) if row < n_rows}
