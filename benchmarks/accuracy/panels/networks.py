"""One setting for all panels: lookbacks, frames and budgets follow from season and horizon."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

from sklearn.pipeline import make_pipeline

from benchmarks.accuracy.panels.windows import SEASONS, Layout
from stforecast.estimators import (
    ConvLSTMForecaster,
    QuantileDecoder,
    RelativeForecaster,
    Training,
)
from stforecast.windows import FoldTime

SEEDS = 5
BATCH = 64


@dataclass(frozen=True)
class Setting:
    """How a network learns a panel.

    Parameters
    ----------
    seasons : int
        Seasons in a window. Rows before the first of a series are missing.
    steps : int
        Batches in a training.
    log : bool
        Whether logarithms are forecast, where no value is negative.
    quantiles : tuple of float
        Probabilities of lying below what is forecast; of none, the absolute error is trained.
    """

    seasons: int
    steps: int = 2000
    log: bool = True
    quantiles: tuple[float, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, ("ConvLSTM", *astuple(self)[:-1], *self.quantiles)))


COVERAGE = 0.95
MEMBERS = tuple(map(Setting, SEASONS))  # whose forecasts are averaged
# whose outer quantiles are averaged, the bounds of intervals
BOUNDS = tuple(replace(member, quantiles=(0.025, 0.5, 0.975)) for member in MEMBERS)


def network(layout: Layout, windows: int, *, setting: Setting, seed: int) -> RelativeForecaster:
    """Return the network: seasons are frames, and every window has its own level.

    Parameters
    ----------
    layout : Layout
        How windows are cut.
    windows : int
        How many there are to learn from, from which the epochs of the budget follow.
    setting : Setting
        How the network learns.
    seed : int
        Seed of weights and batches.
    """
    loss = "pinball" if setting.quantiles else "mae"
    inner = make_pipeline(
        FoldTime(width=layout.season),
        ConvLSTMForecaster(
            32,
            (1, 3),
            baseline=None,
            decoder=QuantileDecoder(setting.quantiles) if setting.quantiles else "auto",
            lr=0.003,
            batch_size=BATCH,
            max_epochs=max(1, round(setting.steps * BATCH / windows)),
            training=Training(loss=loss, schedule="cosine", validation_fraction=0.0),
            random_state=seed,
        ),
    )
    return RelativeForecaster(inner, "mean", scale=layout.long)
