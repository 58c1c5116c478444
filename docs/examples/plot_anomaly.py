"""
An anomaly, marked
==================

A meter hangs for two days and repeats one value. A forecaster that knows what usually follows
notices.
"""

from stforecast.datasets import load_household_power

power = load_household_power("h")["Global_active_power"]["2010-03":"2010-09"] / 60  # kWh an hour
hang = slice("2010-09-14 06:00", "2010-09-16 05:00")
power.loc[hang] = power[: hang.start].iloc[-1]

# %%
# The detector forecasts the last hour of each window from up to twelve hours before. The latest
# fifth of the windows of ``fit`` say how far off is usual. Any regressor will do: here a ridge
# regression, with a network below.
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast import Flatten, ForecastAnomalyDetector, make_windows

X, _ = make_windows(power, lookback=168 + 12, horizon=0)
quiet = X.origins < "2010-09-01"
detector = ForecastAnomalyDetector(make_pipeline(Flatten(), Ridge(100.0)), horizon=12)
detector.fit(X[quiet])

# %%
# September, with what the detector marks in orange. The meter hangs between the dotted lines. At
# first all forecasts are made from honest hours; later ones have read the hanging meter themselves.
import matplotlib.pyplot as plt
import pandas as pd

from stforecast.inspection import AnomalyDisplay

figure, axes = plt.subplots(figsize=(9, 4.4), layout="constrained")
display = AnomalyDisplay.from_estimator(detector, X[X.origins >= "2010-09-01"], ax=axes)
display.axes_[0].set_ylabel("kWh an hour")
display.axes_[1].set_ylabel("score in usual errors")
for place in display.axes_:
    for edge in (hang.start, hang.stop):
        place.axvline(pd.Timestamp(edge), color="0.3", ls=":", lw=1.2)

# %%
# What should be found are the hours in which the meter hangs. A network learns what a linear
# regression cannot; here the point is that both are better than a detector that always expects the
# mean (``DummyRegressor``) at telling those hours from the rest of September.
from sklearn.dummy import DummyRegressor
from sklearn.metrics import roc_auc_score

from stforecast import CNNLSTMForecaster, FoldTime

network = CNNLSTMForecaster((8,), (1, 5), baseline=None, max_epochs=4, random_state=0)
detectors = {
    "ridge": detector,
    "CNN-LSTM on days": ForecastAnomalyDetector(
        make_pipeline(FoldTime(width=24), network), horizon=12
    ).fit(X[quiet]),
    "mean": ForecastAnomalyDetector(make_pipeline(Flatten(), DummyRegressor()), horizon=12).fit(
        X[quiet]
    ),
}
later = X[~quiet]
hangs = (later.origins >= hang.start) & (later.origins <= hang.stop)
areas = {
    name: roc_auc_score(
        hangs, pd.Series(-one.score_samples(later)).rolling(24, min_periods=1).mean()
    )
    for name, one in detectors.items()
}
for name, value in areas.items():
    print(f"{name}: area under the ROC curve {value:.2f}")
assert max(areas["ridge"], areas["CNN-LSTM on days"]) > areas["mean"]
