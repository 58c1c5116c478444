"""Regressions on the windows of a network, relative to their levels."""

from __future__ import annotations

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.panels.windows import Layout
from stforecast.estimators import RelativeForecaster
from stforecast.windows import Flatten


def ridge(layout: Layout, _windows: int) -> RelativeForecaster:
    """Return a ridge regression; a missing row has the level of its window, and a flag."""
    filled = SimpleImputer(
        strategy="constant", fill_value=0.0, keep_empty_features=True, add_indicator=True
    )
    model = make_pipeline(filled, StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
    return RelativeForecaster(make_pipeline(Flatten(), model), "mean", scale=layout.long)


def boosting(layout: Layout, _windows: int) -> RelativeForecaster:
    """Return LightGBM, one model for each step."""
    from lightgbm import LGBMRegressor

    model = LGBMRegressor(
        n_estimators=200,
        subsample=0.5,
        subsample_freq=1,
        colsample_bytree=0.3,
        max_bin=63,
        verbose=-1,
        n_jobs=1,
    )
    model = make_pipeline(Flatten(), MultiOutputRegressor(model))
    return RelativeForecaster(model, "mean", scale=layout.long)
