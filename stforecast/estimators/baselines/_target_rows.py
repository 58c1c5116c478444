"""Which rows a baseline forecasts, and the target's own values in a window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from stforecast.estimators.baselines._columns import block_size, target_batch, target_channels
from stforecast.exceptions import ShapeError
from stforecast.windows._batches import BLOCK_BYTES
from stforecast.windows._windows import Windows


@dataclass(frozen=True)
class Leads:
    """The rows that targets hold, and how much of each.

    Parameters
    ----------
    steps : tuple of int
        Rows from the origin to each row forecast.
    frame : tuple of int
        Channels and cells of one row of the target.
    """

    steps: tuple[int, ...]
    frame: tuple[int, int]

    @property
    def outputs(self) -> int:
        """Numbers that a target holds."""
        return len(self.steps) * prod(self.frame)

    def batches(self, y: Any) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield positions and targets (b, steps, C, cells) in blocks."""
        size = max(1, BLOCK_BYTES // (8 * self.outputs))
        for start in range(0, len(y), size):
            rows = slice(start, min(len(y), start + size))
            yield rows, target_batch(y, rows).reshape(-1, len(self.steps), *self.frame)


def target_leads(X: Windows, outputs: int) -> Leads:
    """Return the rows that targets of `outputs` numbers hold.

    Windows that `make_windows` made say so; targets of plain arrays are whole frames like those of
    the windows, if they can be, else one row of something else.
    """
    target = X.target
    if target is not None and target.horizon and target.horizon * prod(target.frame) == outputs:
        return Leads(tuple(target.steps), (target.frame[0], prod(target.frame[1:])))
    frame = X.undo_steps().shape[2:] or (1,)
    if outputs % prod(frame) == 0:
        return Leads(tuple(range(1, outputs // prod(frame) + 1)), (frame[0], prod(frame[1:])))
    return Leads((1,), (outputs, 1))


@dataclass(frozen=True, eq=False)
class TargetRows:
    """The values of the target in a window, oldest first.

    Parameters
    ----------
    channels : tuple of int
        Channels that hold the target.
    frames : int
        Rows of a window as it was made, all of which may fill a gap.
    means : ndarray of shape (C, cells), optional
        What stands for a cell of which a masked window shows no value, NaN where none ever was;
        None where no window of training was masked.
    """

    channels: tuple[int, ...]
    frames: int
    means: np.ndarray | None = None

    def batches(self, X: Windows, *, fill: bool = True) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield positions and values (b, T, C, cells) in blocks, gaps filled where asked."""
        whole = replace(X.undo_steps(), parts={})
        size = block_size(whole)
        for start in range(0, len(X), size):
            rows = slice(start, min(len(X), start + size))
            values = self._read(whole, rows)
            if fill and X.masked:
                fill_forward(values)
                if self.means is not None:
                    np.copyto(values, self.means, where=np.isnan(values))
            yield rows, values

    def _read(self, whole: Windows, rows: slice) -> np.ndarray:
        values = whole.batch(rows).astype(np.float64)
        n, T = values.shape[:2]
        C = values.shape[2] if values.ndim > 2 else 1
        return np.ascontiguousarray(values.reshape(n, T, C, -1)[:, :, list(self.channels)])


def target_rows(name: str, X: Windows, leads: Leads) -> TargetRows:
    """Return how the target is read from windows, for the estimator of that name."""
    if X.target is None:
        frame = X.undo_steps().shape[2:] or (1,)
        channels = tuple(range(frame[0])) if leads.frame == (frame[0], prod(frame[1:])) else ()
    else:
        channels = target_channels(X, leads.outputs)
    if not channels:
        raise ShapeError(
            f"{name} reads the target's own values from the windows, but these do not hold them. "
            "Make windows of a series that holds its target, unscaled, or pass arrays whose "
            "targets are whole frames."
        )
    rows = TargetRows(channels, X.rows_before_crop)
    return replace(rows, means=_means(rows, X)) if X.masked else rows


def fill_forward(values: np.ndarray) -> None:
    """Put the last value seen in place of missing ones along the second axis."""
    for t in range(1, values.shape[1]):
        np.copyto(values[:, t], values[:, t - 1], where=np.isnan(values[:, t]))


def _means(rows: TargetRows, X: Windows) -> np.ndarray:
    total = count = np.float64(0)
    for _, values in rows.batches(X, fill=False):
        total = total + np.nansum(values, axis=(0, 1))
        count = count + np.isfinite(values).sum(axis=(0, 1))
    return np.where(count, total / np.maximum(count, 1), np.nan)
