"""
A week of household power
=========================

From a DataFrame to a forecast of the next seven days, and how good such forecasts were.
"""

from stforecast import ConvLSTMForecaster, FoldTime, SeriesForecaster, calendar_features
from stforecast.datasets import load_household_power

power = load_household_power("D")[["Global_active_power"]]
power.tail()

# %%
# Weeks become frames of one row and seven cells; the calendar of the week to come is known.
from sklearn.pipeline import make_pipeline

network = ConvLSTMForecaster(kernel_size=(1, 3), max_epochs=10, random_state=0)
model = SeriesForecaster(make_pipeline(FoldTime(width=7), network), lookback=56, horizon=7)
train, test = power[:"2009"], power["2010":]
model.fit(train, known=lambda days: calendar_features(days, features=("weekday", "yearday")))
model.forecast().round()

# %%
# Forecasts from every origin of 2010, all in one pass, beside the same day a week before.
forecasts = model.backtest(test)
ahead = forecasts.xs(7, axis=1, level="step")["Global_active_power"]
ahead.index = ahead.index + 7 * power.index.freq
truth = power["Global_active_power"].loc[ahead.index]
naive = power["Global_active_power"].shift(7).loc[ahead.index]
print(f"RMSE seven days ahead: {((ahead - truth) ** 2).mean() ** 0.5:.0f}")
print(f"same day a week before: {((naive - truth) ** 2).mean() ** 0.5:.0f}")

# %%
import matplotlib.pyplot as plt

_, axes = plt.subplots(figsize=(9, 3.5))
truth.plot(ax=axes, color="0.6", label="measured")
ahead.plot(ax=axes, label="forecast seven days before")
axes.set(xlabel="", ylabel="sum of kW over minutes")
axes.legend()
