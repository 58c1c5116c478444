"""Of scores, splits, displays, files and made data."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from stforecast import LSTMClassifier, LSTMForecaster, SeriesForecaster, make_windows
from stforecast.datasets import make_moving_digits
from stforecast.estimators import (
    ForecastAnomalyDetector,
    SeedEnsemble,
    WindowRidge,
)
from stforecast.inspection import (
    AnomalyDisplay,
    ClassProbabilityDisplay,
    FoldsDisplay,
    ForecastDisplay,
    FramesDisplay,
    SkillMapDisplay,
    TrainingCurveDisplay,
)
from stforecast.metrics import (
    critical_success_index,
    crps_ensemble,
    fractions_skill_score,
    map_scorer,
    skill_score,
    ssim_per_frame,
)
from stforecast.model_selection import OriginSplit, SeriesSplit, leakage_report
from stforecast.persistence import load, save
from stforecast.windows import Flatten
from tests.remedies import Remedy, remedy
from tests.remedies.pictures import drawn

DAYS = pd.date_range("2024-01-01", periods=40, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), DAYS, ["a", "b"])
PANEL = pd.concat({"x": TABLE, "y": TABLE + 9}, names=["id"])
MAPS = np.random.default_rng(1).normal(size=(30, 1, 6, 6))
TRUTH, FORECAST = MAPS[1:, 0], MAPS[:-1, 0]
GRID = xarray.DataArray(
    MAPS[:4, 0],
    {"time": DAYS[:4].rename("time"), "lat": range(6), "lon": range(6)},
    ("time", "lat", "lon"),
    name="t2m",
)
RENAMED = GRID.rename(lat="y", lon="x")
X, Y = make_windows(TABLE, lookback=4)
ONE_COLUMN = make_windows(TABLE[["a"]], lookback=4)
LABELS = (Y.to_numpy()[:, 0] > 0).astype(int)


def scored(scorer: Any, outputs: int = 72) -> Any:
    X, y = make_windows(MAPS, lookback=3, horizon=2)
    y = np.asarray(y)[:, :outputs]
    return scorer(make_pipeline(Flatten(), Ridge()).fit(X, y), X, y)


def split(cv: Any, X: Any = X, groups: Any = None) -> Any:
    return list(cv.split(X, groups=groups))


def network() -> LSTMForecaster:
    return LSTMForecaster(2, max_epochs=1, baseline=None, random_state=0, device="cpu")


def classifier() -> LSTMClassifier:
    return LSTMClassifier(2, max_epochs=1, random_state=0, device="cpu").fit(X, LABELS)


def forecaster(**parameters: Any) -> SeriesForecaster:
    parameters = {"lookback": 3, "horizon": 2, **parameters}
    return SeriesForecaster(parameters.pop("estimator", Ridge()), **parameters)


def file(name: str, write: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder, name))


REMEDIES: dict[str, Remedy] = {
    "a score that is no function": remedy(
        lambda: skill_score(TRUTH, FORECAST, 0 * TRUTH, metric="mae"),
        "Pass one of sklearn.metrics",
        lambda: skill_score(
            TRUTH.ravel(), FORECAST.ravel(), 0 * TRUTH.ravel(), metric=mean_absolute_error
        ),
    ),
    "a reference without an error": remedy(
        lambda: skill_score(TRUTH, FORECAST, TRUTH),
        "Use another reference, or report the error itself",
        lambda: skill_score(TRUTH, FORECAST, 0 * TRUTH),
        lambda: mean_absolute_error(TRUTH.ravel(), FORECAST.ravel()),
    ),
    "forecasts of another shape": remedy(
        lambda: critical_success_index(TRUTH, FORECAST.reshape(29, -1), 0.5),
        "Reshape them alike, as X.unflatten does",
        lambda: critical_success_index(TRUTH, FORECAST.reshape(29, -1).reshape(TRUTH.shape), 0.5),
    ),
    "an axis that is not there": remedy(
        lambda: critical_success_index(TRUTH, FORECAST, 0.5, axis=7),
        "Leave it out for all of them",
        lambda: critical_success_index(TRUTH, FORECAST, 0.5),
    ),
    "members along the last axis": remedy(
        lambda: crps_ensemble(TRUTH, np.stack([FORECAST, FORECAST], axis=-1)),
        "Stack the forecasts along a new first axis",
        lambda: crps_ensemble(TRUTH, np.stack([FORECAST, FORECAST])),
    ),
    "a scale of what has none": remedy(
        lambda: map_scorer("csi", threshold=0.5, scale=3),
        "Give scale=5, or leave it out for the other scores",
        lambda: map_scorer("fss", threshold=0.5, scale=5),
        lambda: map_scorer("csi", threshold=0.5),
    ),
    "no scale of what needs one": remedy(
        lambda: map_scorer("fss", threshold=0.5),
        "Give scale=5, or leave it out for the other scores",
        lambda: map_scorer("fss", threshold=0.5, scale=5),
    ),
    "a score of maps for numbers": remedy(
        lambda: scored(map_scorer("csi", threshold=0.5), outputs=7),
        "Forecast maps, or use a scorer of scikit-learn",
        lambda: scored(map_scorer("csi", threshold=0.5)),
        lambda: cross_val_score(make_pipeline(Flatten(), Ridge()), X, Y, scoring="r2", cv=2),
    ),
    "a step beyond the horizon": remedy(
        lambda: scored(map_scorer("csi", threshold=0.5, step=3)),
        "Lower it, or leave it out to score all steps",
        lambda: scored(map_scorer("csi", threshold=0.5, step=2)),
        lambda: scored(map_scorer("csi", threshold=0.5)),
    ),
    "fractions of a column": remedy(
        lambda: fractions_skill_score(np.zeros(9), np.zeros(9), 0.5, 3),
        "Shape them with X.unflatten",
        lambda: fractions_skill_score(TRUTH, FORECAST, 0.5, 3),
    ),
    "a square larger than the maps": remedy(
        lambda: ssim_per_frame(TRUTH, FORECAST, data_range=1.0, window_size=7),
        "Use a smaller window_size",
        lambda: ssim_per_frame(TRUTH, FORECAST, data_range=1.0, window_size=5),
    ),
    "folds that leave nothing to train on": remedy(
        lambda: split(OriginSplit(12, test_size=3)),
        "Take fewer or smaller folds, or more data",
        lambda: split(OriginSplit(3, test_size=3)),
        lambda: split(OriginSplit(12, test_size=1)),
        lambda: split(OriginSplit(5, test_size=3), make_windows(PANEL, lookback=4)[0]),
    ),
    "a text to split": remedy(
        lambda: split(OriginSplit(2), "windows"),
        "Pass Windows, or an array with one row per sample",
        lambda: split(OriginSplit(2), X),
        lambda: split(OriginSplit(2), np.zeros((36, 2))),
    ),
    "one series to split by series": remedy(
        lambda: split(SeriesSplit(2)),
        "Pass groups=, one name for each sample",
        lambda: split(SeriesSplit(2), groups=np.arange(36) // 6),
    ),
    "a splitter that is none": remedy(
        lambda: leakage_report("five", X),
        "Use OriginSplit(5), say",
        lambda: leakage_report(OriginSplit(5), X),
    ),
    "anomalies of maps": remedy(
        lambda: drawn(lambda: AnomalyDisplay.from_estimator(*_detector(MAPS))),
        "Make windows of one series, or of one column",
        lambda: drawn(lambda: AnomalyDisplay.from_estimator(*_detector(TABLE))),
    ),
    "anomalies by a regression": remedy(
        lambda: drawn(lambda: AnomalyDisplay.from_estimator(Ridge(), X)),
        "Pass a fitted ForecastAnomalyDetector",
        lambda: drawn(lambda: AnomalyDisplay.from_estimator(*_detector(TABLE))),
    ),
    "probabilities of a regression": remedy(
        lambda: drawn(lambda: ClassProbabilityDisplay.from_estimator(Ridge(), X)),
        "Pass a fitted classifier",
        lambda: drawn(lambda: ClassProbabilityDisplay.from_estimator(classifier(), X)),
    ),
    "probabilities of no windows": remedy(
        lambda: drawn(lambda: ClassProbabilityDisplay.from_estimator(classifier(), "X")),
        "Make them with make_windows",
        lambda: drawn(lambda: ClassProbabilityDisplay.from_estimator(classifier(), X)),
    ),
    "classes of other windows": remedy(
        lambda: drawn(lambda: ClassProbabilityDisplay.from_estimator(classifier(), X, LABELS[:9])),
        "Pass the classes of these windows",
        lambda: drawn(lambda: ClassProbabilityDisplay.from_estimator(classifier(), X, LABELS)),
    ),
    "maps without a cell in common": remedy(
        lambda: drawn(lambda: FramesDisplay.from_predictions(TRUTH[:2], TRUTH[:2] * np.nan)),
        "Draw maps of other times",
        lambda: drawn(lambda: FramesDisplay.from_predictions(TRUTH[:2], TRUTH[1:3])),
    ),
    "a Dataset in place of maps": remedy(
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID.to_dataset(), GRID)),
        "Pass one of its variables: y_true['t2m']",
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID.to_dataset()["t2m"], GRID)),
    ),
    "maps whose dimensions have other names": remedy(
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID, RENAMED)),
        "Give them these names with y_pred.rename, or pass np.asarray(y_pred) if",
        lambda: drawn(
            lambda: FramesDisplay.from_predictions(GRID, RENAMED.rename(y="lat", x="lon"))
        ),
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID, np.asarray(RENAMED))),
    ),
    "more maps than the truth has": remedy(
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID[:2], GRID)),
        "Select y_pred.sel({'time': y_true['time']}).",
        lambda: drawn(
            lambda: FramesDisplay.from_predictions(GRID[:2], GRID.sel({"time": GRID[:2]["time"]}))
        ),
    ),
    "fewer maps than the truth has": remedy(
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID, GRID[:2])),
        "Select y_true.sel({'time': y_pred['time']}).",
        lambda: drawn(
            lambda: FramesDisplay.from_predictions(GRID.sel({"time": GRID[:2]["time"]}), GRID[:2])
        ),
    ),
    "maps of times that overlap": remedy(
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID[1:], GRID[:-1])),
        "Select what both have with xarray.align(y_true, y_pred), or pass np.asarray(y_pred) to",
        lambda: drawn(lambda: FramesDisplay.from_predictions(*xarray.align(GRID[1:], GRID[:-1]))),
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID[1:], np.asarray(GRID[:-1]))),
    ),
    "maps of other times": remedy(
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID[:2], GRID[2:])),
        "Pass np.asarray(y_pred) to compare them in the order that they have",
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID[:2], np.asarray(GRID[2:]))),
    ),
    "maps of other times, and more": remedy(
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID[:1], GRID[1:])),
        "Select a y_pred of these labels",
        lambda: drawn(lambda: FramesDisplay.from_predictions(GRID[:1], GRID[:1] + 1)),
    ),
    "rows in place of maps": remedy(
        lambda: drawn(lambda: FramesDisplay.from_predictions(np.zeros((2, 9)), np.zeros((2, 9)))),
        "Reshape one window's with X.unflatten(y)[0]",
        lambda: drawn(lambda: FramesDisplay.from_predictions(*(_unflatten(),) * 2)),
    ),
    "a search in place of a forecaster": remedy(
        lambda: drawn(lambda: ForecastDisplay.from_estimator(_search(), TABLE)),
        "Of a search pass its best_estimator_",
        lambda: drawn(lambda: ForecastDisplay.from_estimator(_search().best_estimator_, TABLE)),
    ),
    "the training of what has no network": remedy(
        lambda: drawn(lambda: TrainingCurveDisplay.from_estimator(network())),
        "Fit it first; of an ensemble pass one of its estimators_",
        lambda: drawn(lambda: TrainingCurveDisplay.from_estimator(network().fit(X, Y))),
        lambda: drawn(
            lambda: TrainingCurveDisplay.from_estimator(
                SeedEnsemble(network(), 2).fit(X, Y).estimators_[0]
            )
        ),
    ),
    "skill of another horizon": remedy(
        lambda: drawn(lambda: _skill(2, 3)),
        "Fit both with one lookback, horizon and target",
        lambda: drawn(lambda: _skill(2, 2)),
    ),
    "an array where folds are drawn": remedy(
        lambda: drawn(lambda: FoldsDisplay.from_cv(OriginSplit(2), np.zeros((36, 4)))),
        "Make them with make_windows",
        lambda: drawn(lambda: FoldsDisplay.from_cv(OriginSplit(2), X)),
    ),
    "a path that is a number": remedy(
        lambda: save(network().fit(X, Y), 3),
        "Pass a str or a pathlib.Path",
        lambda: file("m", lambda path: (save(network().fit(X, Y), path), load(path))),
        lambda: file("m", lambda path: (save(network().fit(X, Y), str(path)), load(str(path)))),
    ),
    "a folder as a file": remedy(
        lambda: file("", lambda path: save(network().fit(X, Y), path)),
        "Name one in it",
        lambda: file("m", lambda path: (save(network().fit(X, Y), path), load(path))),
    ),
    "something else than an estimator to save": remedy(
        lambda: file("m", lambda path: save({"a": 1}, path)),
        "save needs a scikit-learn estimator",
        lambda: file("m", lambda path: (save(WindowRidge().fit(X, Y), path), load(path))),
    ),
    "pictures larger than the frame": remedy(
        lambda: make_moving_digits(2, 3, 8, digits=np.zeros((2, 9, 9)), random_state=0),
        "Reshape them or enlarge the frame",
        lambda: make_moving_digits(2, 3, 8, digits=np.zeros((2, 9, 9))[:, :8, :8], random_state=0),
        lambda: make_moving_digits(2, 3, 16, digits=np.zeros((2, 9, 9)), random_state=0),
    ),
    "pictures of other grey values": remedy(
        lambda: make_moving_digits(2, 3, 16, digits=np.full((2, 9, 9), 999.0), random_state=0),
        "Rescale them",
        lambda: make_moving_digits(2, 3, 16, digits=np.full((2, 9, 9), 255.0), random_state=0),
    ),
}


def _detector(series: Any) -> tuple[Any, Any]:
    X, _ = make_windows(series, lookback=4)
    return ForecastAnomalyDetector(make_pipeline(Flatten(), Ridge())).fit(X), X


def _unflatten() -> Any:
    X, y = make_windows(MAPS, lookback=3, horizon=2)
    return X.unflatten(np.asarray(y))[0]


def _search() -> Any:
    from sklearn.model_selection import TimeSeriesSplit

    from stforecast import forecast_scorer

    return GridSearchCV(
        forecaster(),
        {"lookback": [2, 3]},
        cv=TimeSeriesSplit(2),
        scoring=forecast_scorer("neg_mean_absolute_error"),
    ).fit(TABLE)


def _skill(*horizons: int) -> SkillMapDisplay:
    model = make_pipeline(Flatten(), Ridge())
    first, second = (forecaster(estimator=model, horizon=one).fit(MAPS) for one in horizons)
    return SkillMapDisplay.from_estimator(first, MAPS, second)
