"""
Does it pay?
============

``compare`` forecasts the same weeks of a household's power with whatever you give it: names of
baselines, regressors, forecasters of sktime, networks. Its table says whose error is lower, and
whether the weeks are enough to tell.
"""

import warnings

import numpy as np
from sklearn.dummy import DummyRegressor
from sktime.forecasting.theta import ThetaForecaster

from stforecast import LSTMForecaster, make_windows
from stforecast.comparison import compare
from stforecast.datasets import load_household_power
from stforecast.inspection import ComparisonDisplay

power = load_household_power("D")["Global_active_power"]
X, y = make_windows(power, lookback=28, horizon=7)

# %%
# One split: train on every day before the last year, then forecast each of its weeks from all
# days before it. ``OriginSplit`` makes such splits by itself; here only every seventh day is an
# origin, so that no two weeks overlap.
test = np.arange(len(X) - 52 * 7, len(X), 7)
train = np.arange(test[0] - X.reach + 1)

# %%
# sktime 1.2 announces a new default whenever one of its forecasters is made.
warnings.filterwarnings("ignore", "The default of config", FutureWarning)
models = {
    "last week": "seasonal naive",
    "mean": DummyRegressor(),
    "ridge": "ridge",
    "Theta, sktime": ThetaForecaster(sp=7),
    "LSTM on a ridge": LSTMForecaster(baseline="ridge", random_state=0),
}
comparison = compare(
    models, (X, y), [(train, test)], ["mase", "neg_root_mean_squared_error"], season=7
)
comparison.table["mase"]

# %%
# ``difference`` is to the first baseline, "last week", and its standard error comes from drawing
# blocks of weeks anew. Models of this library are fitted once here, Theta at each of the weeks:
comparison.table["model"]

# %%
# A bar of two standard errors that does not reach the dashed line is a difference that these weeks
# decide.
ComparisonDisplay.from_comparison(comparison)

# %%
# The ridge and the network that stands on it are ahead of last week's values. Whether the network
# pays beside the ridge is a question of its own. Here it does not: the blocks of training days gave
# it a share of 0, and it forecasts what the ridge does.
pays = comparison.difference("LSTM on a ridge", "ridge")
print(f"{pays.estimate:+.3f} ± {pays.standard_error:.3f} MASE: {pays.verdict}")
assert comparison.table["mase", "verdict"]["LSTM on a ridge"] == "ahead"
assert comparison.table["mase", "verdict"]["ridge"] == "ahead"
assert pays.verdict == "undecided"

# %%
# The errors of each week are there for a test of your own.
comparison.errors["mase"].round(2).tail(3)
