"""What a linear baseline reads of a window: rows, covariates, and the level of the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from stforecast.exceptions import MissingValuesError, ShapeError
from stforecast.windows._batches import BLOCK_BYTES, READ_BYTES, part_batch
from stforecast.windows._parts import part_width
from stforecast.windows._windows import Windows

# Parts of a window that hold covariates; others are modalities, which networks read.
_COVARIATES = ("known", "static")


@dataclass(frozen=True, eq=False)
class Columns:
    """Turn windows into columns of numbers, and targets into changes from the last value.

    Parameters
    ----------
    window : tuple of int
        Shape of a window as `make_windows` made it.
    frames : int
        Rows of the series to read, the last ones of each window.
    channels : tuple of int
        Channels that hold the target, in the order of the outputs; none where they are not known,
        so that nothing is relative.
    log : bool
        Whether the channels of the target are read, and the target is forecast, as logarithms.
    parts : tuple of str
        Parts whose values are further columns.
    means : ndarray of shape (C * cells,), optional
        What stands for a channel and cell of which a masked window shows no value; None where no
        window of training was masked.
    empty_mask : bool array of shape (C * cells,), optional
        Channels and cells that never had a value, like land in a map of the sea.
    """

    window: tuple[int, ...]
    frames: int
    channels: tuple[int, ...]
    log: bool
    parts: tuple[str, ...]
    means: np.ndarray | None = None
    empty_mask: np.ndarray | None = None

    def batches(self, X: Windows) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield positions, columns (b, p) and levels (b, outputs of one step) in blocks.

        The levels have no columns where nothing is relative.
        """
        whole = replace(X.undo_steps(), parts={})
        self._check_window(whole)
        size = block_size(whole)
        for start in range(0, len(X), size):
            rows = slice(start, min(len(X), start + size))
            values = _frames(whole, rows, self.frames)
            if X.masked:
                _fill(values, self.means)
            level = self._take_level(values)
            parts = [_part(X.parts, name, rows) for name in self.parts]
            yield rows, np.concatenate([values.reshape(len(values), -1), *parts], axis=1), level

    @property
    def frame(self) -> tuple[int, int, int]:
        """Channels, rows and columns of a frame."""
        C, H, W = (*self.window[1:], 1, 1, 1)[:3]
        return C, H, W

    def width(self, X: Windows) -> int:
        """Return the number of columns."""
        return self.frames * prod(self.frame) + self.covariates(X)

    def covariates(self, X: Windows) -> int:
        """Return the number of columns that are not rows of the series."""
        return sum(part_width(X.parts[name]) for name in self.parts)

    def changes(self, y: np.ndarray, level: np.ndarray) -> np.ndarray:
        """Return targets (b, outputs) relative to the levels of their windows."""
        y = _logarithms(y, "targets") if self.log else y
        return y - _tile_steps(level, y.shape[1])

    def forecasts(self, changes: np.ndarray, level: np.ndarray) -> np.ndarray:
        """Return changes as forecasts in the units of the targets."""
        values = changes + _tile_steps(level, changes.shape[1])
        if self.means is None:
            check_no_gaps(values)
        return np.exp(values) if self.log else values

    def _check_window(self, whole: Windows) -> None:
        if whole.shape[1:] != self.window:
            raise ShapeError(
                f"A baseline reads windows as make_windows made them, of shape {self.window} in "
                f"fit, got {whole.shape[1:]}. Pass Windows, not arrays of what a transformer gave."
            )

    def _take_level(self, values: np.ndarray) -> np.ndarray:
        """Return the last values of the target, and make its channels relative to them."""
        if not self.channels:
            return np.empty((len(values), 0))
        channels = list(self.channels)
        target = values[:, :, channels]
        target = _logarithms(target, "values of the target in the windows") if self.log else target
        values[:, :, channels] = target - target[:, -1:]
        return target[:, -1].reshape(len(target), -1)


def fit_columns(X: Windows, outputs: int, *, log: bool, most: int | None) -> Columns:
    """Return how windows whose targets hold `outputs` numbers are read.

    The first rows of long windows are left out, so that there are at most about `most` columns.
    """
    whole = X.undo_steps()
    channels = target_channels(X, outputs)
    if log and not channels:
        raise ValueError(
            "log=True needs the last value of the target, which only windows that make_windows "
            "made of a column of the series hold, unscaled. Transform series and targets yourself."
        )
    parts = tuple(name for name in _COVARIATES if name in X.parts)
    frames = whole.shape[1]
    if most is not None:
        spare = most - sum(part_width(X.parts[name]) for name in parts)
        frames = max(1, min(frames, spare // prod(whole.shape[2:])))
    stand_ins = _means(whole, frames) if X.masked else (None, None)
    return Columns(whole.shape[1:], frames, channels, log, parts, *stand_ins)


def target_channels(X: Windows, outputs: int) -> tuple[int, ...]:
    """Return the channels of the windows, as made, that hold the target in its own units."""
    whole, target = X.undo_steps(), X.target
    if target is None or target.channels is None or whole.steps or not target.horizon:
        return ()
    fits = target.horizon * prod(target.frame) == outputs
    return target.channels if fits else ()


def block_size(whole: Windows) -> int:
    """Return how many windows are read together."""
    limit = BLOCK_BYTES if whole.in_memory else READ_BYTES
    return max(1, limit // (8 * whole.shape[1] * prod(whole.shape[2:])))


def target_batch(y: Any, rows: slice) -> np.ndarray:
    """Return some of the targets, float64."""
    return np.asarray(y.batch(rows) if isinstance(y, Windows) else y[rows], dtype=np.float64)


def _frames(whole: Windows, rows: slice, frames: int) -> np.ndarray:
    """Return the last frames of windows, (b, frames, C, cells)."""
    values = whole.batch(rows)[:, -frames:].astype(np.float64)
    channels = values.shape[2] if values.ndim > 2 else 1
    return values.reshape(len(values), frames, channels, -1) if values.size else values


def _part(parts: Mapping[str, Any], name: str, rows: slice) -> np.ndarray:
    keys = np.arange(rows.start, rows.stop)
    return part_batch(parts[name], keys).reshape(len(keys), -1).astype(np.float64)


def _tile_steps(level: np.ndarray, outputs: int) -> np.ndarray | float:
    return np.tile(level, (1, outputs // level.shape[1])) if level.shape[1] else 0.0


def check_no_gaps(forecasts: np.ndarray) -> None:
    """Raise if forecasts are missing, of a baseline that has no means to stand in."""
    missing = np.isnan(forecasts)
    if missing.any():
        raise MissingValuesError(
            f"{int(missing.sum())} of {missing.size} forecasts are missing, since some windows "
            "show no value of a channel or cell, and those of fit were not masked. Fill the "
            "series, or fit on windows made with missing='mask'."
        )


def _fill(values: np.ndarray, means: np.ndarray | None) -> None:
    """Put the last value seen, else the next, else the mean in place of missing ones."""
    # forward first: a later value was not known at the time of the gap, and only stands in at the
    # head of a window, where nothing earlier is
    for order in (range(1, values.shape[1]), range(values.shape[1] - 2, -1, -1)):
        step = order.step
        for t in order:
            gaps = np.isnan(values[:, t])
            values[:, t][gaps] = values[:, t - step][gaps]
    if means is not None:
        np.copyto(values, means.reshape(values.shape[2:]), where=np.isnan(values))


def _means(whole: Windows, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of what each channel and cell shows, of all where it shows nothing.

    Also returns which of them show nothing.
    """
    total = count = np.float64(0)
    size = block_size(whole)
    for start in range(0, len(whole), size):
        values = _frames(whole, slice(start, start + size), frames)
        total = total + np.nansum(values, axis=(0, 1))
        count = count + np.isfinite(values).sum(axis=(0, 1))
    overall = total.sum() / max(1, count.sum())
    return np.where(count, total / np.maximum(count, 1), overall).ravel(), (count == 0).ravel()


def _logarithms(values: np.ndarray, subject: str) -> np.ndarray:
    least = np.nanmin(values, initial=np.inf)
    if least <= 0:
        raise ValueError(
            f"log=True needs values above 0, but {subject} go down to {least:.6g}. Leave log out, "
            "or add a constant to the series first."
        )
    return np.log(values)
