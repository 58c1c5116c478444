"""The recursive networks of the tutorials, on standardised values as they come."""

from __future__ import annotations

from math import prod
from typing import Any

from sktime.forecasting.base import BaseForecaster
from torch import Tensor, nn

from benchmarks.accuracy.sktime.networks import BATCH, LONGEST
from benchmarks.accuracy.sktime.series import Task
from stforecast import LSTMForecaster, SktimeForecaster, Training

STEPS = 600  # batches that tutorials train on


class Elman(nn.Module):
    """A plain recurrent layer on flattened frames.

    Parameters
    ----------
    inputs, hidden : int
        Values in a frame, and units.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.layer = nn.RNN(inputs, hidden, batch_first=True)
        self.out_channels = hidden

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B, T, hidden] of windows [B, T, C, H, W], and the state."""
        return self.layer(x.flatten(2))


class RNNForecaster(LSTMForecaster):
    """A plain RNN with everything else as `LSTMForecaster` has it."""

    def _backbone(self, shapes: Any) -> tuple[nn.Module, tuple[int, int]]:
        return Elman(prod(shapes.frame), self.hidden_channels), (1, 1)


def tutorials(task: Task) -> dict[str, BaseForecaster]:
    """Return an LSTM and an RNN of 50 units that forecast one step and feed it back.

    They read two seasons row by row, and are trained on a fixed number of batches, as tutorials
    have it, or as ours are.
    """
    ways = {
        "as in tutorials": (_epochs(task), Training(validation_fraction=0.0, ema=0.99)),
        "trained as ours": (LONGEST, Training(validation_fraction=0.1, patience=8, ema=0.99)),
    }
    return {
        f"{name}, recursive, {how}": _recursive(kind, task, *way)
        for how, way in ways.items()
        for name, kind in (("LSTM", LSTMForecaster), ("RNN", RNNForecaster))
    }


def _epochs(task: Task) -> int:
    """Return how often to see all windows of the first fold in a fixed number of batches."""
    rows = len(task.load()) - task.folds * task.horizon
    return max(2, round(STEPS * BATCH / (rows - task.horizon - task.lookback + 1)))


def _recursive(
    kind: type[LSTMForecaster], task: Task, epochs: int, training: Training
) -> BaseForecaster:
    network = kind(
        50,
        baseline=None,
        max_epochs=epochs,
        batch_size=BATCH,
        training=training,
        device="cpu",
    )
    return SktimeForecaster(network, 2 * task.season, horizon=1, random_state=0)
