"""
What to look at
===============

The pictures of :mod:`stforecast.inspection`: what each fold sees, how training went, forecasts
beside the truth, what the network answers to, maps and their skill, and classes over time.
"""

from stforecast import ConvLSTMForecaster, FoldTime, OriginSplit, SeriesForecaster, make_windows
from stforecast.datasets import load_household_power

power = load_household_power("D")[["Global_active_power"]]

# %%
# Folds
# -----
# Before anything is trained: the test targets (orange) must lie to the right of all that training
# sees (grey and blue). With ``OriginSplit`` they do. With ``KFold`` training goes on after the
# test, and windows of training hold the very days that are to be forecast.
import matplotlib.pyplot as plt
from sklearn.model_selection import KFold

from stforecast.inspection import FoldsDisplay

X, y = make_windows(power, lookback=56, horizon=7)
_, axes = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
FoldsDisplay.from_cv(OriginSplit(4), X, ax=axes[0])
FoldsDisplay.from_cv(KFold(4), X, ax=axes[1])

# %%
# Training
# --------
# The dashed line is the epoch whose weights were kept. If it is the last one, raise ``max_epochs``;
# if it is the first, lower ``lr``. The training loss is taken with dropout, so it may well lie
# above the other; here it does also because the months held back were quiet ones.
from sklearn.pipeline import make_pipeline

from stforecast.inspection import TrainingCurveDisplay

network = ConvLSTMForecaster(kernel_size=(1, 3), baseline=None, random_state=0)
model = SeriesForecaster(
    make_pipeline(FoldTime(width=7), network), lookback=56, horizon=7, calibration=182
)
model.fit(power[:"2009"])
TrainingCurveDisplay.from_estimator(model)

# %%
# Forecasts
# ---------
# Half a year that training has not seen, one week after the other, each from all days before it.
from stforecast.inspection import ForecastDisplay

ForecastDisplay.from_estimator(model, power["2010":"2010-06"])

# %%
# ``from_predictions`` draws forecasts that are there already, and a band around them.
ForecastDisplay.from_predictions(
    power["2009-12":"2010-01-07"], model.forecast(), interval=model.forecast_interval(coverage=0.8)
)

# %%
# Saliency
# --------
# How far the forecast moves with each day of the window, oldest week on top; the last cell of the
# last row is the day of the origin. Weeks that stay dark could be left out: a shorter ``lookback``.
from stforecast.inspection import SaliencyDisplay

SaliencyDisplay.from_estimator(model.estimator_, X)

# %%
# Maps
# ----
# Each week of hourly power as a map: days from top to bottom, hours from left to right. The last
# two weeks are forecast from the four before them.
from stforecast.inspection import FramesDisplay

hours = load_household_power("h")["Global_active_power"]
weeks = hours[-200 * 168 :].to_numpy().reshape(200, 7, 24)
network = ConvLSTMForecaster(8, decoder="rollout", baseline=None, max_epochs=15, random_state=0)
maps = SeriesForecaster(network, lookback=4, horizon=2).fit(weeks[:-2])
FramesDisplay.from_estimator(maps, weeks)

# %%
# Where on the map the network beats a reference, here the mean map of the training weeks.
from sklearn.dummy import DummyRegressor

from stforecast.inspection import SkillMapDisplay

mean = SeriesForecaster(DummyRegressor(), lookback=4, horizon=2).fit(weeks[:150])
maps = SeriesForecaster(network, lookback=4, horizon=2).fit(weeks[:150])
display = SkillMapDisplay.from_estimator(maps, weeks[150:], mean)
_ = display.ax_.set(xlabel="hour of the day", ylabel="day of the week")

# %%
# It does so in more cells than not.
assert (display.skill > 0).mean() > 0.5

# %%
# Classes
# -------
# When a classifier is sure, and when it is wrong: workdays and weekends from a day of hours.
import numpy as np

from stforecast import LSTMClassifier
from stforecast.inspection import ClassProbabilityDisplay

kind = np.where(hours.index.dayofweek < 5, "workday", "weekend")
X, y = make_windows(hours, lookback=24, horizon=0, target=kind, stride=24)
classifier = LSTMClassifier(8, max_epochs=20, random_state=0).fit(X[:1000], y[:1000])
ClassProbabilityDisplay.from_estimator(classifier, X[1000:1060], y[1000:1060])

# %%
# Anomalies have :doc:`a page of their own <plot_anomaly>`.
