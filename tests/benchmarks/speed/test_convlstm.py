"""The comparison of layers measures what it says, at sizes that take no time."""

from __future__ import annotations

import argparse
import sys
import textwrap

import pytest
import torch

from benchmarks.speed import convlstm
from benchmarks.speed.convlstm import Setting

TINY = Setting(2, 3, 2, 4, (3, 4), (3, 3))


def test_all_ways_give_the_numbers_of_the_loop_and_take_turns() -> None:
    times = convlstm.measure(TINY, 2, convlstm.CLOCKS["wall"])
    assert set(times) == {"train", "forward"}
    assert set(times["train"]) == {"loop", "eight convolutions", "stforecast"}
    assert all(len(found) == 2 for part in times.values() for found in part.values())
    assert all(second > 0 for part in times.values() for found in part.values() for second in found)


def test_ways_that_give_other_numbers_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = lambda layer: lambda x: torch.zeros(())  # noqa: E731
    monkeypatch.setattr(convlstm, "EightConvolutions", wrong)
    with pytest.raises(AssertionError):
        convlstm.make_ways(TINY, convlstm.CLOCKS["wall"])


def test_operations_are_those_of_three_products() -> None:
    cells = 2 * 3 * 12
    product = 2 * cells * 9 * 4 * 4  # multiplications and additions for one channel read
    assert TINY.operations() == {"forward": product * 6, "train": product * (2 + 4 + 2 + 4 + 4)}


def test_tables_hold_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convlstm, "SHAPES", {"tiny": TINY})
    monkeypatch.setattr(convlstm, "GROWTH", {"T": {3: TINY}})
    monkeypatch.setattr(convlstm, "matrix_peak", lambda _: 1e9)
    monkeypatch.setattr(convlstm, "_added", lambda way, _: {"loop": 22, "stforecast": 11}[way])
    options = argparse.Namespace(
        clock="cpu", rounds=1, peers=None, threads=1, only="shapes,growth,memory"
    )
    first, *_, text = convlstm.reports(options)
    assert "| tiny | " in first
    assert "| T | 3 | " not in first  # what is done is written before the next table is begun
    assert first.splitlines()[-1] == text.splitlines()[-1]
    assert "| geometric mean |" in text
    assert "| T | 3 | " in text
    assert "| tiny | 11 | 22 |" in text


def test_peers_answer_in_turns(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text(
        textwrap.dedent(f"""\
            #!{sys.executable}
            import sys
            for line in sys.stdin:
                print(2.0 if line.strip() == "train" else 1.0, flush=True)
            """)
    )
    script.chmod(0o755)
    with convlstm.peer_ways(str(script), TINY) as ways:
        assert set(ways) == {"keras", "jax"}
        assert [ways["keras"]("train"), ways["jax"]("forward")] == [2.0, 1.0]


def test_memory_of_a_step_is_measured() -> None:
    assert convlstm.added_megabytes("loop", Setting(4, 8, 8, 32, (32, 32), (3, 3)).sizes()) >= 0
