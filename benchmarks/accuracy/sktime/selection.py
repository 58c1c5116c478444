"""The length of windows, chosen on rows that no fold and no origin forecasts."""

from __future__ import annotations

import pandas as pd

from benchmarks.accuracy.sktime.networks import BASELINE, estimators, lookback
from benchmarks.accuracy.sktime.origins import before_origins, origin_errors
from benchmarks.accuracy.sktime.series import Task
from benchmarks.lib.results import ResultFile

CANDIDATES = (1, 2)  # times two seasons, or one cycle where it holds several


def select(chosen: list[Task], file: ResultFile) -> str:
    """Return the mean MASE on each series of the baseline alone, which takes no time to judge."""
    rows = {
        windows: {task.name: _error(task, windows, file) for task in chosen}
        for windows in CANDIDATES
    }
    return pd.DataFrame(rows).to_string(float_format="{:.3f}".format)


def _error(task: Task, windows: int, file: ResultFile) -> float:
    earlier = before_origins(task)
    errors = file.result(
        task.name,
        str(windows),
        compute=lambda: origin_errors(
            earlier, estimators(earlier)[BASELINE], lookback(earlier, windows)
        ),
    )
    return sum(errors) / len(errors)
