"""The table is that of the series which every method has scored."""

from __future__ import annotations

from benchmarks.accuracy.anomaly.report import NAMES, report
from benchmarks.lib.results import RESULTS, ResultFile


def test_the_best_is_bold_and_losses_are_named() -> None:
    areas = {name: [0.5] for name in NAMES} | {NAMES[0]: [0.9], NAMES[-1]: [0.6, 0.8]}
    text = report({"waves": areas, "not whole": {NAMES[0]: [0.9]}}, "a machine")
    row = "| waves | **0.900** | 0.500 | 0.500 | 0.500 | 0.500 | 0.700 ± 0.100 |"
    assert row in text.splitlines()
    assert f"- {NAMES[-1]}: above z: seasonal profile on 0" in text
    assert "not above the best of the three on waves." in text
    assert "not whole" not in text


def test_the_table_is_made_from_the_results() -> None:
    folder = RESULTS / "anomaly"
    lines = (folder / "report.md").read_text(encoding="utf-8").splitlines()
    made = report(ResultFile(folder / "results.json").content, lines[4].strip())
    assert made.splitlines() == lines
