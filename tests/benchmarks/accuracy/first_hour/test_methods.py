"""Methods that need no network give the figures that are kept."""

from __future__ import annotations

import json

import pytest

from benchmarks.accuracy.first_hour.methods import methods, windows
from benchmarks.accuracy.first_hour.series import tasks
from benchmarks.lib.results import RESULTS

KEPT = json.loads((RESULTS / "first_hour" / "test.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("method", ["seasonal naive", "ridge", "ridge, relative"])
def test_the_figures_of_a_series_are_those_that_are_kept(method: str) -> None:
    task = next(one for one in tasks() if one.name == "airline, monthly")
    X, y = windows(task, task.values(development=False))
    error, notes = methods()[method](task, X, y)
    assert round(error, 4) == KEPT[task.name][method]["mase"]
    assert notes == {}
