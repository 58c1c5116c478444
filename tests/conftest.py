"""Settings of the whole suite, made before anything imports scipy, torch or matplotlib."""

from __future__ import annotations

import os

# scikit-learn skips its array-API checks without this
os.environ["SCIPY_ARRAY_API"] = "1"
os.environ["MPLBACKEND"] = "agg"
# the cores are filled by pytest-xdist's workers, one thread each
os.environ.setdefault("OMP_NUM_THREADS", "1")
