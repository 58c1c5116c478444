"""Every parameter of a public function or display is used as it is meant, or refused by its name.

The parameters of estimators and their parts are walked in `test_constraints.py`.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast.comparison import compare, paired_difference
from stforecast.datasets import (
    fetch_household_power,
    kth_parts,
    load_air_temperature,
    load_cifar10,
    load_household_power,
    load_idx,
    load_kth,
    load_panel,
    load_video_folder,
    make_moving_digits,
    make_rain_cells,
)
from stforecast.estimators import ForecastAnomalyDetector, LSTMClassifier, LSTMForecaster
from stforecast.exceptions import LeakageError
from stforecast.inspection import (
    AnomalyDisplay,
    ClassProbabilityDisplay,
    ComparisonDisplay,
    FoldsDisplay,
    ForecastDisplay,
    FramesDisplay,
    SaliencyDisplay,
    SkillMapDisplay,
    TrainingCurveDisplay,
)
from stforecast.metrics import (
    critical_success_index,
    crps_ensemble,
    false_alarm_ratio,
    fractions_skill_score,
    heidke_skill_score,
    map_scorer,
    masked_scorer,
    power_spectrum,
    probability_of_detection,
    skill_map,
    skill_score,
    spread_skill,
    ssim_per_frame,
)
from stforecast.model_selection import OriginSplit, leakage_report
from stforecast.series import SeriesForecaster, forecast_scorer
from stforecast.windows import Flatten, calendar_features, latest_windows, make_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

mpl.use("Agg")

ROOMS = (
    "windows",
    "metrics",
    "datasets",
    "model_selection",
    "series",
    "comparison",
    "inspection",
)
ONE = np.int64(1)
ODD = (0, -1, 2.5, "a", None, float("nan"), float("inf"), True, [], ONE, Ridge)
# Odd values that are meant, by parameter; that of one function goes before. All others are refused.
MEANT: dict[str, tuple[Any, ...]] = {
    "ax": (None,),
    "axis": (0, -1, None, [], ONE),
    "block": (ONE,),
    "compare.block": (None, ONE),
    "channel": (0,),
    "compare.coverage": (None,),
    "FoldsDisplay.from_cv.cv": (None,),  # scikit-learn's own default
    "data_range": (2.5, ONE),
    "digits": (None,),
    "directions": (None,),
    "error_score": (float("nan"),),
    "fair": (True,),
    "features": ([],),
    "fill": (True,),
    "gap": (0, ONE),
    "groups": ODD,  # of scikit-learn's splits, which ignore it here
    "harmonics": (ONE,),
    "holidays": (None, []),
    "horizon": (ONE,),
    "make_windows.horizon": (0, ONE),
    "interval": (None,),
    "known": (None,),
    "lifetime": (2.5, ONE),
    "lookback": (ONE,),
    "ComparisonDisplay.from_comparison.metric": (None,),
    "n_cells": (ONE,),
    "n_digits": (ONE,),
    "n_frames": (ONE,),
    "n_jobs": (-1, None, ONE),
    "n_sequences": (ONE,),
    "output": (0, None, ONE),
    "persons": (True, [], ONE),
    "random_state": (0, None, ONE),
    "compare.random_state": (0, ONE),
    "paired_difference.random_state": (0, ONE),
    "compare.reference": (None,),
    "return_forecasts": (True,),
    "root": (True,),
    "scale": (ONE,),
    "season": (ONE,),
    "make_rain_cells.size": (ONE,),
    "spacing": (2.5, ONE),
    "speed": (0, 2.5, ONE),
    "start": (None,),
    "static": (None,),
    "step": (None, ONE),
    "stride": (ONE,),
    "ForecastDisplay.from_estimator.stride": (None, ONE),
    "target": (None,),
    "threshold": (0, -1, 2.5, ONE),
    "verbose": (0, True, ONE),
    "y": ODD,  # as groups
    "ClassProbabilityDisplay.from_estimator.y": (None,),
}
TABLE = pd.DataFrame(
    {"load": np.random.default_rng(0).uniform(1, 2, size=30)},
    index=pd.date_range("2020", periods=30, freq="D"),
)
MAPS = np.random.default_rng(0).uniform(size=(20, 1, 8, 8))


@cache
def windows() -> tuple[Any, Any]:
    return make_windows(TABLE, lookback=4, horizon=2)


@cache
def network() -> LSTMForecaster:
    model = LSTMForecaster(2, max_epochs=1, random_state=0, device="cpu", baseline=None)
    return model.fit(*windows())


@cache
def detector() -> ForecastAnomalyDetector:
    return ForecastAnomalyDetector(make_pipeline(Flatten(), Ridge())).fit(windows()[0])


@cache
def classifier() -> LSTMClassifier:
    X, y = windows()
    model = LSTMClassifier(2, max_epochs=1, random_state=0, device="cpu")
    return model.fit(X, np.arange(len(y)) % 2)


@cache
def comparison() -> Any:
    return compare(**to_compare())


def to_compare() -> dict[str, Any]:
    return {
        "models": ["mean", "persistence"],
        "data": TABLE,
        "cv": OriginSplit(1, test_size=4),
        "lookback": 4,
        "horizon": 2,
    }


@cache
def of_table() -> SeriesForecaster:
    return SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(TABLE)


@cache
def of_maps() -> SeriesForecaster:
    return SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(MAPS)


def calls() -> dict[Callable[..., Any], dict[str, Any]]:
    """Public functions and displays, with arguments that they take."""
    X, y = windows()
    values = np.asarray(y)
    pair = {"y_true": values[:, 0], "y_pred": values[:, 0] + 0.1}
    pictures = {"y_true": MAPS[:3], "y_pred": MAPS[1:4]}
    steps = {"y_true": MAPS[:3, 0], "y_pred": MAPS[1:4, 0]}
    of_skill = {"model": of_maps(), "reference": of_maps()}
    events = {**pictures, "threshold": 0.5}
    members = {"y_true": MAPS[:3], "members": np.stack([MAPS[1:4], MAPS[2:5]])}
    return {
        make_windows: {"series": TABLE, "lookback": 4},
        calendar_features: {"index": TABLE.index},
        masked_scorer: {"name": "neg_mean_absolute_error"},
        skill_score: {"y_true": values, "y_pred": values + 0.1, "y_reference": values + 1},
        ssim_per_frame: {**pictures, "data_range": 1.0},
        crps_ensemble: members,
        spread_skill: members,
        critical_success_index: events,
        probability_of_detection: events,
        false_alarm_ratio: events,
        heidke_skill_score: events,
        fractions_skill_score: {**events, "scale": 3},
        map_scorer: {"name": "fss", "threshold": 0.5, "scale": 3},
        skill_map: {**pictures, "y_reference": MAPS[2:5]},
        power_spectrum: {"maps": MAPS[:3]},
        kth_parts: {"persons": np.arange(1, 26)},
        latest_windows: {"series": TABLE, "lookback": 4},
        make_rain_cells: {"n_sequences": 1, "n_frames": 2, "random_state": 0},
        compare: to_compare(),
        paired_difference: {"first": values[:, 0], "second": values[:, 1]},
        ComparisonDisplay.from_comparison: {"comparison": comparison()},
        ComparisonDisplay.from_comparison(comparison()).plot: {},
        AnomalyDisplay.from_estimator: {"detector": detector(), "X": X},
        AnomalyDisplay.from_estimator(detector(), X).plot: {},
        ClassProbabilityDisplay.from_estimator: {"model": classifier(), "X": X},
        ClassProbabilityDisplay.from_estimator(classifier(), X).plot: {},
        SkillMapDisplay.from_estimator: {**of_skill, "X": MAPS},
        SkillMapDisplay.from_estimator(**of_skill, X=MAPS).plot: {},
        SkillMapDisplay.from_predictions: {**steps, "y_reference": MAPS[2:5, 0]},
        make_moving_digits: {"n_sequences": 1, "n_frames": 2, "n_digits": 1, "random_state": 0},
        load_household_power: {"resolution": "D"},
        leakage_report: {"cv": OriginSplit(2), "X": X},
        forecast_scorer: {"name": "neg_mean_absolute_error"},
        ForecastDisplay.from_estimator: {"model": of_table(), "X": TABLE},
        ForecastDisplay.from_predictions: pair,
        ForecastDisplay.from_estimator(of_table(), TABLE).plot: {},
        FoldsDisplay.from_cv: {"cv": OriginSplit(2), "X": X},
        FoldsDisplay.from_cv(OriginSplit(2), X).plot: {},
        FramesDisplay.from_estimator: {"model": of_maps(), "X": MAPS},
        FramesDisplay.from_predictions: pictures,
        FramesDisplay.from_estimator(of_maps(), MAPS).plot: {},
        SaliencyDisplay.from_estimator: {"model": network(), "X": X[:2]},
        SaliencyDisplay.from_estimator(network(), X[:2]).plot: {},
        TrainingCurveDisplay.from_estimator: {"model": network()},
        TrainingCurveDisplay.from_estimator(network()).plot: {},
    }


# files of users and of the network are read by these, which have tests of what they refuse
READERS = {
    fetch_household_power,
    load_air_temperature,
    load_cifar10,
    load_idx,
    load_kth,
    load_panel,
    load_video_folder,
}


def public_functions() -> set[Any]:
    """Public functions, and the methods by which displays are made and drawn."""
    rooms = [import_module(f"stforecast.{room}") for room in ROOMS]
    found = [getattr(room, name) for room in rooms for name in room.__all__]
    displays = [one for one in found if inspect.isclass(one) and one.__name__.endswith("Display")]
    methods = [
        getattr(one, name)
        for one in displays
        for name in dir(one)
        if name == "plot" or name.startswith("from_")
    ]
    return {one for one in found if inspect.isfunction(one)} | set(methods)


def name_of(function: Any) -> str:
    return function.__qualname__


def test_every_public_function_and_display_is_walked() -> None:
    walked = {name_of(one) for one in [*calls(), *READERS]}
    assert {name_of(one) for one in public_functions()} == walked


def cases() -> Iterator[tuple[Any, dict[str, Any], str]]:
    for function, given in calls().items():
        for name in inspect.signature(function).parameters:
            yield function, given, name


@pytest.mark.parametrize(
    ("function", "given", "name"),
    list(cases()),
    ids=lambda one: one if isinstance(one, str) else name_of(one) if callable(one) else "",
)
def test_an_odd_argument_is_meant_or_refused_by_name(
    function: Any, given: dict[str, Any], name: str
) -> None:
    key = f"{name_of(function)}.{name}"
    meant = [repr(value) for value in MEANT.get(key, MEANT.get(name, ()))]
    for value in ODD:
        text = refusal(function, {**given, name: value}, name)
        assert (text is None) == (repr(value) in meant), f"{key}={value!r}: {text or 'is taken'}"
        if text:
            check_message(text, name, value)


def refusal(function: Any, given: dict[str, Any], name: str) -> str | None:
    """Return the message by which arguments are refused, if they are."""
    try:
        function(**given)
    except LeakageError:
        assert name == "cv"  # what a report is for
        return f"{name} leaks"
    except (ValueError, TypeError) as error:
        return str(error)
    finally:
        plt.close("all")
    return None


def check_message(text: str, name: str, value: Any) -> None:
    """Check that a message names the parameter, as a word, on one line of few sentences."""
    if name == "X" and isinstance(value, list) and text.startswith("Expected 2D array"):
        return  # scikit-learn's own words, for a series of one axis
    assert re.search(rf"\b{name}\b", text), f"{name}={value!r}: {text}"
    assert "\n" not in text
    assert text.count(". ") < 3
