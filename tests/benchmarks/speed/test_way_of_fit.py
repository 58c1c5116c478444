"""The way from fit to the loss stays short."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def counted() -> tuple[int, int, list[str]]:
    """Calls, files and the list of calls in a process of its own, where nothing is cached."""
    command = [sys.executable, "-m", "benchmarks.speed.way_of_fit", "--list"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    first, *calls = done.stdout.splitlines()
    found = re.fullmatch(r"(\d+) calls in (\d+) files", first)
    assert found is not None
    return int(found[1]), int(found[2]), calls


def test_about_two_hundred_calls_lie_between_fit_and_the_first_loss() -> None:
    calls, files, listed = counted()
    assert "Forecaster.fit" in listed[0]
    assert "Loss.forward" in listed[-1]
    assert len(listed) == calls <= 233
    assert files <= 44
