"""How long ``import stforecast`` takes in a fresh interpreter, and what it loads.

Run: ``python benchmarks/speed/import_time.py``. Exits with 1 where the import takes 0.3 s or
loads torch.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

LIMIT_S = 0.3
REPEATS = 7
HEAVY = ("numpy", "pandas", "sklearn", "torch", "skorch", "sktime", "matplotlib")

STATEMENTS = {
    "import stforecast": "import stforecast",
    "... dir(stforecast)": "import stforecast; dir(stforecast)",
    "... make_windows (no torch)": "from stforecast import make_windows",
    "... load_household_power (no torch)": "from stforecast.datasets import load_household_power",
    "... ConvLSTMForecaster": "from stforecast import ConvLSTMForecaster",
    "import numpy, for scale": "import numpy",
    "import sklearn, for scale": "import sklearn",
    "import torch, for scale": "import torch",
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


def main() -> int:
    """Print the table; 1 where the bare import is slow or loads torch."""
    print(f"{'statement':<38}{'median s':>10}{'max s':>8}  loads")
    table = {}
    for label, statement in STATEMENTS.items():
        measure(statement)  # the first run writes the byte code
        runs = [measure(statement) for _ in range(REPEATS)]
        seconds = [s for s, _ in runs]
        table[label] = statistics.median(seconds), runs[0][1]
        median, loaded = table[label]
        print(f"{label:<38}{median:>10.3f}{max(seconds):>8.3f}  {', '.join(loaded) or '-'}")
    median, loaded = table["import stforecast"]
    return int(median >= LIMIT_S or "torch" in loaded)


if __name__ == "__main__":
    sys.exit(main())
