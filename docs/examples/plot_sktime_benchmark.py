"""
In sktime's benchmark
=====================

``SktimeForecaster`` is a forecaster like any of sktime's, so it goes into sktime's evaluation
beside them: the same folds, the same scores.
"""

import warnings

from sktime.datasets import load_airline
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.naive import NaiveForecaster
from sktime.forecasting.theta import ThetaForecaster
from sktime.performance_metrics.forecasting import MeanAbsoluteScaledError
from sktime.split import ExpandingWindowSplitter

from stforecast import LSTMForecaster, SktimeForecaster
from stforecast.estimators import WindowRidge

# sktime 1.2 announces a default of 1.3; it resets filters itself, so a few warnings may remain
warnings.filterwarnings("ignore", "The default of config", FutureWarning)
passengers = load_airline()  # thousands of passengers by month
folds = ExpandingWindowSplitter(fh=range(1, 13), initial_window=96, step_length=12)

# %%
# One year ahead, four times. The network stands on a ridge regression of logarithms.
network = LSTMForecaster(8, baseline=WindowRidge(log=True), max_epochs=15)
forecasters = {
    "mean (like DummyRegressor)": NaiveForecaster(strategy="mean"),
    "same month a year before": NaiveForecaster(sp=12),
    "Theta": ThetaForecaster(sp=12),
    "ridge on logarithms": SktimeForecaster(WindowRidge(log=True), lookback=24),
    "LSTM on that ridge": SktimeForecaster(network, lookback=24, random_state=0),
}
scores = {
    name: evaluate(forecaster, folds, passengers, scoring=MeanAbsoluteScaledError(sp=12))
    for name, forecaster in forecasters.items()
}

# %%
# MASE: the mean absolute error in units of that of a forecast which repeats the year before, in
# the training rows. Below 1 is better than that.
import matplotlib.pyplot as plt

means = {name: table["test_MeanAbsoluteScaledError"].mean() for name, table in scores.items()}
_, axes = plt.subplots(figsize=(7, 3), layout="constrained")
colors = ["C0" if isinstance(forecasters[name], SktimeForecaster) else "0.7" for name in means]
bars = axes.barh(list(means), list(means.values()), color=colors)
axes.bar_label(bars, fmt="%.2f", padding=3)
axes.set(xlabel="MASE, mean of four years (blue: stforecast)", title="Airline passengers")
axes.invert_yaxis()

# %%
assert means["LSTM on that ridge"] < means["same month a year before"]
assert means["LSTM on that ridge"] < means["mean (like DummyRegressor)"]
assert means["LSTM on that ridge"] <= 1.02 * means["ridge on logarithms"]
