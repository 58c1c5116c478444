"""The encoder-forecaster of moving digits, in the two sizes that can be run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stforecast import ConvLSTMForecaster, Training
from stforecast.estimators import ConvLSTMLayers, RolloutDecoder


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


SHORT = Setting("short", 500, 200, 32, 1, 3, 16, 8, 0.004)
FULL = Setting("full", 10_000, 10_000, 128, 4, 5, 200, 16, 0.0005)


def network(setting: Setting, checkpoint: Path | None, verbose: int) -> ConvLSTMForecaster:
    """Return the encoder-forecaster."""
    return ConvLSTMForecaster(
        setting.hidden_channels,
        setting.kernel_size,
        baseline=None,
        layers=ConvLSTMLayers(num_layers=setting.num_layers),
        decoder=RolloutDecoder(
            setting.kernel_size, teacher_forcing=0.5, sampling_epochs=setting.epochs // 2
        ),
        lr=setting.lr,
        max_epochs=setting.epochs,
        batch_size=setting.batch_size,
        training=Training(validation_fraction=0, schedule="one-cycle", checkpoint=checkpoint),
        random_state=0,
        verbose=verbose,
    )
