"""
A network of one's own
======================

A recurrent cell that the library does not have, a convolutional minimal gated unit, in a ConvLSTM's
place. It needs two methods; windows, scaling, training and early stopping stay the library's.
"""

import torch
from torch import nn


class MinimalGatedCell(nn.Module):
    """A gated unit with one gate, whose states are maps (Zhou et al. 2016, arXiv:1603.09420).

    ``project`` is what a step needs of the frame alone, and runs over all frames at once; ``step``
    goes from one state to the next. A cell without a memory of its own returns ``(h, h)``.
    """

    def __init__(self, in_channels, hidden_channels, kernel_size=3):
        super().__init__()
        self.hidden_channels = hidden_channels
        self.frame = nn.Conv2d(in_channels, 2 * hidden_channels, kernel_size, padding="same")
        self.gate = nn.Conv2d(hidden_channels, hidden_channels, kernel_size, padding="same")
        self.candidate = nn.Conv2d(hidden_channels, hidden_channels, kernel_size, padding="same")

    def project(self, frames):
        """Frames [N, C, H, W] to what gate and candidate add up, [N, 2 F, H, W]."""
        return self.frame(frames)

    def step(self, projected, state):
        """Return the next state, each part [B, F, H, W]."""
        hidden, _ = state
        for_gate, for_candidate = projected.chunk(2, dim=1)
        gate = torch.sigmoid(for_gate + self.gate(hidden))
        candidate = torch.tanh(for_candidate + self.candidate(gate * hidden))
        hidden = (1 - gate) * hidden + gate * candidate
        return hidden, hidden


# %%
# The class goes where a cell's name would. Waves run over a field of 6 x 8 sensors.
import numpy as np

from stforecast import ConvLSTMForecaster, ConvLSTMLayers, make_windows

rng = np.random.default_rng(0)
time, y_axis, x_axis = np.ogrid[:320, :6, :8]
field = np.sin(0.5 * time - 0.8 * x_axis) * np.cos(0.17 * time + 0.5 * y_axis)
field = field + rng.normal(0, 0.1, field.shape)
X, y = make_windows(field, lookback=6, horizon=2)
train, test = X[:240], X[246:]

network = ConvLSTMForecaster(
    12,
    baseline=None,
    layers=ConvLSTMLayers(cell=MinimalGatedCell),
    decoder="rollout",
    max_epochs=15,
    lr=0.01,
    random_state=0,
)
network.fit(train, y[:240])

# %%
# Two steps of the field, truth, forecast and difference.
from stforecast.inspection import FramesDisplay

truth, forecast = np.asarray(y[246:]), network.predict(test)
FramesDisplay.from_predictions(test.unflatten(truth)[0], test.unflatten(forecast)[0])

# %%
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_squared_error

last = np.tile(np.asarray(test)[:, -1].reshape(len(test), -1), 2)
mean = DummyRegressor().fit(np.zeros((240, 1)), np.asarray(y[:240]))
errors = {
    "minimal gated unit": mean_squared_error(truth, forecast),
    "last map": mean_squared_error(
        truth, np.tile(np.asarray(test)[:, -1].reshape(len(test), -1), 2)
    ),
    "mean map": mean_squared_error(truth, mean.predict(np.zeros((len(test), 1)))),
}
for name, value in errors.items():
    print(f"{name}: mean squared error {value:.3f} (waves have a height of 1)")
assert errors["minimal gated unit"] < 0.7 * errors["last map"]
assert errors["minimal gated unit"] < errors["mean map"]
