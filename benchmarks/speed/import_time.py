"""How long ``import stforecast`` takes in a fresh interpreter, and what it loads.

Run: ``python -m benchmarks.speed.import_time`` (two minutes). Exits with 1 where
the import takes 0.3 s or loads torch. Writes ``benchmarks/results/speed/import_time.md``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table

LIMIT_S = 0.3
REPEATS = 7
HEAVY = ("numpy", "pandas", "sklearn", "torch", "skorch", "sktime", "matplotlib")

STATEMENTS = {
    "import stforecast": "import stforecast",
    "and dir(stforecast)": "import stforecast; dir(stforecast)",
    "make_windows": "from stforecast import make_windows",
    "load_household_power": "from stforecast.datasets import load_household_power",
    "ConvLSTMForecaster": "from stforecast import ConvLSTMForecaster",
    "import numpy": "import numpy",
    "import sklearn": "import sklearn",
    "import torch": "import torch",
}

PROBE = """
import sys, time
start = time.perf_counter()
{statement}
print(time.perf_counter() - start, *(name for name in {heavy} if name in sys.modules))
"""


def measure(statement: str) -> tuple[float, list[str]]:
    """Seconds of one fresh interpreter's import, and the heavy packages it loaded."""
    code = PROBE.format(statement=statement, heavy=HEAVY)
    seconds, *loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    return float(seconds), loaded


def row(label: str, seconds: list[float], loaded: list[str]) -> list[str]:
    """One line of the table."""
    median, slowest = statistics.median(seconds), max(seconds)
    return [label, ", ".join(loaded) or "none", f"{median:.3f}", f"{slowest:.3f}"]


def main() -> int:
    """Print the table and write it; 1 where the bare import is slow or loads torch."""
    rows, kept = [], True
    for label, statement in STATEMENTS.items():
        measure(statement)  # the first run writes the byte code
        runs = [measure(statement) for _ in range(REPEATS)]
        seconds, loaded = [time for time, _ in runs], runs[0][1]
        rows.append(row(label, seconds, loaded))
        if label == "import stforecast":
            kept = statistics.median(seconds) < LIMIT_S and "torch" not in loaded
    head = ["", "heavy packages loaded", "median s", "slowest s"]
    machine = (
        f"{describe_machine()}; load {os.getloadavg()[0]:.1f} at the end; {REPEATS} fresh "
        "interpreters each."
    )
    parts = ["# What an import takes", markdown_table(head, rows, texts=2), machine]
    write_report("\n\n".join(parts), RESULTS / "speed" / "import_time.md")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
