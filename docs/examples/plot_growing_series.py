"""
A series that grows
===================

Twelve years of airline passengers, month by month. A network alone never saw numbers as high as
the next ones; a baseline on logarithms, relative to the last month, has no trouble with them.
"""

from sktime.datasets import load_airline

passengers = load_airline()  # thousands of passengers by month, 1949 to 1960
passengers.tail(3)

# %%
# ``baseline=`` is what the network stands on. ``WindowRidge`` forecasts the change from the last
# month of the window; ``log=True`` makes that a ratio, which suits a growth in percent.
from stforecast import LSTMForecaster, SeriesForecaster
from stforecast.estimators import WindowRidge

train, test = passengers[:"1957"], passengers["1958":]
growth = WindowRidge(log=True)
network = LSTMForecaster(8, baseline=growth, max_epochs=20, random_state=0)
model = SeriesForecaster(network, lookback=24, horizon=12).fit(train)
model.forecast().head(3).round()

# %%
# The share is 0 where blocks in time say that the network adds nothing. On 85 windows of one
# smooth series that is a sound answer, and the forecast is that of the ridge.
print("share of the network's correction:", model.estimator_.network_share_)

# %%
# Three years of forecasts, each made twelve months before.
import matplotlib.pyplot as plt

from stforecast.inspection import ForecastDisplay

_, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
ForecastDisplay.from_estimator(model, test, ax=axes)
_ = axes.set(ylabel="thousands of passengers a month", title="Forecasts twelve months ahead")

# %%
# Beside the mean of the training months, the same month of the year before, a network alone, and
# the baseline alone:
import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error


def error(estimator):
    """Mean absolute error of all forecasts of 1958 to 1960, in thousands of passengers."""
    single = SeriesForecaster(estimator, lookback=24, horizon=12).fit(train)
    forecasts, truth = single.paired_forecasts(test)
    return mean_absolute_error(truth, forecasts)


alone = LSTMForecaster(8, baseline=None, max_epochs=20, random_state=0)
last_year = np.abs(passengers - passengers.shift(12))["1958":].mean()
errors = {
    "mean of the training months": error(DummyRegressor()),
    "network alone": error(alone),
    "same month a year before": last_year,
    "ridge on logarithms": error(growth),
    "ridge and network": error(network),
}
for name, value in errors.items():
    print(f"{name}: {value:.0f} thousand")
assert errors["ridge and network"] < 0.7 * errors["same month a year before"]
assert errors["ridge and network"] < errors["mean of the training months"]
assert errors["ridge and network"] <= 1.02 * errors["ridge on logarithms"]
