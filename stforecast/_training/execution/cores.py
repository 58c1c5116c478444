"""The cores of a CPU, each with its share of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial, reduce
from typing import Any, TypeVar

import torch

from stforecast._training.execution.pieces import Piece, Step, join_steps, split_batch

Share = TypeVar("Share")
Done = TypeVar("Done")

# Cells of a share: it outweighs the cost of handing it over, and several of them keep all cores
# busy to the end of a batch.
CELLS = 1024
# A share has gradients of its own: so many of them for each of its samples.
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

    def map(self, work: Callable[[Share], Done], shares: Sequence[Share]) -> list[Done] | None:
        """Return what each share gives, in order.

        None where that is to be done one share after the other: there is only one, or the work
        draws random numbers, which threads would take in any order.
        """
        if self.draws or len(shares) < 2:
            return None
        before = torch.get_rng_state()
        done = list(self.pool.map(work, shares))
        self.draws = not torch.equal(before, torch.get_rng_state())
        if not self.draws:
            return done
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
        done = self.cores.map(partial(_share, net, weights, training), shares)
        if done is None:
            torch.set_rng_state(state)
            return None
        steps, gradients = zip(*done, strict=True)
        for weight, found in zip(weights, zip(*gradients, strict=True), strict=False):
            given = [gradient for gradient in found if gradient is not None]
            weight.grad = reduce(torch.add, given) if given else None
        return list(steps)


def _share(
    net: Any, weights: list[torch.Tensor], training: bool, share: Piece
) -> tuple[Step, Sequence[torch.Tensor | None]]:
    """Return loss and output of a share, and its gradients, which others would overwrite."""
    (x, y), weight = share
    with torch.set_grad_enabled(training):  # which each thread has for itself
        output = net.infer(x)
        loss = net.get_loss(output, y) * weight
        learns = training and loss.requires_grad and weights
        found = torch.autograd.grad(loss, weights, allow_unused=True) if learns else ()
        return (loss.detach(), output.detach()), found
