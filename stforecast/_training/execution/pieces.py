"""One step of training in pieces, one after the other: the same step in less memory."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch

from stforecast._training.execution.memory import PATIENCE, free_memory, too_large, wait_for_memory

Step = tuple[torch.Tensor, torch.Tensor]  # loss and output, both without their graph
Piece = tuple[Any, float]  # a batch, and its share in the mean loss of the step


class Pieces:
    """Take a step in pieces, whose gradients add up to those of the whole batch.

    Parameters
    ----------
    pieces : int, default=1
        Pieces of a batch. Where the device runs out of memory, they become twice as many, for the
        rest of the fit.
    """

    def __init__(self, pieces: int = 1) -> None:
        self.pieces = pieces
        self.warned = False

    def step(self, net: Any, batch: Any) -> Step:
        """Return loss and output of a batch, and leave its gradients in training."""
        deadline = None
        while True:
            try:
                if self.pieces == 1:
                    return net.step(batch)
                size = -(-len(batch[1]) // self.pieces)
                return join_steps(
                    [net.step(*piece) for piece in split_batch(batch, size, net.count)]
                )
            except torch.cuda.OutOfMemoryError:
                deadline = deadline or time.monotonic() + PATIENCE
            # outside `except`, where the error no longer holds the tensors that filled the memory
            self._make_room(net, len(batch[1]), deadline)

    def _make_room(self, net: Any, samples: int, deadline: float) -> None:
        """Compute in smaller pieces; where they are single samples already, wait or give up."""
        net.optimizer_.zero_grad()
        free_memory(net.device)
        if self.pieces < samples:
            self.pieces *= 2
            self._warn_once(net.batch_size)
        elif not wait_for_memory(net.device, deadline):
            raise too_large(samples)

    def _warn_once(self, batch_size: int) -> None:
        if self.warned:
            return
        self.warned = True
        warnings.warn(
            f"The device ran out of memory, so each batch of {batch_size} is now computed in "
            f"{self.pieces} pieces or more, which gives the same steps. Set batch_size or "
            "training__compute__pieces to avoid the attempt.",
            RuntimeWarning,
            stacklevel=2,
        )


def split_batch(
    batch: Any, size: int, count: Callable[[torch.Tensor], int], total: float | None = None
) -> Iterator[Piece]:
    """Yield pieces of a batch of `size` samples, with each one's share in the mean loss.

    `count` says how many targets a mean is taken over; `total` is that of the whole step, where
    other processes have some of it.
    """
    x, y = batch
    total = max(1, count(y) if total is None else total)
    for start in range(0, len(y), size):
        rows = slice(start, start + size)
        parts = {name: part[rows] for name, part in x["parts"].items()}
        yield ({"x": x["x"][rows], "parts": parts}, y[rows]), count(y[rows]) / total


def join_steps(steps: list[Step]) -> Step:
    """Return the loss and output of a batch from those of its pieces."""
    losses, outputs = zip(*steps, strict=True)
    return torch.stack(losses).sum(), torch.cat(outputs)
