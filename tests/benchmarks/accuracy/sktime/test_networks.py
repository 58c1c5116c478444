"""One setting for all series, chosen on rows before every test fold."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.accuracy.sktime.evaluation import run_models
from benchmarks.accuracy.sktime.networks import CHOSEN
from benchmarks.accuracy.sktime.selection import CANDIDATES
from benchmarks.accuracy.sktime.series import Task
from benchmarks.lib.results import RESULTS, ResultFile
from tests.benchmarks.accuracy.sktime.conftest import YEARS


def test_a_window_is_two_seasons_or_one_cycle() -> None:
    hours = Task("hours", YEARS.copy, season=24, cycle=168, folds=3)
    months = Task("months", YEARS.copy, season=12, cycle=12, folds=3)
    assert (CHOSEN.lookback(hours), CHOSEN.lookback(months)) == (168, 24)


def test_short_series_are_seen_more_often_for_as_many_batches(task) -> None:
    many = partial(pd.concat, [YEARS] * 40)
    longer = Task("longer", many, season=4, cycle=4, folds=3)
    batches = replace(CHOSEN, steps=300)
    assert batches.epochs(task) > 5 * batches.epochs(longer)
    assert batches.training().validation_fraction == 0


def test_the_setting_chosen_is_that_of_the_least_error_on_earlier_rows() -> None:
    rows = run_models([], ResultFile(RESULTS / "sktime" / "selection.json"), until=0)
    table = rows.pivot_table(index="forecaster", columns="series", values="MASE")
    assert not table.isna().any(axis=None)
    assert CANDIDATES[np.log(table).mean(axis=1).idxmin()] == CHOSEN
