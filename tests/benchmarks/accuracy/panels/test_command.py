"""The command writes one report of all methods, from files in M4's layout."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.accuracy.panels import __main__ as command

COUNT = 12


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments for a small panel, and networks that learn for two batches."""
    rows = np.tile([10.0, 20.0, 40.0, 30.0], 9) + np.random.default_rng(0).random((COUNT, 36))
    names = [f"Q{i}" for i in range(COUNT)]
    for part, values in {"train": rows[:, :32], "test": rows[:, 32:]}.items():
        pd.DataFrame(values, names).to_csv(tmp_path / f"{part}.csv")
    for name in ("MEMBERS", "BOUNDS"):
        short = tuple(replace(one, steps=2) for one in getattr(command, name))
        monkeypatch.setattr(command, name, short)
    files = ["--train", tmp_path / "train.csv", "--test", tmp_path / "test.csv"]
    folders = ["--keep", tmp_path / "keep", "--out", tmp_path / "out"]
    return ["panels", *map(str, [*files, *folders, "--season", 4, "--horizon", 4])]


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, *more: str) -> str:
    monkeypatch.setattr(sys, "argv", [*arguments, *more])
    command.main()
    folder = Path(arguments[arguments.index("--out") + 1])
    return (folder / "report.md").read_text(encoding="utf-8")


def test_all_methods_are_in_the_report_and_nothing_is_made_twice(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run(arguments, monkeypatch, "--seeds", "2")
    assert "## train: 12 series, 4 rows ahead" in report
    scores = report.split("Less ")[0]
    for name in ("ridge, 7 seasons", "LightGBM, 14 seasons", "ConvLSTM, 7 seasons, mean score of"):
        assert f"| {name}" in scores
    assert "Less ConvLSTM, mean of both, mean score of 2 seeds, of the same series" in report
    assert "| ConvLSTM, mean of both, 1 seed |" in report.split("MSIS")[1]
    assert capsys.readouterr().out.count(".npy") == 6 + 4 + 2
    again = run(arguments, monkeypatch, "--seeds", "2")
    assert ".npy" not in capsys.readouterr().out
    assert again == report


def test_formulas_and_regressions_are_compared_without_networks(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = run(arguments, monkeypatch, "--seeds", "0", "--interval-seeds", "0")
    assert "| Naive2 |" in report
    assert "ConvLSTM" not in report
