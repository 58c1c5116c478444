"""One setting for all series, chosen on rows before every fold and origin."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.sktime.networks import NETWORKS, WINDOWS, estimators
from benchmarks.accuracy.sktime.selection import CANDIDATES
from benchmarks.accuracy.sktime.series import Task
from benchmarks.lib.results import RESULTS, ResultFile
from tests.benchmarks.accuracy.sktime.conftest import YEARS


def test_a_window_is_two_seasons_or_one_cycle() -> None:
    hours = Task("hours", YEARS.copy, season=24, cycle=168)
    months = Task("months", YEARS.copy, season=12, cycle=12)
    assert (hours.lookback, months.lookback) == (168, 24)


def test_networks_stand_on_the_default_baseline(task) -> None:
    found = estimators(task)
    assert [found[name][-1].baseline for name in NETWORKS] == ["auto"] * 3


def test_the_windows_chosen_are_those_of_the_least_error_on_earlier_rows() -> None:
    kept = ResultFile(RESULTS / "sktime" / "selection.json").content.values()
    means = {
        windows: np.log([np.mean(found[str(windows)]) for found in kept]).mean()
        for windows in CANDIDATES
    }
    assert min(means, key=means.get) == WINDOWS
