"""
What is known ahead
===================

A shop plans its prices weeks ahead. A model that reads the plan knows of next week's sale; one
that reads the past alone cannot.
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
days = pd.date_range("2022-01-01", periods=1000, name="day")
weeks_on_sale = rng.random(len(days) // 7 + 1) < 0.2
plan = pd.DataFrame({"discount": np.repeat(weeks_on_sale, 7)[: len(days)] * 0.3}, index=days)
weekday = 1 + 0.3 * np.sin(2 * np.pi * days.dayofweek / 7)
effect = 1 + 2.5 * plan["discount"] * (1 + 0.5 * (days.dayofweek >= 5))
sold = pd.DataFrame({"units": 200 * weekday * effect * rng.gamma(100, 0.01, len(days))})

# %%
# ``known`` is a table by time that reaches over the days to be forecast. In ``fit`` it belongs to
# the rows of the series; ``forecast`` takes the days that follow. Only what is known in advance may
# stand in it: prices and offers, but not the units sold, which are to be forecast.
from stforecast import LSTMForecaster, SeriesForecaster

train, test = sold[:800], sold[800:]
network = LSTMForecaster(16, baseline="ridge", max_epochs=20, random_state=0)
model = SeriesForecaster(network, lookback=28, horizon=14, target="units")
model.fit(train, known=plan)  # the plan reaches further than the table, which is all right
model.forecast().round().head(3)

# %%
# Four fortnights, each forecast from all days before it, with the plan and without.
import matplotlib.pyplot as plt

blind = SeriesForecaster(network, lookback=28, horizon=14, target="units").fit(train)
figure, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
span = test[:56]
axes.plot(span.index, span["units"], color="0.6", lw=2.5, label="sold")
for name, one, style in (("with the plan", model, "C0-"), ("without", blind, "C1--")):
    forecasts = one.backtest(test, stride=14).xs("units", axis=1, level="target")
    path = np.ravel(forecasts.iloc[:4])
    axes.plot(test.index[: len(path)], path, style, label=name)
axes.fill_between(
    span.index, 0, 1, plan["discount"].loc[span.index] > 0, alpha=0.15, color="C2",
    transform=axes.get_xaxis_transform(), label="30 % off",
)  # fmt: skip
axes.set(ylabel="units a day", title="A fortnight ahead")
axes.legend(ncols=4, loc="upper center", fontsize="small")

# %%
# The difference over all origins of the test, beside the mean of the training days and beside the
# baseline, a ridge that reads the same plan, alone.
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error


def error(single):
    """Mean absolute error of the forecasts from every origin of the test, in units."""
    forecasts, truth = single.paired_forecasts(test)
    return mean_absolute_error(truth, forecasts)


def fitted(estimator):
    """Fit with the plan."""
    single = SeriesForecaster(estimator, lookback=28, horizon=14, target="units")
    return single.fit(train, known=plan)


errors = {
    "with the plan": error(model),
    "without": error(blind),
    "ridge alone, with the plan": error(fitted(model.estimator_.baseline_)),
    "mean of the training days": error(fitted(DummyRegressor())),
}
for name, value in errors.items():
    print(f"{name}: {value:.1f} units a day")
assert errors["with the plan"] < 0.6 * errors["without"]
assert errors["with the plan"] < 1.02 * errors["ridge alone, with the plan"]
assert errors["with the plan"] < errors["mean of the training days"]
