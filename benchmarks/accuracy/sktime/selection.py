"""Settings of ours to choose from, compared on rows that no test fold holds."""

from __future__ import annotations

from sktime.forecasting.base import BaseForecaster

from benchmarks.accuracy.sktime.networks import OURS, Setting, networks
from benchmarks.accuracy.sktime.series import Task

CANDIDATES = {
    "logarithms, not relative": Setting("logarithms", relative=False),
    "as they are, relative": Setting("as they are"),
    "logarithms, relative": Setting("logarithms"),
    "logarithms, relative, 1000 batches": Setting("logarithms", steps=1000),
    "logarithms, relative, early stopping": Setting("logarithms", steps=None),
}


def candidates(task: Task) -> dict[str, BaseForecaster]:
    """Return a ConvLSTM in each of the settings."""
    return {name: networks(task, setting)[OURS[0]] for name, setting in CANDIDATES.items()}
