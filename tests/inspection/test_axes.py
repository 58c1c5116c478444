"""Matplotlib is asked for on use only."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from stforecast import inspection
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
from stforecast.inspection._axes import time_axis

SPANS = pd.DataFrame({"fold": [0], "part": ["test targets"], "first": [3], "last": [5]})
DISPLAYS: dict[str, Any] = {
    "ForecastDisplay": ForecastDisplay(pd.Series([1.0, 2]), [pd.Series([1.0, 2])]),
    "TrainingCurveDisplay": TrainingCurveDisplay(pd.DataFrame({"train_loss": [1.0]}, index=[1])),
    "FoldsDisplay": FoldsDisplay(SPANS),
    "FramesDisplay": FramesDisplay(np.ones((2, 3, 3)), np.ones((2, 3, 3))),
    "SaliencyDisplay": SaliencyDisplay(np.ones((2, 1, 3, 3))),
    "SkillMapDisplay": SkillMapDisplay(np.ones((2, 3, 3))),
    "AnomalyDisplay": AnomalyDisplay(pd.Series([1.0, 2]), pd.Series([0.0, 2]), 1.0),
    "ComparisonDisplay": ComparisonDisplay(
        pd.DataFrame(
            {
                "error": [1.0, 2],
                "standard error": [0.1, np.nan],
                "against": ["b", ""],
                "verdict": ["ahead", "reference"],
                "kind": ["network", "baseline"],
            },
            index=["a", "b"],
        ),
        "mase",
    ),
    "ClassProbabilityDisplay": ClassProbabilityDisplay(pd.DataFrame([[0.2, 0.8], [0.6, 0.4]])),
}


def test_each_display_is_covered_here() -> None:
    assert set(DISPLAYS) == set(inspection.__all__)


@pytest.mark.parametrize("name", DISPLAYS)
def test_without_matplotlib_the_error_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        ImportError, match=rf"{name} needs matplotlib. Install it with pip install m"
    ):
        DISPLAYS[name].plot()


SUMMARIES = {
    "ForecastDisplay": "truth of 2 rows, 1 forecast",
    "TrainingCurveDisplay": "1 epoch",
    "FoldsDisplay": "1 fold",
    "FramesDisplay": "2 steps of 3 x 3 cells",
    "SaliencyDisplay": "2 frames of 1 channel, 3 x 3 cells",
    "SkillMapDisplay": "3 x 3 cells",
    "AnomalyDisplay": "2 rows, 1 above the limit",
    "ComparisonDisplay": "mase of 2 models",
    "ClassProbabilityDisplay": "2 origins, 2 classes",
}


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_notebook_shows_in_few_words_what_is_drawn(name: str) -> None:
    assert repr(DISPLAYS[name]) == f"{name}({SUMMARIES[name]})"


def test_importing_the_room_loads_no_matplotlib() -> None:
    code = "import stforecast.inspection, sys; print('matplotlib' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


@pytest.mark.parametrize("name", DISPLAYS)
def test_it_draws_where_told_and_else_in_a_new_figure(name: str) -> None:
    figure, axes = plt.subplots(1, 2)
    shown = DISPLAYS[name].plot(axes[1])
    assert shown is DISPLAYS[name]
    assert shown.ax_ is axes[1]
    assert shown.figure_ is figure
    assert not axes[0].has_data()
    again = DISPLAYS[name].plot()
    assert again.figure_ is not figure
    assert again.ax_.figure is again.figure_


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (pd.period_range("2020-01", periods=2, freq="M"), ["2020-01-01", "2020-02-01"]),
        (pd.date_range("2020-01-01", periods=2, tz="Asia/Tokyo"), ["2020-01-01", "2020-01-02"]),
    ],
)
def test_times_stand_at_their_local_moment(index: pd.Index, expected: list[str]) -> None:
    assert pd.DatetimeIndex(time_axis(index)).tolist() == pd.DatetimeIndex(expected).tolist()


def test_time_differences_stand_at_their_seconds() -> None:
    index = pd.timedelta_range("1min", periods=2, freq="1min")
    assert time_axis(index).tolist() == [60.0, 120.0]
    display = ForecastDisplay.from_predictions(pd.Series([1.0, 2], index), np.array([1.0, 2]))
    assert display.ax_.get_xlabel() == "seconds"
