"""Which releases a model was fitted with."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

import torch

from stforecast._version import __version__

# what a fitted model's numbers depend on
PACKAGES = ("scikit-learn", "torch", "skorch", "numpy", "pandas")


def versions() -> dict[str, str]:
    """Return the releases in use, by name; those of CUDA and cuDNN where torch has them."""
    return dict(_collect())


@cache
def _collect() -> dict[str, str]:
    releases = {"stforecast": __version__, "python": platform.python_version()}
    releases |= {name: version(name) for name in PACKAGES}
    if torch.version.cuda is not None:
        releases |= {"cuda": torch.version.cuda, "cudnn": str(torch.backends.cudnn.version())}
    return releases
