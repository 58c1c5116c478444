"""The words and tables of a comparison whose outcome is known."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.accuracy.sktime.networks import OURS
from benchmarks.accuracy.sktime.report import paired, report, verdict


def test_differences_are_paired_over_folds() -> None:
    change, error = paired([1.0, 11.0, 21.0], [2.0, 12.0, 22.0])
    assert (change, error) == (-1.0, 0.0)


@pytest.fixture
def results() -> pd.DataFrame:
    rows = [("quarters", OURS[0], 0.9, [0.8, 1.0]), ("quarters", "Theta", 0.7, [0.5, 0.9])]
    table = pd.DataFrame(rows, columns=["series", "forecaster", "MASE", "MASE_folds"])
    return table.assign(MAE=1.0, RMSE=2.0, seconds=0.1)


def test_a_lost_series_is_called_lost(results) -> None:
    assert "Our best, ConvLSTM, loses to the best of the rest, Theta" in verdict(results)
    results["MASE"], results["MASE_folds"] = [0.5, 0.7], [[0.4, 0.6], [0.5, 0.9]]
    assert "is ahead of the best of the rest, Theta, by 0.200 ± 0.100" in verdict(results)


def test_a_forecaster_that_misses_a_series_has_no_mean(results) -> None:
    more = results.assign(series="months").iloc[:1]
    lines = report(pd.concat([results, more]), "a machine").splitlines()
    assert "| Theta | 0.7 |  |  |  |" in lines
    assert "| **ConvLSTM** | 0.9 | 0.9 | 1 | 0.9 |" in lines
    assert lines.count("Not run on this series: Theta.") == 1
