"""
From a search to a forecast
===========================

The length of the window is a parameter like any other. A search over a ``SeriesForecaster`` takes
the table as it is, and ends with a forecast of the days that follow.
"""

from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from stforecast import SeriesForecaster, forecast_scorer
from stforecast.datasets import load_household_power

power = load_household_power("D")[["Global_active_power"]] / 60  # kWh a day
search = GridSearchCV(
    SeriesForecaster(Ridge(), lookback=28, horizon=7),
    {"lookback": [7, 28, 56, 84], "estimator__alpha": [10.0, 100.0, 1000.0]},
    cv=TimeSeriesSplit(5),
    scoring=forecast_scorer("neg_root_mean_squared_error"),
)
search.fit(power)
print(search.best_params_)
search.best_estimator_.forecast().round(1)

# %%
# What comes before the estimator can be searched too: scaling, the form of the frames, the steps of
# a pipeline. For that, search over windows. ``Crop`` gives them their length.
from sklearn.pipeline import make_pipeline

from stforecast import Crop, Flatten, Framewise, OriginSplit, make_windows

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
# ``latest_windows`` makes the window that ends with the table. Its forecast is one wide row: the
# label is the last day of the table, from which the forecast is made, and the columns are the
# seven days that follow.
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
