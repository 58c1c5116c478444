"""
Intervals, tried over a year
============================

A band that says "four days in five" can be checked: forecast from every day of a later year, and
count.
"""

from stforecast import SeriesForecaster, SplitConformal
from stforecast.datasets import load_household_power
from stforecast.estimators import WindowRidge
from stforecast.series import AdaptiveConformal

power = load_household_power("D")[["Global_active_power"]] / 60  # kWh a day
train, test = power[:"2009-11"], power["2009-12":]

# %%
# ``SplitConformal`` keeps the latest origins from training; the errors made on them are the width.
# ``AdaptiveConformal`` widens the band after misses and narrows it after hits. Any regressor will
# do: here the ridge regression that networks stand on, which fits in milliseconds.

shown = {"fixed": SplitConformal(182), "adaptive": AdaptiveConformal(SplitConformal(182))}
bands = {}
for name, calibration in shown.items():
    model = SeriesForecaster(WindowRidge(), lookback=28, horizon=7, calibration=calibration)
    bands[name] = model.fit(train).backtest(test, coverage=0.8)


def one_day_ahead(table):
    """Return the first step of forecasts by origin, at the day that it is of."""
    first = table.xs(1, axis=1, level="step")["Global_active_power"]
    return first.set_axis(first.index + power.index.freq)


lower, upper = (one_day_ahead(side) for side in bands["adaptive"])
truth = power["Global_active_power"].loc[lower.index]

# %%
import matplotlib.pyplot as plt

_, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
axes.fill_between(lower.index, lower, upper, color="C0", alpha=0.3, label="80 %, one day ahead")
axes.plot(truth.index, truth, color="0.3", lw=0.8, label="measured")
outside = truth[(truth < lower) | (truth > upper)]
axes.plot(outside.index, outside, "x", color="C3", ms=4, label="outside")
axes.set(ylabel="kWh a day", title="A year of daily forecasts")
axes.legend(ncols=3, fontsize="small")

# %%
# The shares that lie inside, over all seven steps:
import numpy as np

index = bands["fixed"][0].index
positions = power.index.get_indexer(index)
values = power["Global_active_power"].to_numpy()
ahead = np.stack([values[positions + step] for step in range(1, 8)], axis=1)
for name, (low, high) in bands.items():
    inside = float(((low.to_numpy() <= ahead) & (ahead <= high.to_numpy())).mean())
    width = float(np.mean(high.to_numpy() - low.to_numpy()))
    print(f"{name}: {inside:.0%} inside, {width:.1f} kWh wide")
    assert 0.72 < inside < 0.88

# %%
# A band must also be narrow. One around the mean of the training days (``DummyRegressor``) covers
# as often, and says less.
from sklearn.dummy import DummyRegressor

model = SeriesForecaster(DummyRegressor(), lookback=28, horizon=7, calibration=SplitConformal(182))
low, high = model.fit(train).backtest(test, coverage=0.8)
dummy = float(np.mean(high.to_numpy() - low.to_numpy()))
print(f"around the mean: {dummy:.1f} kWh wide")
assert width < dummy
