"""The cores of a CPU, each with its share of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

Share = TypeVar("Share")
Done = TypeVar("Done")

# Cells of a share: it stays in the cache of a core, and outweighs the cost of handing it over.
CELLS = 4096
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
    cells : int
        Cells of a frame.
    alone : int, default=1
        Threads of torch's own for what is not shared out.
    """

    def __init__(self, pool: ThreadPoolExecutor, cells: int, alone: int = 1) -> None:
        self.pool = pool
        self.alone = alone
        self.samples = max(1, CELLS // cells)
        self.draws = False

    def carry(self, weights: int) -> None:
        """Make shares as large as the gradients of so many weights are worth."""
        self.samples = max(self.samples, weights // GRADIENTS)

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
        self.leave()
        return None

    def leave(self) -> None:
        """Go on in the calling thread, with the threads of torch's own that are left to it."""
        torch.set_num_threads(self.alone)


@contextmanager
def cores(threads: int, cells: int, alone: int = 1) -> Iterator[Cores]:
    """Give so many threads inside the block, for frames of so many cells."""
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield Cores(pool, cells, alone)
