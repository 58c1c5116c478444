"""What is compared with the networks: formulas, statistical models, regressions on windows."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.panels.networks import (
    MEMBERS,
    Setting,
    after_log,
    is_long,
    latest,
    training_windows,
)
from benchmarks.accuracy.panels.scores import naive2, seasonal_naive
from benchmarks.accuracy.panels.series import Panel
from stforecast.estimators import RelativeForecaster
from stforecast.windows import Flatten


def on_windows(panel: Panel, regressor: object, setting: Setting) -> np.ndarray:
    """Forecast by a regressor on the windows of a network, relative to their levels."""
    inner = make_pipeline(Flatten(), regressor)
    X, y = training_windows(panel, setting)
    model = RelativeForecaster(inner, "mean", scale=is_long(panel)).fit(X, y)
    return after_log(panel, setting, model.predict(latest(panel, setting)))


def ridge(panel: Panel, setting: Setting) -> np.ndarray:
    """Forecast by a ridge regression; a missing row has the level of its window, and a flag."""
    filled = SimpleImputer(
        strategy="constant", fill_value=0.0, keep_empty_features=True, add_indicator=True
    )
    model = make_pipeline(filled, StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
    return on_windows(panel, model, setting)


def boosting(panel: Panel, setting: Setting) -> np.ndarray:
    """Forecast by LightGBM, one model for each step."""
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
    return on_windows(panel, MultiOutputRegressor(model), setting)


def free_methods() -> dict[str, Callable[[Panel], np.ndarray]]:
    """Return what needs no other environment: formulas, and regressions on the same windows."""
    found: dict[str, Callable[[Panel], np.ndarray]] = {
        "seasonal naive": seasonal_naive,
        "Naive2": naive2,
    }
    for member in MEMBERS:
        for name, method in (("ridge", ridge), ("LightGBM", boosting)):
            found[f"{name}, {member.seasons} seasons"] = partial(method, setting=member)
    return found


def statistical(panel: Panel, model: str, python: str) -> np.ndarray:
    """Forecast by AutoETS or Theta, in an environment with statsforecast."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "panel.npz"), Path(folder, "forecasts.npy")
        ends = np.cumsum([len(rows) for rows in panel.train])
        np.savez(
            source,
            rows=np.concatenate(panel.train),
            ends=ends,
            season=panel.season,
            horizon=panel.horizon,
        )
        script = Path(__file__).with_name("statistical.py")
        subprocess.run([python, str(script), model, str(source), str(target)], check=True)
        return np.load(target)
