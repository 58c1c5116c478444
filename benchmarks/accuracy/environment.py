"""On what a result was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

PACKAGES = ("torch", "scikit-learn", "skorch", "numpy", "pandas")


def describe_machine() -> str:
    """Return the processor, its cores, and the versions that numbers depend on, in one line."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{packages}"
    )
