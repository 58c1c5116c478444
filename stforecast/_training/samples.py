"""Batches for the network: windows, parts and targets, gathered whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from stforecast._training.execution.strategies import take_share
from stforecast.windows import Windows
from stforecast.windows._batches import part_batch

Batch = tuple[dict[str, Any], torch.Tensor]

# Samples of up to this many bytes are read once and kept on the device for all epochs.
CACHE_BYTES = 2**28


class Samples(Dataset):
    """Windows with their parts and targets, as tensors, a batch at a time.

    Parameters
    ----------
    X : Windows
        Standardised windows.
    parts : mapping of str to array-like
        Standardised parts, one entry a window.
    y : array-like of shape (n, outputs), optional
        Standardised targets.
    teach : bool, default=False
        Whether batches carry the targets as part ``"target"`` too, for teacher forcing.
    """

    def __init__(
        self, X: Windows, parts: Mapping[str, Any], y: Any = None, *, teach: bool = False
    ) -> None:
        self.X = X
        self.parts = parts
        self.y = y
        self.teach = teach

    def __len__(self) -> int:
        return len(self.X)

    def take(self, rows: np.ndarray, *, teach: bool = False) -> Samples:
        """Return some of the samples, copying nothing that is lazy."""
        parts = {name: part[rows] for name, part in self.parts.items()}
        return Samples(self.X[rows], parts, None if self.y is None else self.y[rows], teach=teach)

    def load(
        self, rows: np.ndarray, device: str, *, teach: bool = False
    ) -> Samples | LoadedSamples:
        """Return some of the samples, read once for all epochs unless memory is short."""
        # float32, four bytes a number; overlapping windows hold a row many times over
        if 0 < 4 * len(rows) * math.prod(self.X.shape[1:]) <= CACHE_BYTES:
            with suppress(torch.cuda.OutOfMemoryError):
                return LoadedSamples(self.batch(rows, teach=teach), device)
        return self.take(rows, teach=teach)

    def batch(self, rows: np.ndarray, *, teach: bool = False) -> Batch:
        """Return the inputs and targets of some samples."""
        parts = {
            name: torch.from_numpy(part_batch(part, rows)) for name, part in self.parts.items()
        }
        x = torch.from_numpy(as_frames(self.X.batch(rows)))
        if self.X.masked:
            x = mask_missing(x)
        y = torch.zeros(0) if self.y is None else torch.from_numpy(part_batch(self.y, rows))
        if self.teach or teach:
            parts["target"] = y
        return {"x": x, "parts": parts}, y


class LoadedSamples(Dataset):
    """All samples as tensors on the device that trains on them.

    Parameters
    ----------
    batch : Batch
        Inputs and targets of all samples.
    device : str
        Where to keep them.
    """

    def __init__(self, batch: Batch, device: str) -> None:
        inputs, y = batch
        self.x = inputs["x"].to(device)
        self.parts = {name: part.to(device) for name, part in inputs["parts"].items()}
        self.y = y.to(device)

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, rows: np.ndarray) -> Batch:
        """Return the inputs and targets of some samples."""
        index = torch.from_numpy(rows).to(self.x.device)
        parts = {name: part[index] for name, part in self.parts.items()}
        return {"x": self.x[index], "parts": parts}, self.y[index]


class BatchLoader:
    """Iterate over samples in batches, each gathered at once; what skorch takes as iterator.

    Parameters
    ----------
    dataset : Samples or LoadedSamples
        The samples.
    batch_size : int
        Samples in a batch.
    generator : numpy.random.Generator, optional
        Shuffles the samples anew in every epoch; in order without one.
    share : tuple of int, default=(0, 1)
        Which share of each batch to give, of how many: other processes have the others.
    """

    def __init__(
        self,
        dataset: Samples | LoadedSamples,
        batch_size: int,
        generator: np.random.Generator | None = None,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator
        self.share = share

    def __len__(self) -> int:
        return math.ceil(len(self.dataset) / self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        n = len(self.dataset)
        order = np.arange(n) if self.generator is None else self.generator.permutation(n)
        for start in range(0, n, self.batch_size):
            # every process draws the same order, and takes its own rows of each batch
            rows = order[start : start + self.batch_size]
            alone = self.share == (0, 1)
            yield self.dataset.batch(rows if alone else take_share(rows, self.share))


def as_frames(batch: np.ndarray) -> np.ndarray:
    """Return a batch of windows as (n, T, C, H, W); a table becomes maps of one cell."""
    n, T = batch.shape[:2]
    frame = batch.shape[2:] or (1,)
    return batch.reshape(n, T, *frame, *[1] * (3 - len(frame)))


def frame_shape(X: Windows) -> tuple[int, int, int]:
    """Return the shape (C, H, W) of the frames that the network sees."""
    # a table has one cell, a lag table one channel as well
    C, H, W = (*(X.shape[2:] or (1,)), 1, 1)[:3]
    return (2 * C if X.masked else C, H, W)


def mask_missing(x: torch.Tensor) -> torch.Tensor:
    """Return frames [B, T, C, H, W] without NaN, and which values were there as C more channels."""
    present = torch.isfinite(x)
    return torch.cat([torch.where(present, x, 0), present.to(x.dtype)], dim=2)
