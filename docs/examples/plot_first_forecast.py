"""
A first forecast
================

From a table to a forecast of the next seven days with its band, and to the question whether it is
any good.
"""

from stforecast import LSTMForecaster, SeriesForecaster
from stforecast.datasets import load_household_power

power = load_household_power("D")[["Global_active_power"]] / 60  # kW summed over minutes, so kWh
power.columns = ["consumption"]
power.tail()

# %%
# Fit on all days up to June 2010. The latest 182 of them are kept from training: the errors made on
# them say how wide the band must be.
network = LSTMForecaster(16, baseline="ridge", max_epochs=15, random_state=0)
model = SeriesForecaster(network, lookback=28, horizon=7, calibration=182)
model.fit(power[:"2010-06"])
model.forecast().round(1)

# %%
# Four weeks measured, seven days to come, and between which bounds four days in five should lie.
import matplotlib.pyplot as plt

from stforecast.inspection import ForecastDisplay

_, axes = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
ForecastDisplay.from_predictions(
    power["2010-06":"2010-07-07"],
    model.forecast(),
    interval=model.forecast_interval(coverage=0.8),
    ax=axes,
)
axes.legend(loc="lower left", ncols=3)
_ = axes.set(
    xlabel="",
    ylabel="consumption in kWh a day",
    ylim=(8, None),
    title="One household, June and the first week of July 2010",
)

# %%
# Is it any good?
# ---------------
# Forecasts from every day of the five months that follow, beside the mean of the training days
# (``DummyRegressor``) and beside the ridge regression that the network corrects, alone.
from sklearn.dummy import DummyRegressor

from stforecast import forecast_scorer

scorer = forecast_scorer("neg_root_mean_squared_error")


def error(estimator):
    """Root mean squared error over all days of the test, in kWh."""
    single = SeriesForecaster(estimator, lookback=28, horizon=7)
    return -scorer(single.fit(power[:"2010-06"]), power["2010-07":])


errors = {
    "ridge and network": -scorer(model, power["2010-07":]),
    "ridge alone": error(model.estimator_.baseline_),
    "mean of the training days": error(DummyRegressor()),
}
for name, value in errors.items():
    print(f"{name}: {value:.2f} kWh")
assert errors["ridge and network"] < errors["mean of the training days"]
assert errors["ridge and network"] < 1.02 * errors["ridge alone"]

# %%
# The band was made to hold four days in five. On the days that followed it held
lower, upper = model.backtest(power["2010-07":], coverage=0.8)
ahead = lower.xs(1, axis=1, level="step").index + power.index.freq
truth = power.loc[ahead].to_numpy()
inside = (lower.xs(1, axis=1, level="step") <= truth) & (truth <= upper.xs(1, axis=1, level="step"))
print(f"{inside.to_numpy().mean():.0%} of the next days")
assert 0.65 < inside.to_numpy().mean() < 0.95
