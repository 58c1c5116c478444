"""Results are kept as they come and are not computed twice."""

from __future__ import annotations

import json

import pytest

from benchmarks.lib.results import ResultFile, write_report


def never() -> float:
    raise AssertionError("computed again")


def test_a_result_is_computed_once_and_read_by_the_next_run(tmp_path) -> None:
    path = tmp_path / "new" / "results.json"
    assert ResultFile(path).result("CO2", "ridge", compute=lambda: 0.5) == 0.5
    again = ResultFile(path)
    assert again.holds("CO2", "ridge")
    assert not again.holds("CO2", "ConvLSTM")
    assert not again.holds("airline", "ridge")
    assert again.result("CO2", "ridge", compute=never) == 0.5


def test_only_missing_seeds_are_computed(tmp_path) -> None:
    file = ResultFile(tmp_path / "results.json")
    file.seed_results("CO2", "ConvLSTM", seeds=2, compute=float)
    asked = []
    found = file.seed_results("CO2", "ConvLSTM", seeds=4, compute=lambda s: asked.append(s) or -s)
    assert (asked, found) == ([2, 3], [0.0, 1.0, -2, -3])
    assert file.seed_results("CO2", "ConvLSTM", seeds=1, compute=lambda _: never()) == found


def test_what_came_before_an_error_is_kept(tmp_path) -> None:
    def compute(seed: int) -> float:
        if seed == 1:
            raise KeyboardInterrupt
        return 0.25

    file = ResultFile(tmp_path / "results.json")
    with pytest.raises(KeyboardInterrupt):
        file.seed_results("CO2", "ConvLSTM", seeds=2, compute=compute)
    assert json.loads(file.path.read_text()) == {"CO2": {"ConvLSTM": [0.25]}}
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_a_result_that_failed_leaves_no_place(tmp_path) -> None:
    file = ResultFile(tmp_path / "results.json")
    with pytest.raises(AssertionError, match="computed again"):
        file.result("CO2", "ridge", compute=never)
    assert file.content == {}


def test_a_report_is_printed_and_written(tmp_path, capsys) -> None:
    write_report("± a table", tmp_path / "new" / "report.md")
    assert (tmp_path / "new" / "report.md").read_text(encoding="utf-8") == "± a table\n"
    assert capsys.readouterr().out == "± a table\n"
