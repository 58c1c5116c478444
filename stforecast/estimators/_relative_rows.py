"""Rows relative to the level of their group, as they are read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stforecast.windows._batches import Rows


@dataclass(frozen=True, eq=False)
class RelativeRows:
    """Subtract the level of each row's group, and divide by its scale, as rows are read.

    Parameters
    ----------
    rows : array-like of shape (N, *frame)
        The rows.
    groups : int array of shape (N,)
        The group of each row: its series, or its place in the calendar.
    mean : ndarray of shape (G, *frame)
        Level of each group.
    scale : ndarray of shape (G, *frame), optional
        Scale of each group, by default 1.
    """

    rows: Rows
    groups: np.ndarray
    mean: np.ndarray
    scale: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.rows.shape

    @property
    def dtype(self) -> np.dtype:
        return np.result_type(self.rows.dtype, np.float32)

    @property
    def nbytes(self) -> int:
        return len(self) * self.mean[0].size * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: slice) -> np.ndarray:
        groups = self.groups[key]
        values = np.asarray(self.rows[key]) - self.mean[groups]
        if self.scale is not None:
            values /= self.scale[groups]
        return values.astype(self.dtype, copy=False)
