"""The comparison with plain torch is of networks that give the same numbers."""

from __future__ import annotations

import time

import pytest
import torch

from benchmarks.speed import cnn_lstm
from benchmarks.speed.cnn_lstm import Setting

TINY = Setting(2, 3, 2, (4, 6), (3, 4), (3, 3), (2, 2), 5)


def test_networks_of_the_same_weights_give_the_same_numbers_and_take_turns() -> None:
    found = cnn_lstm.compare(TINY, 2, time.process_time)
    assert set(found) == {"train", "forward"}
    assert all(len(times) == 2 for part in found.values() for times in part.values())


def test_networks_of_other_numbers_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cnn_lstm.Plain, "forward", lambda _, x: torch.zeros(2, 3, 5))
    with pytest.raises(AssertionError):
        cnn_lstm.modules(TINY)


def test_the_report_holds_networks_and_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cnn_lstm, "LAYERS", {"tiny": TINY})
    monkeypatch.setattr(cnn_lstm, "FITS", {"a table": (2, 1)})
    text = cnn_lstm.report(1, "wall")
    assert "| tiny | " in text
    assert "| a table | " in text
