"""The table of a panel gives seeds their mean score and their mean forecast."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.accuracy.panels.forecasters import Formula, MeanForecast, PanelForecaster
from benchmarks.accuracy.panels.formulas import naive2
from benchmarks.accuracy.panels.methods import BOTH, averages, mean_scores, seed_methods
from benchmarks.accuracy.panels.report import table
from benchmarks.accuracy.panels.scores import compare_on, summarise
from benchmarks.accuracy.panels.series import Panel

ROWS = np.tile([1.0, 2.0, 4.0, 3.0], 6) * np.repeat(1.1 ** np.arange(6), 4)
COUNT = 12
RNG = np.random.default_rng(0)
PANEL = Panel(
    "M4, hourly",
    [ROWS + RNG.random(24) for _ in range(COUNT)],
    np.tile(ROWS[-4:] * 1.1, (COUNT, 1)) + RNG.random((COUNT, 4)),
    4,
)


def forecast(values: np.ndarray) -> Formula:
    return Formula(lambda series, season, horizon: values, 4)


def text(tmp_path: Path) -> str:
    """The report of two networks whose errors cancel out, and of others."""
    (tmp_path / "published_hourly.csv").write_text("entry,OWA\n1,0.0001\n2,0.9\n3,\n")
    seeds: list[PanelForecaster] = [forecast(PANEL.test + 1), forecast(PANEL.test - 1)]
    runs = {BOTH: seeds}
    signs = np.where(np.arange(COUNT) % 2, 1.2, 0.8)[:, None]
    methods = (
        {
            "Naive2": Formula(naive2, 4),
            "other": forecast(PANEL.test + 3),
            "level": forecast(PANEL.test + signs),
        }
        | seed_methods(runs)
        | averages(runs)
    )
    names = mean_scores(runs)
    comparison = summarise(compare_on(PANEL, methods), names)
    return table(PANEL, comparison, f"{BOTH}, mean score of 2 seeds", tmp_path)


def test_errors_that_cancel_out_vanish_from_the_mean_forecast_alone(tmp_path: Path) -> None:
    report = text(tmp_path)
    cells = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in report.splitlines()}
    assert f"## {PANEL.name}: 12 series, 4 rows ahead" in report
    scores = report.split("Less ")[0]
    assert f"| {BOTH}, forecasts of 2 seeds averaged | 0.000 | 0.000 | 0.000 | 0.0 |" in scores
    assert f"| {BOTH}, mean score of 2 seeds |" in scores
    assert "seed 0" not in report
    assert list(cells)[-1].startswith(f"- {BOTH}, mean score of 2 seeds: OWA")
    assert f"- {BOTH}, forecasts of 2 seeds averaged: OWA 0.000, place 1 of 3" in report


def test_differences_to_the_network_are_undecided_within_two_standard_errors(
    tmp_path: Path,
) -> None:
    differences = text(tmp_path).split("Less ")[1]
    rows = {line.split(" | ")[0].strip("| "): line for line in differences.splitlines()}
    assert rows["other"].endswith("| +2.0 ± 0.0 |")
    assert rows["level"].endswith("± 0.1, undecided |")
    assert not any(name.startswith(BOTH) for name in list(rows)[1:-1])


def test_without_a_network_there_are_no_differences(tmp_path: Path) -> None:
    methods = {"Naive2": Formula(naive2, 4), "mean": MeanForecast([forecast(PANEL.test)])}
    report = table(PANEL, summarise(compare_on(PANEL, methods), {}), None, None)
    assert "| mean | 0.000 | 0.000 | 0.000 | 0.0 |" in report
    assert "Less" not in report
