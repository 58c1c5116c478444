"""The ConvLSTM on temperature maps: what can be set, and how a setting becomes forecasts."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.era5.maps import Maps, forecast_change, windows
from stforecast import ConvLSTMForecaster, Training
from stforecast.estimators import RolloutDecoder

EVERY = 2  # hours from one training window to the next: neighbours tell nearly the same


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
    # of a constant map the stencil would learn nothing at four times the cost
    constant = [] if baseline else [maps.swing()]
    (X, y), Z = windows(maps, lead=lead, lookback=lookback, constant=constant)
    model = network(dropout, lr, max_epochs, seed, baseline)
    model.fit(X[::EVERY], y[::EVERY])
    base = None
    if model.baseline_ is not None:
        base = forecast_change(maps, lead, model.baseline_.predict(Z))
    return forecast_change(maps, lead, model.predict(Z)), base, model.network_share_
