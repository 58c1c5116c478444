"""Displays drawn without a screen, whose figures do not stay open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib as mpl


def drawn(display: Callable[[], Any]) -> Any:
    """Return what a display draws, and close its figures."""
    with mpl.rc_context({"backend": "agg"}):
        from matplotlib import pyplot as plt

        open_before = set(plt.get_fignums())
        try:
            return display()
        finally:
            for number in set(plt.get_fignums()) - open_before:
                plt.close(number)
