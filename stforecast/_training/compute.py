"""How the arithmetic of training is done, as one searchable part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from sklearn.base import BaseEstimator

from stforecast._training.net import Net
from stforecast._training.ranks import Ranks, check_group, share
from stforecast._training.surroundings import deterministic, threaded
from stforecast._validation import check_choice, check_flag, check_integer

_PRECISIONS = {"single": None, "bfloat16": torch.bfloat16, "float16": torch.float16}
# from here on, two threads beat one (benchmarks/speed/jobs.py)
_MANY_CELLS = 32_768


class Compute(BaseEstimator):
    """How the arithmetic of training is done; none of it is meant to change what is learned.

    Parameters
    ----------
    precision : {"single", "bfloat16", "float16"}, default="single"
        What the network computes in while it trains; weights, losses and forecasts stay single.
        "float16" needs a GPU, where the loss is scaled so that small gradients do not vanish.
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
        Threads of a CPU to train and forecast with. None takes one for series and small maps, and
        torch's number where a batch has 32,768 cells or more.
    distributed : bool, default=False
        Whether the processes of a group that ``torchrun`` started train one network together, each
        on its share of every batch of `batch_size` samples in all.

    Notes
    -----
    Batch normalisation sees a piece at a time. Compiling takes up to minutes, at the first batch
    of each size, and needs a C++ compiler on a CPU.

    One thread is the fastest for networks on series: more get in each other's way, many times
    slower where the cores have other work. The last digits of a sum depend on how many threads add
    it up, and joblib leaves fewer to the workers of a search: for large maps, give a number to have
    a fit that is the same bit for bit alone and in a worker.

    References
    ----------
    Micikevicius et al. (2018), Mixed Precision Training, arXiv:1710.03740.

    Examples
    --------
    >>> from stforecast.estimators import Compute, ConvLSTMForecaster, Training
    >>> ConvLSTMForecaster(batch_size=256, training=Training(compute=Compute(pieces=4)))
    ConvLSTMForecaster(batch_size=256, training=Training(compute=Compute(pieces=4)))
    """

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

    def check(self, device: str, random_state: Any) -> None:
        """Raise if a parameter has a value it cannot have.

        Parameters
        ----------
        device : str
            Where the network trains.
        random_state : int, RandomState instance or None
            Seed of the fit.
        """
        check_choice("precision", self.precision, tuple(_PRECISIONS))
        check_integer("pieces", self.pieces, 1)
        check_flag("compiled", self.compiled)
        check_flag("deterministic", self.deterministic)
        if check_flag("distributed", self.distributed):
            check_group(random_state)
        if self.threads is not None:
            check_integer("threads", self.threads, 1)
        if self.precision == "float16" and not device.startswith("cuda"):
            raise ValueError(
                f"precision='float16' needs a GPU, but the device is {device!r}. Use 'bfloat16' or "
                "'single'."
            )

    @contextmanager
    def applied(self, cells: int) -> Iterator[None]:
        """Set torch up to compute so inside the block, and put it back as it was afterwards.

        Parameters
        ----------
        cells : int
            Cells in the frames of a batch.

        Yields
        ------
        None
        """
        with ExitStack() as stack:
            if self.deterministic:
                stack.enter_context(deterministic())
            if self.threads is not None or cells < _MANY_CELLS:
                stack.enter_context(threaded(self.threads or 1))
            yield

    def prepare(self, net: Net) -> None:
        """Set an initialized net up to train so.

        Parameters
        ----------
        net : Net
            The net.
        """
        net.pieces_ = self.pieces
        net.precision_ = _PRECISIONS[self.precision]
        net.scaler_ = torch.amp.GradScaler("cuda") if self.precision == "float16" else None
        if self.compiled:
            net.module_.compile()

    def join(self, net: Net) -> None:
        """Let an initialized net share its batches with other processes, if it is to.

        Parameters
        ----------
        net : Net
            The net, about to be trained.
        """
        if self.distributed:
            net.ranks_ = Ranks(net.module_, net.device)
            net.iterator_train__share = share()

    def leads(self) -> bool:
        """Return whether this process is the one that shows how the fit goes on."""
        return not self.distributed or share()[0] == 0
