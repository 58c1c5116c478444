"""The ConvLSTM on temperature maps: what can be set, and how a setting becomes forecasts."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.era5.maps import (
    Maps,
    anomaly_windows,
    change_windows,
    forecast_anomaly,
    forecast_change,
)
from stforecast import ConvLSTMForecaster, Training
from stforecast.estimators import RolloutDecoder

EVERY = 2  # hours between the training windows of a network alone: neighbours are nearly the same


def network(
    dropout: float, lr: float, max_epochs: int, seed: int, baseline: str | None
) -> ConvLSTMForecaster:
    """Return a ConvLSTM whose forecast is a map, like its input."""
    return ConvLSTMForecaster(
        hidden_channels=8,
        kernel_size=3,
        baseline=baseline,
        dropout=dropout,
        decoder=RolloutDecoder(kernel_size=3),
        lr=lr,
        max_epochs=max_epochs,
        batch_size=16,
        training=Training(schedule="cosine", patience=4),
        random_state=seed,
    )


def forecast(
    maps: Maps,
    lead: int,
    seed: int,
    *,
    lookback: int,
    dropout: float,
    lr: float,
    max_epochs: int,
    baseline: str | None = None,
) -> tuple[np.ndarray, np.ndarray | None, float]:
    """Train on what lies before the end, and forecast every map from there on.

    Returns
    -------
    ours : ndarray of shape (hours, H, W)
        Forecasts, in kelvin.
    base : ndarray of shape (hours, H, W) or None
        Those of the baseline alone, where the network stands on one.
    share : float
        Share of the network's correction.
    """
    model = network(dropout, lr, max_epochs, seed, baseline)
    if baseline is None:
        (X, y), Z = change_windows(maps, lead=lead, lookback=lookback)
        model.fit(X[::EVERY], y[::EVERY])
        return forecast_change(maps, lead, model.predict(Z)), None, model.network_share_
    (X, y), Z = anomaly_windows(maps, lead=lead, lookback=lookback)
    model.fit(X, y)
    base = forecast_anomaly(maps, model.baseline_.predict(Z))
    return forecast_anomaly(maps, model.predict(Z)), base, model.network_share_
