"""Several processes that train one network together (`torchrun`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel


class Ranks:
    """The processes that share every batch of a fit; each has the same weights after each step.

    Parameters
    ----------
    module : torch.nn.Module
        The network, whose gradients are averaged over the processes.
    device : str
        Where this process trains.
    """

    def __init__(self, module: torch.nn.Module, device: str) -> None:
        self.device = torch.device(device)
        torch.default_generator.manual_seed(torch.initial_seed() + dist.get_rank())  # of dropout
        gpu = [self.device] if self.device.type == "cuda" else None
        self.module = DistributedDataParallel(module, device_ids=gpu)

    def total(self, count: int) -> int:
        """Return the sum of a count over the processes."""
        return int(self._summed(torch.tensor(count, device=self.device)))

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """Return the mean of a value over the processes, the same in all of them."""
        return self._summed(value.clone()) / dist.get_world_size()

    def _summed(self, value: torch.Tensor) -> torch.Tensor:
        dist.all_reduce(value)
        return value


def check_group(random_state: Any, path: str = "") -> None:
    """Raise unless this process is one of a group that can train together."""
    if not (dist.is_available() and dist.is_initialized()):
        raise ValueError(
            f"{path}training__compute__distributed=True needs a group of processes, but this is "
            "none. Start the script by torchrun and call torch.distributed.init_process_group "
            "first."
        )
    if not isinstance(random_state, int | np.integer):
        raise TypeError(
            f"{path}random_state must be an int with distributed=True, so that every process "
            f"shuffles alike, got {random_state!r}."
        )


def share() -> tuple[int, int]:
    """Return which share of a batch this process takes, of how many."""
    return dist.get_rank(), dist.get_world_size()


def of_share(rows: np.ndarray, which: tuple[int, int]) -> np.ndarray:
    """Return the rows of a batch that a process takes: all of a batch too small to be shared.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast._training.execution.ranks import of_share
    >>> of_share(np.arange(5), (1, 2))
    array([1, 3])
    >>> of_share(np.arange(2), (1, 3))
    array([0, 1])
    """
    rank, count = which
    return rows[rank::count] if len(rows) >= count else rows
