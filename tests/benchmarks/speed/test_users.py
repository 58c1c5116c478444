"""What users feel is measured by processes that take turns, and the ways compute the same."""

from __future__ import annotations

import sys
import textwrap

import numpy as np
import pytest
import torch

from benchmarks.speed import users
from benchmarks.speed.loops import step_by_step_cell
from benchmarks.speed.users import Tasks
from stforecast.nn import ConvLSTM
from stforecast.nn.kernels.loader import VARIABLE, find_kernel


def test_step_by_step_is_another_way_to_the_same_numbers(monkeypatch) -> None:
    torch.manual_seed(0)
    plain, steps = ConvLSTM(2, 3), ConvLSTM(2, 3, cell=step_by_step_cell)
    steps.load_state_dict(plain.state_dict())
    x = torch.randn(2, 3, 2, 4, 5)
    torch.testing.assert_close(steps(x)[0], plain(x)[0])
    monkeypatch.setattr("stforecast.nn.recurrence.is_opaque", lambda *_: pytest.fail("a short way"))
    steps(x)


def test_every_task_runs_in_every_way() -> None:
    for cell in ("plain", step_by_step_cell):
        tasks = Tasks(cell, tiny=True)
        for name, (task, _) in users.TASKS.items():
            if "n_jobs" not in name:
                task(tasks)
    assert np.isfinite(tasks.fitted.predict(tasks.last)).all()


def test_processes_take_turns_and_make_a_table(tmp_path, monkeypatch) -> None:
    script = tmp_path / "python"
    script.write_text(
        textwrap.dedent(f"""\
            #!{sys.executable}
            import os, sys
            stepwise = "step by step" in sys.argv
            for line in sys.stdin:
                print(8.0 if stepwise else 4.0 if "{VARIABLE}" in os.environ else 2.0, flush=True)
            """)
    )
    script.chmod(0o755)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(sys, "executable", str(script))
    found = users.measure(3, "wall", tiny=True)
    assert list(found) == list(users.TASKS)
    text = users.table(found)
    assert "| one-window predict | 8.0 | 4.0 | 2.0 | 2.00 | 4.00 |" in text


@pytest.mark.skipif(find_kernel(torch.float32) is None, reason="no kernel compiled here")
def test_a_process_answers_in_milliseconds(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", ["one-window predict\n"])
    users.answer("with the kernel", "wall", tiny=True)
    assert 0.1 < float(capsys.readouterr().out) < 1e5


@pytest.mark.skipif(find_kernel(torch.float32) is None, reason="no kernel compiled here")
def test_a_process_with_a_kernel_cannot_stand_for_one_without() -> None:
    with pytest.raises(AssertionError, match="compile it first"):
        users.answer("without the kernel", "wall", tiny=True)
