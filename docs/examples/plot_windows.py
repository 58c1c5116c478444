"""
What a window is
================

A sample is a forecast origin: its window is what was known then, its target the horizon that
follows. Targets of neighbouring origins share days, which is why a shuffled cross-validation
flatters.
"""

from stforecast import make_windows
from stforecast.datasets import load_household_power

power = load_household_power("D")["Global_active_power"] / 60  # kWh a day
X, y = make_windows(power, lookback=28, horizon=7)
X

# %%
# ``y`` is a table by origin: the seven days that follow each.
y.head(3).round(1)

# %%
# Four windows in a row, with their targets. Nothing is copied until a window is read: all of them
# are views of one series.
import matplotlib.pyplot as plt
import numpy as np

_, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
for row, sample in enumerate(range(4)):
    past = np.arange(sample, sample + 28)
    axes.plot(power.index[past], power.iloc[past] - 45 * row, color="0.35", lw=1.2)
    ahead = np.arange(sample + 27, sample + 35)
    axes.plot(power.index[ahead], power.iloc[ahead] - 45 * row, color="C1", ls="--", marker=".")
    axes.axvline(X.origins[sample], ymin=0, color="0.85", zorder=0)
_ = axes.set(
    yticks=[-45 * row + 35 for row in range(4)],
    yticklabels=[f"{X.origins[row]:%d %b}" for row in range(4)],
    ylabel="origin (each line in kWh a day)",
    title="Windows of 28 days (grey) and the 7 days to forecast (orange)",
)

# %%
# What leaks
# ----------
# A regressor that remembers: it repeats the most similar window. Shuffled folds put
# the very days that it is asked for into its memory; ``OriginSplit`` leaves a gap as long as the
# horizon, and tests on what comes later.
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from stforecast import Flatten, OriginSplit

memory = make_pipeline(Flatten(), KNeighborsRegressor(1))
mean = make_pipeline(Flatten(), DummyRegressor())
score = {"scoring": "neg_root_mean_squared_error"}
shuffled = -cross_val_score(memory, X, y, cv=KFold(4, shuffle=True, random_state=0), **score).mean()
honest = -cross_val_score(memory, X, y, cv=OriginSplit(4), **score).mean()
dummy = -cross_val_score(mean, X, y, cv=OriginSplit(4), **score).mean()
print(f"shuffled folds: {shuffled:.1f} kWh")
print(f"OriginSplit: {honest:.1f} kWh")
print(f"mean of the training days: {dummy:.1f} kWh")
assert shuffled < honest

# %%
# ``leakage_report`` finds this before anything is trained.
from stforecast import leakage_report
from stforecast.exceptions import LeakageError

try:
    leakage_report(KFold(4, shuffle=True, random_state=0), X, y)
except LeakageError as error:
    print(error)
leakage_report(OriginSplit(4), X, y)
