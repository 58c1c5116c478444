"""
Stations on a map
=================

Twelve stations along a coast. A front passes them from west to east, so what one measures now its
neighbours measure later. ``ColumnsToGrid`` puts the columns of a table where the stations stand.
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
hours = pd.date_range("2024-03-01", periods=900, freq="h", name="time")
stations = [[f"{row}{place}" for place in "abcd"] for row in ("north", "mid", "south")]
# temperature at the western edge, and the hours that it takes to reach each column
west = np.convolve(rng.normal(size=940), np.hanning(9), "valid")
columns = {
    name: 10 + 2 * west[20 - 3 * place : 20 - 3 * place + 900] + row + rng.normal(0, 0.4, 900)
    for row, names in enumerate(stations)
    for place, name in enumerate(names)
}
table = pd.DataFrame(columns, index=hours)
table.tail(2).round(1)

# %%
# A ConvLSTM sees frames of 3 x 4 stations. ``None`` in the layout leaves a cell empty.
from sklearn.pipeline import make_pipeline

from stforecast import ColumnsToGrid, ConvLSTMForecaster, make_windows

X, y = make_windows(table, lookback=12, horizon=3)
grid = ColumnsToGrid(stations)
grid.fit_transform(X).shape  # windows, hours, channels, rows, places

# %%
# Five hours of the front.
import matplotlib.pyplot as plt

frames = np.asarray(grid.fit_transform(X[[400]]))[0, -9::2, 0]
figure, axes = plt.subplots(1, 5, figsize=(10, 2.2), layout="constrained", sharey=True)
low, high = frames.min(), frames.max()
for place, frame, ago in zip(axes, frames, range(-8, 1, 2), strict=True):
    image = place.imshow(frame, vmin=low, vmax=high, cmap="coolwarm")
    place.set(title=f"{ago} h", xticks=range(4), xticklabels=list("abcd"))
    place.set(yticks=range(3), yticklabels=["north", "mid", "south"])
figure.colorbar(image, ax=axes, label="temperature in °C")

# %%
# Three hours ahead, on the last quarter of the hours. The last map may be repeated; the
# ridge reads all stations, but does not know which are neighbours.
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error

from stforecast import Flatten

cut = len(X) * 3 // 4
train, test = slice(0, cut - 3), slice(cut, None)
network = ConvLSTMForecaster(8, (3, 3), baseline="ridge", max_epochs=12, random_state=0)
model = make_pipeline(grid, network).fit(X[train], y.iloc[train])
mean = make_pipeline(Flatten(), DummyRegressor()).fit(X[train], y.iloc[train])
forecasts = {
    "ConvLSTM on the grid, on a ridge": model.predict(X[test]),
    "ridge alone": model[-1].baseline_.predict(model[:-1].transform(X[test])),
    "last map": np.tile(np.asarray(X[test])[:, -1], 3),
    "mean of the training hours": mean.predict(X[test]),
}
errors = {name: mean_absolute_error(y.iloc[test], forecast) for name, forecast in forecasts.items()}
for name, value in errors.items():
    print(f"{name}: {value:.2f} °C")
ours = errors["ConvLSTM on the grid, on a ridge"]
assert ours < 0.8 * errors["last map"]
assert ours < errors["mean of the training hours"]
assert ours < 1.02 * errors["ridge alone"]
