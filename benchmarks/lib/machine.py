"""On what a result was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("torch", "scikit-learn", "skorch", "numpy", "pandas")


def describe_machine(*more: str) -> str:
    """Return the processor, its cores, the GPU, and the versions that numbers depend on.

    Parameters
    ----------
    *more : str
        Packages to name beside torch, scikit-learn, skorch, numpy and pandas; those that are not
        installed are left out.

    Returns
    -------
    str
        One line.
    """
    packages = installed_versions((*PACKAGES, *more))
    return ", ".join(
        [
            platform.machine(),
            *_processor(),
            f"{os.cpu_count()} cores",
            *_gpu(),
            f"Python {platform.python_version()}",
            *(f"{name} {number}" for name, number in packages.items()),
        ]
    )


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def peak_bytes() -> int:
    """Return the most memory that this process has held, on Linux.

    Not ``ru_maxrss``, which begins with what the parent process held.
    """
    return 1024 * int(_field("/proc/self/status", "VmHWM").split()[0])


def own_bytes() -> int:
    """Return the memory that this process holds without pages of files, on Linux."""
    return 1024 * int(_field("/proc/self/status", "RssAnon").split()[0])


def _processor() -> list[str]:
    with suppress(OSError, LookupError):  # only Linux has the file
        return [_field("/proc/cpuinfo", "model name")]
    return []


def _field(path: str, name: str) -> str:
    """Return what stands after a name and a colon in a file."""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    raise LookupError(name)


def _gpu() -> list[str]:
    import torch

    return [torch.cuda.get_device_name()] if torch.cuda.is_available() else []
