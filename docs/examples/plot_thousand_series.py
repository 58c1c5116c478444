"""
A thousand series
=================

From a long table of 1,344 series to forecasts, intervals and a table of errors by series. One
network learns from all of them. The series are real: each is one of a household's eight
power readings at one hour of the week, week after week.
"""

import pandas as pd

from stforecast.datasets import load_household_power

hours = load_household_power("h", aggregate="mean").loc["2006-12-18":"2010-11-21"]  # whole weeks
table = hours.rename_axis("time").reset_index().melt("time", var_name="reading", value_name="power")
table["week"] = table["time"].dt.to_period("W").dt.start_time
table["series"] = table["reading"] + table["time"].dt.strftime(" %a %H:00")
table = table[["series", "week", "power"]]
table.sample(5, random_state=0)

# %%
# ``load_panel`` reads such a table, or Parquet files of it, and gives it the index of a panel. The
# last 26 weeks are kept for the end.
from stforecast.datasets import load_panel

panel = load_panel(table, series="series", time="week")
weeks = panel.index.get_level_values("week")
spread = panel["power"][weeks < "2010-05-24"].groupby(level="series").std()
panel = panel[panel.index.isin(spread.index[spread > 0], level="series")]  # some are 0 throughout
weeks = panel.index.get_level_values("week")
train, test = panel[weeks < "2010-05-24"], panel[weeks >= "2010-05-24"]
print(f"{panel.index.get_level_values('series').nunique():,} series, {len(panel):,} rows")

# %%
# Volts and kilowatts look alike once level and scale of each window are out. The
# latest twelve origins of each series are kept from training, to calibrate the intervals.
from stforecast import LSTMForecaster, RelativeForecaster, SeriesForecaster
from stforecast.series import SplitConformal

network = LSTMForecaster(16, baseline=None, max_epochs=8, batch_size=256, random_state=0)
sizes = {"lookback": 26, "horizon": 4, "stride": 4}
model = SeriesForecaster(
    RelativeForecaster(network, "mean", scale=True), calibration=SplitConformal(12), **sizes
).fit(train)
model.forecast().head(8).round(2)

# %%
# Intervals are those of each series: as wide as its own errors were.
interval = model.forecast_interval(coverage=0.8)
interval.table().sample(4, random_state=1).round(2)

# %%
# Errors by series, over every origin of the last 26 weeks, as a share of the series' standard
# deviation. Beside the network stand the mean of each window, and for every twelfth series a ridge
# regression that learned from this series alone, its penalty too.
import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import RidgeCV


def errors(fitted, rows):
    """Mean absolute error of each series over all origins of some rows."""
    forecasts, truth = fitted.paired_forecasts(rows)
    each = pd.Series(np.abs(forecasts - truth).mean(axis=1), fitted.backtest(rows).index)
    mean = each.groupby(level="series").mean()
    return mean / spread[mean.index]


mean = SeriesForecaster(RelativeForecaster(DummyRegressor(), "mean"), **sizes).fit(train)
by_series = pd.DataFrame({"one network": errors(model, test), "mean": errors(mean, test)})
some, ridge = by_series.index[::12], RidgeCV(np.logspace(0, 5, 6))
own = [
    SeriesForecaster(RelativeForecaster(ridge, "mean"), **sizes).fit(train.loc[[one]])
    for one in some
]
ridges = [errors(one, test.loc[[name]]) for one, name in zip(own, some, strict=True)]
by_series["own ridge"] = pd.concat(ridges)
by_series.sort_values("one network").iloc[:: len(by_series) // 6].round(2)

# %%
# The network is better than the mean, in most series and on average. A ridge that each series
# chooses for itself is level with it here: half a year of weeks in the window says most of what
# there is to say. It takes a fit for each series, where the network takes one for all.
for name in ("mean", "own ridge"):
    pairs = by_series.dropna(subset=[name])
    better = (pairs["one network"] < pairs[name]).mean()
    difference = (pairs["one network"] - pairs[name]).mean()
    print(f"better than {name} in {better:.0%} of {len(pairs)} series, {difference:+.3f}")
beside = by_series.dropna()
assert abs((beside["one network"] - beside["own ridge"]).mean()) < 0.05
assert by_series["one network"].mean() < by_series["mean"].mean()
assert (by_series["one network"] < by_series["mean"]).mean() > 0.5

# %%
# The picture shows both: errors by series, and one series with its interval.
import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
left.scatter(beside["own ridge"], beside["one network"], s=12, color="C0")
ends = [0.01, 10]
left.plot(ends, ends, color="0.6", lw=1)
left.set(
    xlabel="own ridge: error, in standard deviations",
    ylabel="one network for all",
    xscale="log",
    yscale="log",
)
name = "Global_active_power Mon 19:00"
panel.loc[name, "power"].iloc[-60:].plot(ax=right, color="0.5")
lower, upper = (side.loc[name, "power"] for side in interval)
right.fill_between(lower.index, lower, upper, color="C0", alpha=0.4)
_ = right.set(title=name, xlabel="", ylabel="power, kW")
