"""Several processes that train one network together (`torchrun`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from skorch.callbacks import Callback
from torch.nn.parallel import DistributedDataParallel

from stforecast._training.execution.pieces import Step, join_steps, split_batch


class Ranks:
    """Take a step together with other processes; each has the same weights after it.

    Parameters
    ----------
    module : torch.nn.Module
        The network, whose gradients are averaged over the processes.
    device : str
        Where this process trains.
    pieces : int, default=1
        Pieces of this process's share of a batch.
    """

    def __init__(self, module: torch.nn.Module, device: str, pieces: int = 1) -> None:
        self.device = torch.device(device)
        self.pieces = pieces
        torch.default_generator.manual_seed(torch.initial_seed() + dist.get_rank())  # of dropout
        gpu = [self.device] if self.device.type == "cuda" else None
        self.module = DistributedDataParallel(module, device_ids=gpu)

    def step(self, net: Any, batch: Any) -> Step:
        """Return loss and output of this process's share, and leave the mean gradients.

        Memory that does not suffice is an error: while one process tried again, the others would
        wait for the gradients of its piece.
        """
        training = net.module_.training
        # through DDP's module the backward pass averages gradients over the processes
        module = self.module if training else net.module_
        count = net.count(batch[1])
        total = self.total(count) / dist.get_world_size() if training else count
        size = -(-len(batch[1]) // self.pieces)
        pieces = split_batch(batch, size, net.count, total)
        loss, output = join_steps([net.step(*piece, module=module) for piece in pieces])
        return self._mean(loss), output

    def total(self, count: int) -> int:
        """Return the sum of a count over the processes."""
        return int(self._sum(torch.tensor(count, device=self.device)))

    def _mean(self, value: torch.Tensor) -> torch.Tensor:
        """Return the mean of a value over the processes, the same in all of them."""
        return self._sum(value.clone()) / dist.get_world_size()

    def _sum(self, value: torch.Tensor) -> torch.Tensor:
        dist.all_reduce(value)
        return value


class TotalBatchSize(Callback):
    """Let a batch weigh in an epoch's loss as much as all processes have of it.

    Parameters
    ----------
    ranks : Ranks
        The processes.
    """

    def __init__(self, ranks: Ranks) -> None:
        self.ranks = ranks

    def on_batch_end(
        self, net: Any, batch: Any = None, training: bool = False, **kwargs: Any
    ) -> None:
        if training:
            net.history.record_batch("train_batch_size", self.ranks.total(len(batch[1])))


def join_processes(net: Any, pieces: int) -> None:
    """Have a net take its steps with the other processes of the group."""
    ranks = Ranks(net.module_, net.device, pieces)
    net.strategy_ = ranks
    net.callbacks_.append(("total_batch_size", TotalBatchSize(ranks)))
    net.iterator_train__share = share()


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
