"""
From a search to a forecast
===========================

The length of the window is a parameter like any other. A search over windows ends with a fitted
pipeline; ``latest_windows`` gives it the window that ends with the table, and so a forecast with
the labels that follow.
"""

from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from stforecast import Crop, Flatten, Framewise, OriginSplit, make_windows
from stforecast.datasets import load_household_power

power = load_household_power("D")[["Global_active_power"]] / 60  # kWh a day
X, y = make_windows(power, lookback=84, horizon=7)

# %%
# Windows of 84 days are cut to 7, 28, 56 or all days. ``OriginSplit`` leaves a gap as long as the
# horizon; without ``cv`` scikit-learn would split the windows of one series at random places in
# time, and score too well.
pipe = make_pipeline(Crop(), Framewise(), Flatten(), Ridge())
search = GridSearchCV(
    pipe,
    {"crop__lookback": [7, 28, 56, 84], "ridge__alpha": [10.0, 100.0, 1000.0]},
    cv=OriginSplit(5),
    scoring="neg_root_mean_squared_error",
)
search.fit(X, y)
print(search.best_params_)

# %%
# What each window length scores, with the best penalty.
import matplotlib.pyplot as plt
import pandas as pd

table = pd.DataFrame(search.cv_results_)
best = -table.groupby("param_crop__lookback")["mean_test_score"].max()
_, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
axes.plot(best.index, best, "o-")
_ = axes.set(
    xlabel="days in a window", ylabel="error in kWh a day",
    title="Root mean squared error on five later folds",
)  # fmt: skip

# %%
# The seven days that follow the table:
from stforecast.windows import latest_windows

latest = latest_windows(power, lookback=84, horizon=7)
latest.unflatten(search.predict(latest)).round(1)

# %%
# A network goes into the same search in the ridge's place. Here the point is the search: it has to
# be better than the mean of the training days, on the same folds.
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import cross_val_score

mean = make_pipeline(Flatten(), DummyRegressor())
dummy = -cross_val_score(mean, X, y, cv=OriginSplit(5), scoring="neg_root_mean_squared_error")
print(f"best of the search: {-search.best_score_:.2f} kWh, mean: {dummy.mean():.2f} kWh")
assert -search.best_score_ < 0.95 * dummy.mean()
