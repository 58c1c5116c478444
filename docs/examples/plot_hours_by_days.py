"""
Hours by days
=============

Hourly power has two neighbourhoods: the hours before, and the same hour of the days before.
``FoldTime`` makes each day a frame of 24 cells, so that a convolution sees both.
"""

from sklearn.pipeline import make_pipeline

from stforecast import ConvLSTMForecaster, FoldTime, make_windows
from stforecast.datasets import load_household_power

power = load_household_power("h")["Global_active_power"] / 60  # kWh an hour
days = power["2009":]
X, y = make_windows(days, lookback=7 * 24, horizon=24, stride=8)
FoldTime(width=24).fit_transform(X).shape  # windows, days, channels, rows, hours

# %%
# A window as the network sees it, and the day that follows.
import matplotlib.pyplot as plt
import numpy as np

sample = 60
figure, axes = plt.subplots(2, 1, figsize=(9, 4), layout="constrained", height_ratios=[7, 1.4])
week = np.asarray(FoldTime(width=24).fit_transform(X[[sample]]))[0, :, 0, 0]
style = {"aspect": "auto", "cmap": "viridis", "vmin": 0, "vmax": week.max()}
image = axes[0].imshow(week, **style)
axes[1].imshow(np.asarray(y.iloc[sample])[None], **style)
axes[0].set(ylabel="day (0 ends at the origin)", yticks=range(7), yticklabels=range(-6, 1))
axes[1].set(xlabel="hours after the origin's own hour", yticks=[], ylabel="target")
figure.colorbar(image, ax=axes, label="kWh an hour")

# %%
# The last fifth of the windows is the test. Baseline and network read the same windows.
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error

from stforecast import Flatten

cut = len(X) * 4 // 5
train, test = slice(0, cut - 3), slice(cut, None)  # three origins of eight hours: a whole horizon
network = ConvLSTMForecaster(8, (1, 3), baseline="ridge", max_epochs=10, random_state=0)
model = make_pipeline(FoldTime(width=24), network).fit(X[train], y.iloc[train])
mean = make_pipeline(Flatten(), DummyRegressor()).fit(X[train], y.iloc[train])
forecasts = {
    "days as frames, on a ridge": model.predict(X[test]),
    "ridge alone": model[-1].baseline_.predict(model[:-1].transform(X[test])),
    "mean of the training hours": mean.predict(X[test]),
    "same hour a day before": np.asarray(X[test])[:, -24:, 0],
}
errors = {name: mean_absolute_error(y.iloc[test], forecast) for name, forecast in forecasts.items()}
for name, value in errors.items():
    print(f"{name}: {value:.3f} kWh an hour")
first = "days as frames, on a ridge"
assert errors[first] < errors["mean of the training hours"]
assert errors[first] < errors["same hour a day before"]
assert errors[first] < 1.02 * errors["ridge alone"]
