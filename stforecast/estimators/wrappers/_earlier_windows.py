"""What a window holds before its last frames, and those frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stforecast.windows import Windows
from stforecast.windows._batches import iter_batches
from stforecast.windows._coercion import as_windows, restore_kind
from stforecast.windows._target import Target


@dataclass(frozen=True)
class FrameSlice:
    """Keep some of the frames of every window; a step for `Windows`."""

    frames: slice

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0], len(range(shape[1])[self.frames]), *shape[2:])

    def dtype(self, dtype: np.dtype) -> np.dtype:
        return dtype

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        return batch[:, self.frames]


def earlier_windows(samples: Any, horizon: int, lead: int) -> Any:
    """Return windows, as they were given, up to `lead` frames before the last; all as long."""
    X = as_windows(samples)
    T, frame = X.shape[1], X.shape[2:] or (1,)
    if X.steps:
        past = X.with_step(FrameSlice(slice(horizon - lead, T - lead)))
        return restore_kind(replace(past, target=Target(horizon, 0, frame)), samples)
    past = replace(X, ends=X.ends - lead, lookback=T - horizon, full_lookback=None)
    target = Target(horizon, 0, frame, channels=tuple(range(frame[0])))
    return restore_kind(replace(past, target=target), samples)


def last_frames(X: Windows, horizon: int) -> np.ndarray:
    """Return the last frames of each window as one row."""
    last = FrameSlice(slice(-horizon, None))
    ahead = X.with_step(last) if X.steps else replace(X, lookback=horizon)
    rows = np.empty((len(X), int(np.prod(ahead.shape[1:]))))
    start = 0
    for batch in iter_batches(ahead):
        rows[start : start + len(batch)] = batch.reshape(len(batch), -1)
        start += len(batch)
    return rows
