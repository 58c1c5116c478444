"""How long to train, and in which steps, where the estimator leaves it to the samples."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal, TypeAlias

Auto: TypeAlias = Literal["auto"]

# of samples that are plenty
EPOCHS, BATCH, PATIENCE = 50, 64, 10
# Few samples make few steps per epoch: a batch holds at most a fifth of them, a fit may take at
# least STEPS steps, and early stopping waits for at least PATIENT_STEPS.
SHARE, STEPS, PATIENT_STEPS = 5, 500, 100
FULL_BATCH_SAMPLES = SHARE * BATCH
# samples up to which what is held back is missed, and a second fit is cheap
REFIT_SAMPLES = 5_000


@dataclass(frozen=True)
class Budget:
    """What a fit may cost at the most.

    Parameters
    ----------
    max_epochs : int
        Passes over the samples.
    batch_size : int
        Samples in a step.
    patience : int
        Epochs without a better validation loss.
    """

    max_epochs: int
    batch_size: int
    patience: int


def make_budget(
    samples: int, max_epochs: int | Auto, batch_size: int | Auto, patience: int | Auto
) -> Budget:
    """Return the budget of a fit on `samples` samples; only "auto" is replaced.

    Examples
    --------
    >>> from stforecast._training.budget import make_budget
    >>> make_budget(40, "auto", "auto", "auto")
    Budget(max_epochs=100, batch_size=8, patience=20)
    >>> make_budget(100_000, "auto", "auto", "auto")
    Budget(max_epochs=50, batch_size=64, patience=10)
    """
    size = max(1, min(BATCH, samples // SHARE)) if batch_size == "auto" else batch_size
    steps = max(1, ceil(samples / size))  # in an epoch
    return Budget(
        max_epochs=max(EPOCHS, ceil(STEPS / steps)) if max_epochs == "auto" else max_epochs,
        batch_size=size,
        patience=max(PATIENCE, ceil(PATIENT_STEPS / steps)) if patience == "auto" else patience,
    )
