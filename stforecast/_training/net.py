"""The skorch net of every estimator: its steps in pieces, in the precision asked for."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import torch
import torch.distributed as dist
from skorch import NeuralNet
from skorch.utils import to_tensor

from stforecast._training.execution.cores import Cores
from stforecast._training.execution.memory import PATIENCE, free_memory, too_large, wait_for_memory
from stforecast._training.execution.ranks import Ranks
from stforecast._training.samples import Batch

Step = tuple[torch.Tensor, torch.Tensor]  # loss and output


class Net(NeuralNet):
    """A skorch net that can take a step in less memory or time; the engine sets how.

    Attributes
    ----------
    pieces_ : int
        Pieces that a batch is computed in, their gradients added up to those of the whole. Where
        memory does not suffice, it is doubled.
    precision_ : torch.dtype or None
        What the network computes in, under autocast.
    scaler_ : torch.amp.GradScaler or None
        Keeps small gradients from vanishing in half precision.
    ranks_ : Ranks or None
        The processes that share every batch.
    cores_ : Cores or None
        Threads that compute pieces side by side.
    """

    pieces_ = 1
    halved_ = False
    precision_: torch.dtype | None = None
    scaler_: torch.amp.GradScaler | None = None
    ranks_: Ranks | None = None
    cores_: Cores | None = None

    def infer(self, x: Any, **fit_params: Any) -> torch.Tensor:
        """Return the network's output for a batch, in single precision."""
        if self.precision_ is None:
            return self._output(x)
        device = torch.device(self.device).type
        # threads would take casts of the weights from one another, and clear them
        with torch.autocast(device, self.precision_, cache_enabled=self.cores_ is None):
            return self._output(x).float()

    def _output(self, x: dict[str, Any]) -> torch.Tensor:
        # through `ranks_`, the backward pass averages gradients over the processes
        shared = self.ranks_ is not None and self.module_.training
        module = self.ranks_.module if shared else self.module_
        output: torch.Tensor = module(**to_tensor(x, device=self.device))
        return output

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "cores_": None}  # threads belong to the fit

    def train_step_single(self, batch: Batch, **fit_params: Any) -> dict[str, Any]:
        """Return loss and output of a batch, and leave its gradients."""
        self._set_training(True)
        return self._step(batch)

    def validation_step(self, batch: Batch, **fit_params: Any) -> dict[str, Any]:
        """Return loss and output of a batch."""
        self._set_training(False)
        with torch.no_grad():
            return self._step(batch)

    def on_batch_end(
        self, net: Any, batch: Any = None, training: bool = False, **kwargs: Any
    ) -> None:
        """Let a batch weigh in an epoch's loss as much as all processes have of it."""
        super().on_batch_end(net, batch=batch, training=training, **kwargs)
        if training and self.ranks_ is not None:
            self.history.record_batch("train_batch_size", self.ranks_.total(len(batch[1])))

    def _set_training(self, training: bool = True) -> None:
        if self.module_.training != training:
            super()._set_training(training)

    def _step_optimizer(self, step_fn: Any) -> None:
        if self.scaler_ is None:
            super()._step_optimizer(step_fn)
            return
        step_fn()
        self.scaler_.step(self.optimizer_)
        self.scaler_.update()

    def _step(self, batch: Batch) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        # outside `except`, where the error no longer holds the tensors that filled the memory
        while (step := self._attempt(batch)) is None:
            self._make_room(len(batch[1]), deadline)
        return step

    def _attempt(self, batch: Batch) -> dict[str, Any] | None:
        try:
            return self._in_pieces(batch)
        except torch.cuda.OutOfMemoryError:
            if self.ranks_ is not None:  # the others would wait for the gradients of this piece
                raise
            return None

    def _in_pieces(self, batch: Batch) -> dict[str, Any]:
        pieces = list(self._pieces(batch))
        steps = self._side_by_side(pieces) or [self._piece(*piece) for piece in pieces]
        losses, outputs = zip(*steps, strict=True)
        if self.scaler_ is not None and self.module_.training:
            self.scaler_.unscale_(self.optimizer_)
        loss = losses[0] if len(losses) == 1 else torch.stack(losses).sum()
        if self.ranks_ is not None:
            loss = self.ranks_.mean(loss)
        return {"loss": loss, "y_pred": torch.cat(outputs)}

    def _piece(self, batch: Batch, share: float) -> Step:
        """Return loss and output of a piece, and add its gradients up."""
        loss, output = self._loss(batch, share)
        if loss.requires_grad:
            self._backward(loss)
        return loss.detach(), output.detach()

    def _loss(self, batch: Batch, share: float) -> Step:
        x, y = batch
        output = self.infer(x)
        return self.get_loss(output, y) * share, output

    def _side_by_side(self, pieces: list[tuple[Batch, float]]) -> list[Step] | None:
        """Take the step on all cores at once; None if pieces are to be taken in turn."""
        if self.cores_ is None or len(pieces) == 1:
            return None
        state, training = torch.get_rng_state(), self.module_.training
        weights = [w for g in self.optimizer_.param_groups for w in g["params"] if w.requires_grad]

        def work(piece: tuple[Batch, float]) -> tuple[Step, Sequence[torch.Tensor | None]]:
            with torch.set_grad_enabled(training):  # which each thread has for itself
                loss, output = self._loss(*piece)
                learns = training and loss.requires_grad and weights
                found = torch.autograd.grad(loss, weights, allow_unused=True) if learns else ()
                return (loss.detach(), output.detach()), found

        done = self.cores_.map(work, pieces)
        if done is None:
            torch.set_rng_state(state)
            return None
        steps, gradients = zip(*done, strict=True)
        for weight, shares in zip(weights, zip(*gradients, strict=True), strict=False):
            given = [share for share in shares if share is not None]
            weight.grad = reduce(torch.add, given) if given else None
        return list(steps)

    def _backward(self, loss: torch.Tensor) -> None:
        (loss if self.scaler_ is None else self.scaler_.scale(loss)).backward()

    def _pieces(self, batch: Batch) -> Iterator[tuple[Batch, float]]:
        """Yield the pieces of a batch, with each one's share in the mean loss."""
        x, y = batch
        size = -(-len(y) // self.pieces_)
        if self.cores_ is not None:
            size = min(size, self.cores_.samples)
        if size == len(y) and self.ranks_ is None:
            yield batch, 1.0
            return
        count = getattr(self.criterion_, "count", len)
        total = max(1, self._mean_count(count(y)))
        for rows in torch.arange(len(y)).split(size):
            cut = slice(int(rows[0]), int(rows[-1]) + 1)
            parts = {name: part[cut] for name, part in x["parts"].items()}
            yield ({"x": x["x"][cut], "parts": parts}, y[cut]), count(y[cut]) / total

    def _mean_count(self, count: int) -> float:
        """Return how many targets a process has, on average, in this batch."""
        if self.ranks_ is None or not self.module_.training:
            return count
        return self.ranks_.total(count) / dist.get_world_size()

    def _make_room(self, samples: int, deadline: float) -> None:
        """Compute in smaller pieces; where they are single samples already, wait or give up."""
        self.optimizer_.zero_grad()
        free_memory(self.device)
        if self.pieces_ < samples:
            self.pieces_ *= 2
            self._say_so_once()
        elif not wait_for_memory(self.device, deadline):
            raise too_large(samples)

    def _say_so_once(self) -> None:
        if self.halved_:
            return
        self.halved_ = True
        warnings.warn(
            f"The device ran out of memory, so each batch of {self.batch_size} is now computed in "
            f"{self.pieces_} pieces or more, which gives the same steps. Set batch_size or "
            "training__compute__pieces to avoid the attempt.",
            RuntimeWarning,
            stacklevel=2,
        )
