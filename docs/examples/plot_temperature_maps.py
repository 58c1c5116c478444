"""
Temperature maps with land
==========================

Maps of the sea's surface with land in them, as an xarray object: forecasts come back with dates and
coordinates, and land stays blank. The maps are made here, so that the page needs no download: a
season that depends on the latitude, and warm anomalies that drift eastward and fade.
"""

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import gaussian_filter, shift

rng = np.random.default_rng(0)
days = pd.date_range("2022-01-01", periods=300, name="time")
lat, lon = 60.0 - np.arange(12), -20.0 + np.arange(18)
anomaly = np.zeros((300, 12, 18))
for day in range(1, 300):
    drifted = shift(anomaly[day - 1], (0, 0.6), order=1, mode="wrap")
    anomaly[day] = 0.93 * drifted + gaussian_filter(rng.normal(0, 1.6, (12, 18)), 2)
season = 4 * np.cos(2 * np.pi * (days.dayofyear.to_numpy() - 220) / 365)
kelvin = 285 + season[:, None, None] - 0.4 * (lat - 54)[:, None] + anomaly
kelvin[:, 2:6, 12:] = np.nan  # land
sea = xr.DataArray(
    kelvin,
    {"time": days, "lat": lat, "lon": lon},
    ("time", "lat", "lon"),
    "sst",
    {"units": "K", "long_name": "sea surface temperature"},
)

# %%
# ``missing="mask"`` lets land stay NaN. The stencil is a linear regression on the cells around a
# cell, the same for every place: it finds the drift. Networks stand on it by default.
from stforecast import SeriesForecaster
from stforecast.estimators import Persistence, StencilForecaster

train, test = sea[:220], sea[220:]
options = {"lookback": 4, "horizon": 3, "missing": "mask"}
model = SeriesForecaster(StencilForecaster(3, 2, 1.0), **options).fit(train)
model.forecast().sizes

# %%
# The last three days, what was forecast of them, and the difference.
from stforecast.inspection import FramesDisplay

FramesDisplay.from_estimator(model, sea)

# %%
# Where the forecast beats the last map repeated: the share of its squared error that is avoided, by
# cell, over all days of the test.
from stforecast.inspection import SkillMapDisplay

last = SeriesForecaster(Persistence(), **options).fit(train)
SkillMapDisplay.from_estimator(model, test, last)

# %%
# Over the sea as a whole, beside the last map and the mean map of the training days:
from sklearn.dummy import DummyRegressor

forecast, truth = model.paired_forecasts(test)
repeated, _ = last.paired_forecasts(test)
water = ~np.isnan(train.to_numpy()).all(axis=0).ravel()
flat = train.to_numpy().reshape(len(train), -1)[:, water]
mean = np.full(train[0].size, np.nan)
mean[water] = DummyRegressor().fit(np.zeros((len(train), 1)), flat).predict([[0]])[0]
forecasts = {"stencil": forecast, "last map": repeated, "mean map": np.tile(mean, 3)[None]}
errors = {name: float(np.sqrt(np.nanmean((maps - truth) ** 2))) for name, maps in forecasts.items()}
for name, value in errors.items():
    print(f"{name}: {value:.2f} K")
assert errors["stencil"] < errors["last map"]
assert errors["stencil"] < errors["mean map"]
