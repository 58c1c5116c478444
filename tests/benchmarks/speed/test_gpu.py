"""The script for a GPU goes through on a CPU, so that no minute of a GPU is lost on a slip."""

from __future__ import annotations

import pytest

from benchmarks.speed import gpu


def test_every_part_runs_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu.torch, "compile", lambda module, **_: module)  # takes a minute
    text = gpu.report("cpu", tiny=True)
    assert "FAILED" not in text
    assert "| ConvLSTM, bfloat16 |" in text
    assert "two fits: the same bits" in text
    assert "2 fits: " in text
    assert "ms where all of them are held on the device" in text
    assert "hours for 200 epochs of 10000 films" in text


def test_a_part_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(device: str, tiny: bool) -> str:
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(gpu, "PARTS", {"One": fail, "Two": lambda device, tiny: "fine"})
    text = gpu.report("cpu", tiny=True)
    assert "FAILED: RuntimeError: no such kernel" in text
    assert "fine" in text
