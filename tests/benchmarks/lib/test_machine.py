"""The machine in one line."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.lib.machine import describe_machine, installed_versions

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")


def test_packages_that_are_not_installed_are_left_out() -> None:
    assert installed_versions(["numpy", "no-such-package"]) == {"numpy": version("numpy")}
    line = describe_machine("scipy", "no-such-package")
    assert line.endswith(f"scipy {version('scipy')}")
    assert f"torch {version('torch')}" in line


def test_a_gpu_is_named(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    assert ", a GPU, Python" in describe_machine()


@on_linux
def test_the_processor_is_named_where_the_system_says_which() -> None:
    names = {
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    }
    assert all(f", {name}, " in describe_machine() for name in names)


@on_linux
def test_the_most_memory_is_that_of_the_process_alone() -> None:
    held = np.ones(50_000_000, np.int8)  # a child begins small, whatever its parent holds
    code = (
        "from benchmarks.lib.machine import peak_bytes\n"
        "before = peak_bytes()\n"
        "text = b'a' * 20_000_000\n"
        "print(peak_bytes() - before)\n"
    )
    added = int(subprocess.check_output([sys.executable, "-c", code], text=True))
    assert 19_000_000 < added < 22_000_000
    assert held.all()
