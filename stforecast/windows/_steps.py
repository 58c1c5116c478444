"""What is done to every batch of windows as it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from stforecast.windows._batches import Array


class Step(Protocol):
    """A change of layout or values made to every batch of windows as it is read."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape that a batch of `shape` gets."""

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype that a batch of `dtype` gets."""

    def __call__(self, batch: Array) -> Array:
        """Return the changed batch."""


class KeepsValues:
    """A step that moves values and leaves their type."""

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return dtype


@dataclass(frozen=True)
class Flat(KeepsValues):
    """Flatten every window into one row."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0], int(np.prod(shape[1:])))

    def __call__(self, batch: Array) -> Array:
        return batch.reshape(self.shape(batch.shape))


@dataclass(frozen=True)
class Reshape(KeepsValues):
    """Give every window a shape of as many values."""

    window: tuple[int, ...]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0], *self.window)

    def __call__(self, batch: Array) -> Array:
        return batch.reshape(len(batch), *self.window)
