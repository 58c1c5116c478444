"""Methods give the figures that are kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.accuracy.first_hour.methods import score, windows
from benchmarks.accuracy.first_hour.series import tasks
from benchmarks.lib.results import RESULTS

KEPT = json.loads((RESULTS / "first_hour" / "test.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("method", ["seasonal naive", "ridge", "ridge, relative", "LSTM"])
def test_the_figures_of_a_series_are_those_that_are_kept(method: str) -> None:
    task = next(one for one in tasks() if one.name == "airline, monthly")
    found = score(task, *windows(task, task.values(development=False)), method)
    kept = {name: one for name, one in KEPT[task.name][method].items() if np.isfinite(one)}
    assert {name: round(one, 4) for name, one in found.items()} == kept
