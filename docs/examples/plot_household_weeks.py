"""
A household, week by week
=========================

Four years of one household's power, by day. Weeks become frames of one row and seven cells, and
the network knows the calendar of the week to come.
"""

from stforecast import ConvLSTMForecaster, FoldTime, SeriesForecaster, calendar_features
from stforecast.datasets import load_household_power

power = load_household_power("D")[["Global_active_power"]] / 60  # kW summed over minutes, so kWh
power.tail().round(1)

# %%
# ``known`` takes a function from days to covariates: in ``fit`` it is asked for the days of the
# table, in ``forecast`` for those to come.
from sklearn.pipeline import make_pipeline

network = ConvLSTMForecaster(kernel_size=(1, 3), baseline=None, max_epochs=15, random_state=0)
model = SeriesForecaster(make_pipeline(FoldTime(width=7), network), lookback=56, horizon=7)
train, test = power[:"2009"], power["2010":]


def calendar(days):
    """Weekday and day of the year."""
    return calendar_features(days, features=("weekday", "yearday"))


model.fit(train, known=calendar)
model.forecast().round(1)

# %%
# Forecasts from every origin of 2010, all in one pass, each seven days ahead.
import matplotlib.pyplot as plt

forecasts = model.backtest(test)
ahead = forecasts.xs(7, axis=1, level="step")["Global_active_power"]
ahead.index = ahead.index + 7 * power.index.freq
truth = power["Global_active_power"].loc[ahead.index]
_, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
axes.plot(truth.index, truth, color="0.6", lw=1, label="measured")
axes.plot(ahead.index, ahead, color="C0", lw=1.6, label="forecast seven days before")
axes.set(ylabel="kWh a day", title="One household in 2010")
axes.legend()

# %%
# Over all origins and all seven days, beside the mean of the training days, the same day of the
# week before, and a ridge regression that reads the same window and the same calendar.
from sklearn.dummy import DummyRegressor
from sklearn.metrics import root_mean_squared_error

from stforecast.estimators import WindowRidge


def error(single):
    """Root mean squared error, in kWh."""
    forecasts, truth = single.paired_forecasts(test)
    return root_mean_squared_error(truth, forecasts)


def fitted(estimator):
    """Fit with the calendar."""
    return SeriesForecaster(estimator, lookback=56, horizon=7).fit(train, known=calendar)


before = power.shift(7)["2010":]
errors = {
    "network": error(model),
    "ridge": error(fitted(WindowRidge())),
    "mean of the training days": error(fitted(DummyRegressor())),
    "same day a week before": root_mean_squared_error(test, before),
}
for name, value in errors.items():
    print(f"{name}: {value:.2f} kWh")
assert errors["network"] < errors["same day a week before"]
assert errors["network"] < errors["mean of the training days"]
assert errors["network"] < 1.03 * errors["ridge"]
