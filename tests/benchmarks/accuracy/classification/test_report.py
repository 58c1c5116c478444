"""The table is that of the tasks whose results are kept."""

from __future__ import annotations

from benchmarks.accuracy.classification.report import report
from benchmarks.lib.results import RESULTS


def test_the_table_is_made_from_the_results() -> None:
    folder = RESULTS / "classification"
    assert (folder / "report.md").read_text(encoding="utf-8") == report(folder) + "\n"
