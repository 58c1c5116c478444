"""How long ``import stforecast`` takes in a fresh interpreter, and what it loads.

Run: ``python benchmarks/speed/import_time.py`` (two minutes). Writes
``benchmarks/results/import_time.md``. Exits with 1 where the import takes 0.3 s or loads torch.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

TABLE = Path(__file__).parents[1] / "results" / "import_time.md"

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


def row(label: str, seconds: list[float], loaded: list[str]) -> str:
    """One line of the table."""
    median, slowest = statistics.median(seconds), max(seconds)
    return f"| {label} | {median:.3f} | {slowest:.3f} | {', '.join(loaded) or 'none'} |"


def main() -> int:
    """Print the table and write it; 1 where the bare import is slow or loads torch."""
    lines = ["| | median s | slowest s | heavy packages loaded |", "|---|---:|---:|---|"]
    kept = True
    for label, statement in STATEMENTS.items():
        measure(statement)  # the first run writes the byte code
        runs = [measure(statement) for _ in range(REPEATS)]
        seconds, loaded = [time for time, _ in runs], runs[0][1]
        lines.append(row(label, seconds, loaded))
        if label == "import stforecast":
            kept = statistics.median(seconds) < LIMIT_S and "torch" not in loaded
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "scikit-learn", "pandas"))
    machine = (
        f"Python {platform.python_version()}, {packages}, {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; "
        f"{REPEATS} fresh interpreters each."
    )
    table = "\n".join(lines)
    page = f"# What an import takes\n\n{table}\n\n{machine}\n"
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(page, encoding="utf-8")
    print(page)
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
