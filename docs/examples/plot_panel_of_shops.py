"""
A panel of shops
================

Sixty shops with the same customers' habits and sizes from 1 to 100. One network is trained across
all of them; each shop is scaled by its own training rows.
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(1)
days = pd.date_range("2023-01-01", periods=240, name="day")
size = np.geomspace(10, 1000, 60)
phase = rng.uniform(0, 2 * np.pi, 60)
season = 1 + 0.4 * np.sin(2 * np.pi * np.arange(240)[:, None] / 7 + phase)
# after a busy week customers have what they need, and a quiet week follows
busy = np.cumsum(rng.normal(0, 0.05, (240, 60)), axis=0)
demand = size * season * np.exp(np.sin(3 * busy)) * rng.gamma(50, 1 / 50, (240, 60))
shops = pd.concat(
    {f"shop {n:02d}": pd.DataFrame({"sold": demand[:, n]}, days) for n in range(60)},
    names=["shop"],
)
shops.tail(3).round(1)

# %%
# ``RelativeForecaster(level="series", scale=True)`` learns level and scale of each shop, forecasts
# come back in the shop's own units.
from stforecast import LSTMForecaster, RelativeForecaster, SeriesForecaster

train = shops[shops.index.get_level_values("day") < "2023-07-01"]
network = LSTMForecaster(24, baseline=None, max_epochs=8, random_state=0)
panel = RelativeForecaster(network, level="series", scale=True)
model = SeriesForecaster(panel, lookback=21, horizon=7).fit(train)
model.forecast().head(3).round(1)

# %%
# Four shops of different sizes, and the week that follows their training days.
import matplotlib.pyplot as plt

forecast = model.forecast()["sold"]
figure, axes = plt.subplots(1, 4, figsize=(10, 2.8), layout="constrained", sharex=True)
for place, n in zip(axes, (0, 20, 40, 59), strict=True):
    name = f"shop {n:02d}"
    shops.loc[name, "sold"]["2023-06-10":"2023-07-07"].plot(ax=place, color="0.6", lw=2)
    forecast[name].plot(ax=place, color="C0", ls="--", marker=".")
    place.set(title=name, xlabel="", ylim=(0, None))
axes[0].set_ylabel("sold a day (grey), forecast (blue)")

# %%
# Shops weigh alike when errors are divided by the shop's mean. Beside the mean of each shop, and
# beside the same network trained without scaling.
from sklearn.dummy import DummyRegressor


def error(estimator):
    """Mean absolute error over the days from July on, in parts of each shop's mean."""
    single = SeriesForecaster(estimator, lookback=21, horizon=7).fit(train)
    rest = shops[shops.index.get_level_values("day") >= "2023-07-01"]
    forecasts = single.backtest(rest)
    truth = shops["sold"].unstack("shop").sort_index()
    total = []
    for step in range(1, 8):
        ahead = forecasts.xs(step, axis=1, level="step")["sold"].unstack("shop")
        actual = truth.reindex(ahead.index + pd.Timedelta(step, "D"))
        total.append(np.abs(ahead.to_numpy() - actual.to_numpy()) / actual.mean().to_numpy())
    return float(np.nanmean(total))


errors = {
    "one network, each shop scaled": error(panel),
    "one network, not scaled": error(network),
    "mean of each shop": error(RelativeForecaster(DummyRegressor(), level="series")),
}
for name, value in errors.items():
    print(f"{name}: {value:.0%} of the shop's mean")
assert errors["one network, each shop scaled"] < errors["mean of each shop"]
assert errors["one network, each shop scaled"] < errors["one network, not scaled"]
