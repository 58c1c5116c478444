"""The cost of a baseline is that of whole fits, the network alone beside it."""

from __future__ import annotations

from benchmarks.speed import training


def test_costs_are_of_fits_alone_and_on_a_baseline(monkeypatch) -> None:
    monkeypatch.setattr(training, "SIZES", (30,))
    monkeypatch.setattr(training, "FIT_ROUNDS", 1)
    head, _, row = training.costs().splitlines()
    assert head == "| windows | alone, s | on a baseline, s | ratio |"
    windows, alone, standing, ratio = (cell.strip() for cell in row.strip("|").split("|"))
    assert windows == "30"
    assert 0 < float(ratio) < 30
    assert min(float(alone), float(standing)) >= 0
