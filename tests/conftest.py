"""Settings of the whole suite, made before anything imports scipy, torch or matplotlib."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

# scikit-learn skips its array-API checks without this
os.environ["SCIPY_ARRAY_API"] = "1"
os.environ["MPLBACKEND"] = "agg"
# the cores are filled by pytest-xdist's workers, one thread each
os.environ.setdefault("OMP_NUM_THREADS", "1")

# how long an example takes says more of the machine's other work than of the code
settings.register_profile("undisturbed", deadline=None)
settings.load_profile("undisturbed")


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Python's own handler: a shell's background jobs start with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
