"""How the arithmetic of training is done, as one searchable part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import ClassVar

import torch
from sklearn.base import BaseEstimator
from torch import nn

from stforecast._constraints import Constraint, Flags, Integers, Options
from stforecast._training.execution.global_state import set_threads, use_deterministic
from stforecast._training.execution.strategies import (
    CoreShares,
    Pieces,
    cores,
    join_processes,
    share,
    share_samples,
)
from stforecast._training.net import Criterion, Net

_PRECISIONS = {"single": None, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Compute(BaseEstimator):
    """How the arithmetic of training is done; none of it is meant to change what is learned.

    Parameters
    ----------
    precision : {"single", "bfloat16", "float16"}, default="single"
        What the network computes in while it trains; weights, losses and forecasts stay single.
        "float16" needs a GPU, where the loss is scaled so that small gradients do not vanish. With
        "bfloat16" an LSTM stays single on a CPU without AVX-512, as torch's LSTM needs it.
    pieces : int, default=1
        Pieces that a batch is computed in one after the other, their gradients added up
        (gradient accumulation): the same step in so much less memory. It is doubled by itself,
        with a warning, where a GPU runs out of memory.
    compiled : bool, default=False
        Whether the network is compiled for training by ``torch.compile``. A fitted estimator is
        pickled and saved uncompiled.
    deterministic : bool, default=False
        Whether a GPU takes only algorithms that give the same result each time, which can be
        slower; a CPU does so anyway. Torch raises an error that names what has no such algorithm.
    threads : int, default=None
        Threads of a CPU to train and forecast with. None takes torch's number for batches of more
        than 1,024 cells, which are shared out among them, and one for what cannot be shared out.
    distributed : bool, default=False
        Whether the processes of a group that ``torchrun`` started train one network together, each
        on its share of every batch of `batch_size` samples in all.

    Notes
    -----
    Batch normalisation sees a piece at a time. Compiling takes up to minutes, at the first batch
    of each size, and needs a C++ compiler on a CPU.

    On a CPU, a batch of maps is cut into shares of 1,024 cells (or a sample for every 262,144
    weights, if that is more), each computed by one thread, and the gradients are added up in
    order: the fit is the same bit for bit on one core and on many, alone and in a worker of a
    search, to which joblib leaves fewer threads. Shares take turns where the network draws random
    numbers (dropout, zoneout, augmentation, teacher forcing), which threads would do in any order.
    Nothing is shared out with batch normalisation, with a criterion of your own that has no
    ``count`` (of the targets in its mean), compiled, in pieces, and among processes. Nor is it with
    modules of your own that hold buffers, unless their class says ``has_fixed_buffers = True``:
    training does not change them.

    What is not shared out has one thread, the fastest for networks on series: more get in each
    other's way, many times slower where the cores have other work. A number for `threads` is also
    how many torch takes for each of its operations there, and with random numbers; the last digits
    of such a fit depend on it.

    References
    ----------
    Micikevicius et al. (2018), Mixed Precision Training, arXiv:1710.03740.

    Examples
    --------
    >>> from stforecast.estimators import Compute, ConvLSTMForecaster, Training
    >>> ConvLSTMForecaster(batch_size=256, training=Training(compute=Compute(pieces=4)))
    ConvLSTMForecaster(batch_size=256, training=Training(compute=Compute(pieces=4)))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "precision": Options(*_PRECISIONS),
        "pieces": Integers(1),
        "compiled": Flags(),
        "deterministic": Flags(),
        "threads": Integers(1) | None,
        "distributed": Flags(),
    }

    def __init__(
        self,
        *,
        precision: str = "single",
        pieces: int = 1,
        compiled: bool = False,
        deterministic: bool = False,
        threads: int | None = None,
        distributed: bool = False,
    ) -> None:
        self.precision = precision
        self.pieces = pieces
        self.compiled = compiled
        self.deterministic = deterministic
        self.threads = threads
        self.distributed = distributed

    @contextmanager
    def apply(self, device: str) -> Iterator[int]:
        """Set torch up to compute so inside the block, and put it back as it was afterwards.

        Parameters
        ----------
        device : str
            Where the network is.

        Yields
        ------
        int
            Threads at hand for shares of a batch. Torch itself has one of a CPU, under which
            weights start the same everywhere.
        """
        core_count = self.threads or torch.get_num_threads()
        with ExitStack() as stack:
            if self.deterministic:
                stack.enter_context(use_deterministic())
            # on a CPU our own threads share out a batch, and each computes alone
            stack.enter_context(set_threads(1 if device == "cpu" else self.torch_threads))
            yield core_count

    @property
    def torch_threads(self) -> int:
        """Threads of torch's own for what is not shared out."""
        return self.threads or 1

    @contextmanager
    def strategy(self, net: Net, cells: int, core_count: int) -> Iterator[None]:
        """Have a net take its steps as asked for inside the block: alone, on cores, with processes.

        Parameters
        ----------
        net : Net
            The net, about to be trained.
        cells : int
            Cells of a frame.
        core_count : int
            Threads for shares of a batch.
        """
        net.precision_ = _PRECISIONS[self.precision]
        net.scaler_ = torch.amp.GradScaler("cuda") if self.precision == "float16" else None
        if self.compiled:
            net.module_.compile()
        weights = sum(weight.numel() for weight in net.module_.parameters())
        samples = share_samples(cells, weights)
        with ExitStack() as stack:
            if net.device == "cpu" and samples < net.batch_size and self._is_shareable(net):
                net.strategy_ = CoreShares(
                    stack.enter_context(cores(core_count, samples, self.torch_threads))
                )
                net.caches_casts_ = False  # threads would take casts from one another
            else:
                torch.set_num_threads(self.threads or 1)
                net.strategy_ = Pieces(self.pieces)
            if self.distributed:
                join_processes(net, self.pieces)
            yield

    def _is_shareable(self, net: Net) -> bool:
        """Return whether each sample is on its own, and the loss is known to be a mean."""
        mean = isinstance(net.criterion_, Criterion) and net.criterion_ is net.criterion
        split = self.pieces > 1 or self.distributed
        return mean and not (_has_state(net.module_) or split or self.compiled or net.compile)

    def is_leader(self) -> bool:
        """Return whether this process is the one that shows how the fit goes on."""
        return not self.distributed or share()[0] == 0


def _has_state(network: nn.Module) -> bool:
    """Return whether a batch may change buffers, such as the means of batch normalisation."""
    return any(
        True
        for module in network.modules()
        if not getattr(module, "has_fixed_buffers", False)
        for _ in module.buffers(recurse=False)
    )
