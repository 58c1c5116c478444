"""Results others have published on the same 46 weeks."""

from __future__ import annotations

# Single runs; J. Brownlee, "Deep Learning for Time Series Forecasting" (2018) and its articles on
# multi-step forecasting of household power. Univariate, daily sums, the protocol of `protocol`.
PUBLISHED = {
    "CNN, univariate": 404.4,
    "ARIMA(7, 0, 0)": 381.6,
    "LSTM encoder-decoder": 372.6,
    "CNN-LSTM": 372.1,
    "ConvLSTM": 367.9,
}
