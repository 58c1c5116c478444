"""The table of default classifiers says what the budget that follows from the samples gains."""

from __future__ import annotations

from benchmarks.accuracy.classification.defaults import COLUMNS, report


def test_gains_are_differences_of_seeds_with_their_error() -> None:
    accuracies = dict(zip(COLUMNS, ([0.9, 0.8], [0.5, 0.6], [0.7, 0.7], [0.7, 0.9]), strict=True))
    content = {"machine": "one", "vowels": accuracies, "half run": {COLUMNS[0]: [0.5]}}
    table = report(content)
    assert "half run" not in table
    row = next(line for line in table.splitlines() if "vowels" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:5] == ["2", "0.850 ± 0.050", "0.550 ± 0.050", "+0.300 ± 0.100"]
    assert cells[7] == "-0.100 ± 0.100"
