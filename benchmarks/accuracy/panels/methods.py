"""What is compared with the networks: formulas, statistical models, regressions on windows."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.panels.networks import MEMBERS, following, training_windows
from benchmarks.accuracy.panels.scores import naive2, seasonal_naive
from benchmarks.accuracy.panels.series import Panel
from stforecast.estimators import RelativeForecaster
from stforecast.windows import Flatten


def on_windows(panel: Panel, regressor: object) -> np.ndarray:
    """Forecast by a regressor on the windows of the first member, of their own level and scale."""
    inner = make_pipeline(Flatten(), regressor)
    X, y = training_windows(panel, MEMBERS[0])
    model = RelativeForecaster(inner, "mean", scale=True).fit(X, y)
    return following(panel, MEMBERS[0], model)


def ridge(panel: Panel) -> np.ndarray:
    """Forecast by a ridge regression."""
    return on_windows(panel, make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13))))


def boosting(panel: Panel) -> np.ndarray:
    """Forecast by LightGBM, one model for each step."""
    from lightgbm import LGBMRegressor

    model = LGBMRegressor(n_estimators=200, subsample=0.5, subsample_freq=1, verbose=-1, n_jobs=1)
    return on_windows(panel, MultiOutputRegressor(model))


FREE = {  # what needs no other environment
    "seasonal naive": seasonal_naive,
    "Naive2": naive2,
    "ridge on windows": ridge,
    "LightGBM on windows": boosting,
}


def statistical(panel: Panel, python: str) -> dict[str, np.ndarray]:
    """Return the forecasts of AutoETS and Theta from an environment with statsforecast."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "panel.npz"), Path(folder, "forecasts.npz")
        ends = np.cumsum([len(rows) for rows in panel.train])
        np.savez(
            source,
            rows=np.concatenate(panel.train),
            ends=ends,
            season=panel.season,
            horizon=panel.horizon,
        )
        script = Path(__file__).with_name("statistical.py")
        subprocess.run([python, str(script), str(source), str(target)], check=True)
        with np.load(target) as found:
            return dict(found)
