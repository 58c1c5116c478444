"""The ConvLSTM on temperature maps: what can be set, and how a setting becomes forecasts."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.era5.maps import Maps, forecast_change, windows
from stforecast import ConvLSTMForecaster, Training
from stforecast.estimators import RolloutDecoder

EVERY = 2  # hours from one training window to the next: neighbours tell nearly the same


def network(dropout: float, lr: float, max_epochs: int, seed: int) -> ConvLSTMForecaster:
    """Return a ConvLSTM whose forecast is a map, like its input."""
    return ConvLSTMForecaster(
        hidden_channels=8,
        kernel_size=3,
        baseline=None,
        dropout=dropout,
        decoder=RolloutDecoder(kernel_size=3),
        lr=lr,
        max_epochs=max_epochs,
        batch_size=16,
        training=Training(schedule="cosine", patience=4),
        random_state=seed,
    )


def forecast(
    maps: Maps, lead: int, seed: int, *, lookback: int, dropout: float, lr: float, max_epochs: int
) -> np.ndarray:
    """Train on what lies before the end, and forecast every map from there on."""
    (X, y), Z = windows(maps, lead=lead, lookback=lookback)
    model = network(dropout, lr, max_epochs, seed).fit(X[::EVERY], y[::EVERY])
    return forecast_change(maps, lead, model.predict(Z))
