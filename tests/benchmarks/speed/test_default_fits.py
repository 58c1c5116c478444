"""Default fits are counted as they come."""

from __future__ import annotations

import numpy as np

from benchmarks.speed import default_fits
from benchmarks.speed.default_fits import Case, fit_once, report


def test_epochs_and_share_are_those_of_the_fit() -> None:
    case = Case("waves", lambda: np.sin(np.arange(60.0)), 7, 1)
    found = fit_once(case, "LSTM")
    assert (found["rows"], found["windows"]) == (60, 53)
    assert found["epochs"] >= 1
    assert 0 <= found["share"] <= 1
    assert found["seconds"] > 0


def test_the_panel_has_a_series_for_each_hour_of_the_week() -> None:
    panel = default_fits._weekly_panel()
    assert panel.index.is_unique
    assert (panel.groupby(level="hour").size() == panel.index.unique("week").size).all()
    assert panel.index.unique("hour").tolist() == list(range(168))


def test_the_table_has_a_row_for_each_fit() -> None:
    found = {"rows": 144, "windows": 109, "epochs": 120, "share": 0.0, "seconds": 21.3}
    table = report({"passengers, monthly": {"LSTM": found}})
    assert "| passengers, monthly | 144 | 24 | 109 | LSTM | 120 | 0 | 21 |" in table
