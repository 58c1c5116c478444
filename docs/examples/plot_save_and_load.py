"""
Save today, load tomorrow
=========================

A fitted forecaster goes into a file of data that runs no code. Another process loads it, takes in
the day that has passed, and forecasts on.
"""

import tempfile
from pathlib import Path

from stforecast import LSTMForecaster, SeriesForecaster
from stforecast.datasets import load_household_power
from stforecast.persistence import load, save

power = load_household_power("D")[["Global_active_power"]] / 60  # kWh a day
network = LSTMForecaster(16, baseline="ridge", max_epochs=10, random_state=0)
model = SeriesForecaster(network, lookback=28, horizon=7, calibration=182)
model.fit(power[:"2010-09"])

file = Path(tempfile.mkdtemp()) / "power.stf"
save(model, file)
print(f"{file.stat().st_size / 1e6:.2f} MB")

# %%
# What comes back forecasts the same, to the last digit.
import numpy as np

daily = load(file)
np.testing.assert_array_equal(daily.forecast(), model.forecast())

# %%
# A job that runs each morning: take in yesterday, forecast the week, keep the file. Here are sixty
# mornings; the network is trained once.
import pandas as pd

mornings = []
for day in power["2010-10":].index[:60]:
    daily.update(power.loc[[day]])
    mornings.append(daily.forecast().iloc[[0]])
save(daily, file)
tomorrow = pd.concat(mornings)

# %%
import matplotlib.pyplot as plt

truth = power.loc[power.index.intersection(tomorrow.index)]
_, axes = plt.subplots(figsize=(9, 3.2), layout="constrained")
axes.plot(truth.index, truth, color="0.6", lw=2, label="measured")
axes.plot(tomorrow.index, tomorrow, "C0.-", label="forecast in the morning of the day before")
axes.set(ylabel="kWh a day", title="Sixty mornings")
axes.legend(fontsize="small")

# %%
# Beside the mean of the training days and the ridge alone, from the same mornings:
from sklearn.dummy import DummyRegressor


def error(forecasts):
    """Mean absolute error, in kWh."""
    return float(np.abs(forecasts.loc[truth.index] - truth).to_numpy().mean())


def one_ahead(estimator):
    """Return the forecasts for the next day, without training in between."""
    single = SeriesForecaster(estimator, lookback=28, horizon=7).fit(power[:"2010-09"])
    first = single.backtest(power["2010-10":]).xs(1, axis=1, level="step")
    return first.set_axis(first.index + power.index.freq)


reach = one_ahead(DummyRegressor())
truth = truth.loc[truth.index.intersection(reach.index)]
errors = {
    "ridge and network": error(tomorrow),
    "ridge alone": error(one_ahead(daily.estimator_.baseline_)),
    "mean of the training days": error(reach),
}
for name, value in errors.items():
    print(f"{name}: {value:.2f} kWh")
assert errors["ridge and network"] < errors["mean of the training days"]
assert errors["ridge and network"] < 1.05 * errors["ridge alone"]
