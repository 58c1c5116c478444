"""The encoder-forecaster of moving digits, in the sizes that can be run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sklearn.pipeline import Pipeline, make_pipeline

from stforecast import ConvLSTMForecaster, Training
from stforecast.estimators import BoundedDecoder, Compute, ConvLSTMLayers, RolloutDecoder
from stforecast.windows import FoldSpace

GREY = (0.0, 255.0)


@dataclass(frozen=True)
class Setting:
    """How many films, and how large a network, for how long."""

    name: str
    films: int
    test_films: int
    hidden_channels: int
    num_layers: int
    kernel_size: int
    epochs: int
    batch_size: int
    lr: float
    patch: int = 4  # cells on a side that become channels
    precision: str = "single"
    teacher_forcing: float = 0.5


HOUR = Setting("hour", 4000, 500, 64, 1, 3, 10, 8, 0.003)
COARSE = Setting("coarse", 8000, 500, 128, 1, 3, 10, 8, 0.003, patch=8, precision="bfloat16")
SHORT = Setting("short", 500, 200, 32, 1, 3, 16, 8, 0.004)
FULL = Setting("full", 10_000, 10_000, 128, 4, 5, 200, 16, 0.0005)


def network(setting: Setting, checkpoint: Path | None, verbose: int) -> Pipeline:
    """Return the encoder-forecaster on blocks of cells, whose forecasts are grey values."""
    rollout = RolloutDecoder(
        setting.kernel_size,
        teacher_forcing=setting.teacher_forcing,
        sampling_epochs=max(1, setting.epochs // 2) if setting.teacher_forcing else None,
    )
    forecaster = ConvLSTMForecaster(
        setting.hidden_channels,
        setting.kernel_size,
        baseline=None,
        layers=ConvLSTMLayers(num_layers=setting.num_layers),
        decoder=BoundedDecoder(GREY, decoder=rollout),
        lr=setting.lr,
        max_epochs=setting.epochs,
        batch_size=setting.batch_size,
        training=Training(
            validation_fraction=0,
            schedule="one-cycle",
            checkpoint=checkpoint,
            compute=Compute(precision=setting.precision),
        ),
        random_state=0,
        verbose=verbose,
    )
    return make_pipeline(FoldSpace(setting.patch), forecaster)
