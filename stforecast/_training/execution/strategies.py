"""How one step of training is computed: in pieces, on the cores of a CPU, or by processes.

Each way takes the plain step of a net (`Net.step`) for parts of a batch, and adds their gradients
up to those of the whole.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial, reduce
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from skorch.callbacks import Callback
from torch.nn.parallel import DistributedDataParallel

from stforecast._training.execution.devices import (
    PATIENCE,
    free_memory,
    memory_error,
    wait_for_memory,
)

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
        self.has_warning = False

    def step(self, net: Any, batch: Any) -> Step:
        """Return loss and output of a batch, and leave its gradients in training."""
        deadline = None
        while True:
            try:
                if self.pieces == 1:
                    return net.step(batch)
                size = -(-len(batch[1]) // self.pieces)  # rounded up
                return join_steps(
                    [net.step(*piece) for piece in split_batch(batch, size, net.count)]
                )
            except torch.cuda.OutOfMemoryError:
                deadline = deadline or time.monotonic() + PATIENCE
            # outside `except`, where the error no longer holds the tensors that filled the memory
            self._make_room(net, len(batch[1]), deadline)

    def _make_room(self, net: Any, samples: int, deadline: float) -> None:
        """Compute in smaller pieces; where they are single samples already, wait or give up."""
        net.optimizer_.zero_grad()  # pieces that did fit have left their gradients
        free_memory(net.device)
        if self.pieces < samples:
            self.pieces *= 2
            self._warn_once(net.batch_size)
        elif not wait_for_memory(net.device, deadline):
            raise memory_error(samples)

    def _warn_once(self, batch_size: int) -> None:
        if self.has_warning:
            return
        self.has_warning = True
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


Share = TypeVar("Share")
Result = TypeVar("Result")

# Cells of a share: it outweighs the cost of handing it over, and several of them keep all cores
# busy to the end of a batch.
CELLS = 1024
# Each share keeps its own gradients, so it must hold enough samples: one per this many gradients.
GRADIENTS = 2**18


class Cores:
    """Threads that compute the shares of a batch side by side.

    Torch's own threads divide each sum among them, so that its last digits depend on how many they
    are. Here the shares depend on the shapes alone, each is computed by one thread, and they are
    put together in order: the result is the same bit for bit on one core and on many.

    Parameters
    ----------
    pool : ThreadPoolExecutor
        The threads.
    samples : int
        Samples of a share.
    torch_threads : int, default=1
        Threads of torch's own for what is not shared out.
    """

    def __init__(self, pool: ThreadPoolExecutor, samples: int, torch_threads: int = 1) -> None:
        self.pool = pool
        self.samples = samples
        self.torch_threads = torch_threads
        self.draws = False

    def map(self, work: Callable[[Share], Result], shares: Sequence[Share]) -> list[Result] | None:
        """Return what each share gives, in order.

        None where that is to be done one share after the other: there is only one, or the work
        draws random numbers, which threads would take in any order.
        """
        if self.draws or len(shares) < 2:
            return None
        before = torch.get_rng_state()
        results = list(self.pool.map(work, shares))
        # threads draw from one generator in an order that changes from run to run
        self.draws = not torch.equal(before, torch.get_rng_state())
        if not self.draws:
            return results
        torch.set_num_threads(self.torch_threads)  # the calling thread goes on by itself
        return None


@contextmanager
def cores(threads: int, samples: int, torch_threads: int = 1) -> Iterator[Cores]:
    """Give some threads inside the block, for shares of some samples."""
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield Cores(pool, samples, torch_threads)


def share_samples(cells: int, weights: int = 0) -> int:
    """Return how many samples a share has, for frames of `cells` and gradients of `weights`."""
    return max(1, CELLS // cells, weights // GRADIENTS)


class CoreShares:
    """Take a step on all cores at once, each with shares of the batch.

    Parameters
    ----------
    cores : Cores
        The cores.
    """

    pieces = 1  # of a share

    def __init__(self, cores: Cores) -> None:
        self.cores = cores

    def step(self, net: Any, batch: Any) -> Step:
        """Return loss and output of a batch, and leave its gradients in training."""
        if len(batch[1]) <= self.cores.samples:
            return net.step(batch)
        shares = list(split_batch(batch, self.cores.samples, net.count))
        return join_steps(self._side_by_side(net, shares) or [net.step(*share) for share in shares])

    def _side_by_side(self, net: Any, shares: list[Piece]) -> list[Step] | None:
        """Take the step on all cores; None if the shares are to be taken one after the other."""
        state, training = torch.get_rng_state(), net.module_.training
        weights = [w for g in net.optimizer_.param_groups for w in g["params"] if w.requires_grad]
        results = self.cores.map(partial(_share, net, weights, training), shares)
        if results is None:
            torch.set_rng_state(state)  # what the shares drew is drawn again, in order
            return None
        steps, gradients = zip(*results, strict=True)
        # not strict: where nothing learns, the shares return no gradients. Added in the order of
        # the shares, whichever thread was first, so that equal fits are equal to the last bit.
        for weight, parts in zip(weights, zip(*gradients, strict=True), strict=False):
            summands = [gradient for gradient in parts if gradient is not None]
            weight.grad = reduce(torch.add, summands) if summands else None
        return list(steps)


def _share(
    net: Any, weights: list[torch.Tensor], training: bool, share: Piece
) -> tuple[Step, Sequence[torch.Tensor | None]]:
    """Return loss and output of a share, and its gradients, which others would overwrite."""
    (x, y), weight = share
    with torch.set_grad_enabled(training):  # which each thread has for itself
        output = net.infer(x)
        loss = net.get_loss(output, y, x) * weight
        learns = training and loss.requires_grad and weights
        gradients = torch.autograd.grad(loss, weights, allow_unused=True) if learns else ()
        return (loss.detach(), output.detach()), gradients


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
        # DDP takes the mean over processes, whatever their counts: the mean count as divisor
        # makes it the mean over all targets
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


def take_share(rows: np.ndarray, share: tuple[int, int]) -> np.ndarray:
    """Return the rows of a batch that a process takes: all of a batch too small to be shared.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast._training.execution.strategies import take_share
    >>> take_share(np.arange(5), (1, 2))
    array([1, 3])
    >>> take_share(np.arange(2), (1, 3))
    array([0, 1])
    """
    rank, count = share
    return rows[rank::count] if len(rows) >= count else rows
