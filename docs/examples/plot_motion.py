"""
Rain that drifts
================

Made films of rain cells that drift with a wind, grow and decay. Advection carries on what moves;
growth and decay must be learned. The films are synthetic: the errors say nothing of real rain.
"""

from stforecast.datasets import make_rain_cells

films = make_rain_cells(100, n_frames=12, size=32, random_state=0)  # rates in mm an hour
films.shape  # films, frames, channels, rows, columns

# %%
# ``make_windows`` takes a list of films; no window crosses into the next. The last fifth of the
# films is only forecast.
import numpy as np

from stforecast import make_windows

X, y = make_windows(list(films), lookback=4, horizon=6)
first = len(X) * 4 // 5
train, test = slice(0, first), slice(first, None)

# %%
# `Advection` finds the shift under which the last maps are most alike, and moves everything on.
from stforecast.estimators import Advection

advection = Advection().fit(X[train], y[train])
advection.estimate_motion(X[test][:1]).ravel()  # cells down and across, a frame

# %%
# `StackedBaseline` is what a network of maps stands on by default: a weighted mean of baselines.
# Films that it did not learn from decide the weights of each step. What moves on counts in the
# first steps, and what is usual in the later ones.
from stforecast.estimators import StackedBaseline

stack = StackedBaseline().fit(X[train], y[train])
for member, weights in zip(stack.regressors_, stack.member_weights().round(1), strict=True):
    print(member, weights)

# %%
# A network stands on it, and films held back decide which share of its forecast counts. `FoldSpace`
# makes blocks of cells channels, which saves time. On these few films it adds nothing to the stack:
# its share is 0, and the forecast is that of the stack.
from sklearn.pipeline import make_pipeline

from stforecast import ConvLSTMForecaster, Training
from stforecast.windows import FoldSpace

network = make_pipeline(
    FoldSpace(4),
    ConvLSTMForecaster(
        32,
        lr=0.01,
        max_epochs=30,
        batch_size=16,
        training=Training(schedule="one-cycle"),
        random_state=0,
    ),
)
network.fit(X[train], y[train])
print(f"share of the network: {network[-1].network_share_:.1f}")

# %%
import xarray as xr

from stforecast.inspection import FramesDisplay

truth = X[test].unflatten(np.asarray(y[test]))
forecast = X[test].unflatten(network.predict(X[test]))
measured = xr.DataArray(truth[0, :3, 0], dims=("step", "row", "column"), attrs={"units": "mm/h"})
FramesDisplay.from_predictions(measured.assign_attrs(long_name="rain"), forecast[0, :3, 0])

# %%
# The error of each step, beside the last map repeated and the mean map of all films, which is what
# remains to be said of rain far ahead. The stack is ahead of each at every step.
from sklearn.dummy import DummyRegressor

from stforecast.estimators import Persistence

mean = DummyRegressor().fit(np.zeros((first, 1)), np.asarray(y[train]))
forecasts = {
    "network on the stack": forecast,
    "advection": X[test].unflatten(advection.predict(X[test])),
    "last map": X[test].unflatten(Persistence().fit(X[train], y[train]).predict(X[test])),
    "mean map": X[test].unflatten(mean.predict(np.zeros((len(truth), 1)))),
}
errors = {
    name: np.sqrt(((maps - truth) ** 2).mean(axis=(0, 2, 3, 4))) for name, maps in forecasts.items()
}
for name, steps in errors.items():
    print(f"{name}: {np.round(steps, 2)} mm/h")
for name in ("advection", "last map", "mean map"):
    assert (errors["network on the stack"] < errors[name]).all()
assert (errors["advection"] < errors["last map"]).all()
