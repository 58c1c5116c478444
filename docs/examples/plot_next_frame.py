"""
The next frame
==============

Short films of a digit that moves and bounces. A ConvLSTM reads six frames and rolls out the next
three.
"""

from stforecast.datasets import make_moving_digits

films = make_moving_digits(260, n_frames=9, size=64, n_digits=1, random_state=0)
frames = films.reshape(260, 9, 16, 4, 16, 4).mean(axis=(3, 5)) / 255  # grey from 0 to 1
frames.shape  # films, frames, rows, columns

# %%
# ``decoder="rollout"`` starts a second ConvLSTM from the states of the first, and feeds each frame
# that it makes back in. ``make_windows`` takes a list of films; no window crosses into the next.
import numpy as np

from stforecast import ConvLSTMForecaster, RolloutDecoder, Training, make_windows

X, y = make_windows(list(frames), lookback=6, horizon=3)
train, test = slice(0, 220), slice(220, None)
network = ConvLSTMForecaster(
    16,
    5,
    baseline=None,
    decoder=RolloutDecoder(5),
    max_epochs=12,
    batch_size=16,
    lr=0.01,
    training=Training(validation_fraction=0.0),
    random_state=0,
)
network.fit(X[train], y[train])
forecast = X[test].unflatten(network.predict(X[test]))
forecast.shape  # films, frames, channels, rows, columns

# %%
from stforecast.inspection import FramesDisplay

FramesDisplay.from_predictions(frames[220, 6:], forecast[0, :, 0])

# %%
# Beside the last frame repeated, and the mean of all films.
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_squared_error

truth = np.asarray(y[test])
mean = DummyRegressor().fit(np.zeros((220, 1)), np.asarray(y[train]))
forecasts = {
    "ConvLSTM": forecast.reshape(len(forecast), -1),
    "last frame": np.tile(frames[220:, 5].reshape(len(forecast), -1), 3),
    "mean of the films": mean.predict(np.zeros((len(forecast), 1))),
}
errors = {name: mean_squared_error(truth, maps) for name, maps in forecasts.items()}
for name, value in errors.items():
    print(f"{name}: mean squared error {value:.4f} (pixels are 0 to 1)")
assert errors["ConvLSTM"] < errors["mean of the films"]
assert errors["ConvLSTM"] < 0.6 * errors["last frame"]
