"""The table of a panel gives seeds their mean score and their mean forecast."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.panels.report import table
from benchmarks.accuracy.panels.series import Panel

ROWS = np.tile([1.0, 2.0, 4.0, 3.0], 6) * np.repeat(1.1 ** np.arange(6), 4)
PANEL = Panel("M4, hourly", [ROWS], ROWS[None, -4:] * 1.1, 4)


def test_errors_that_cancel_out_vanish_from_the_mean_forecast_alone(tmp_path) -> None:
    (tmp_path / "published_hourly.csv").write_text("entry,OWA\n1,0.0001\n2,0.9\n3,\n")
    runs = np.stack([PANEL.test + 1, PANEL.test - 1])
    text = table(PANEL, {"ConvLSTM, mean of both": runs, "other": PANEL.test + 3}, tmp_path)
    cells = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in text.splitlines()}
    assert cells["ConvLSTM, mean of both, forecasts of 2 seeds averaged"][2] == "0.000"
    assert float(cells["ConvLSTM, mean of both, mean score of 2 seeds"][4].strip(" |")) == 1
    assert list(cells)[-1].startswith("- ConvLSTM, mean of both, mean score of 2 seeds: OWA")
    assert (
        "- ConvLSTM, mean of both, forecasts of 2 seeds averaged: OWA 0.000, place 1 of 3" in text
    )
