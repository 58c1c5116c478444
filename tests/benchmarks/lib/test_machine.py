"""The machine in one line."""

from __future__ import annotations

from importlib.metadata import version

import torch

from benchmarks.lib.machine import describe_machine, installed_versions


def test_packages_that_are_not_installed_are_left_out() -> None:
    assert installed_versions(["numpy", "no-such-package"]) == {"numpy": version("numpy")}
    line = describe_machine("scipy", "no-such-package")
    assert line.endswith(f"scipy {version('scipy')}")
    assert f"torch {version('torch')}" in line


def test_a_gpu_is_named(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    assert ", a GPU, Python" in describe_machine()
