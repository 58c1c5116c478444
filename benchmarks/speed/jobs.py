"""What a second process brings a search on a CPU.

Run with ``python benchmarks/speed/jobs.py``. A `GridSearchCV` of 6 fits at the household setting
(see ``training.py``) runs in one process with one thread, in one with as many threads as it likes,
and in as many processes as there are cores; they take turns. joblib gives each of its processes
its share of the cores as threads, so that they do not get in each other's way. On two cores, two
processes should have at least 1.6 times the throughput of one.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import torch
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from stforecast import ConvLSTMForecaster, FoldTime, make_windows
from stforecast.estimators import Training

ROUNDS = 3
TABLE = Path(__file__).parents[1] / "results" / "jobs.md"


def seconds(n_jobs: int, threads: int) -> float:
    """Seconds of one search."""
    series = np.random.default_rng(0).normal(size=(1113 + 62, 8))
    X, y = make_windows(series, lookback=56, horizon=7, target=0)
    X = FoldTime(width=7).fit_transform(X)
    model = ConvLSTMForecaster(
        16, (1, 3), max_epochs=4, batch_size=32, random_state=0, training=Training(patience=99)
    )
    grid = {"lr": [0.003, 0.01]}
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(3), n_jobs=n_jobs, refit=False)
    torch.set_num_threads(threads)
    start = time.perf_counter()
    search.fit(X, y)
    return time.perf_counter() - start


def main() -> int:
    """Print the table and write it."""
    cores = joblib.cpu_count()
    ways = {
        "1 process, 1 thread": (1, 1),
        f"1 process, {cores} threads": (1, cores),
        f"{cores} processes": (cores, cores),
    }
    seconds(cores, cores)  # starts the processes, which stay
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            times[name].append(seconds(*way))
    base = times["1 process, 1 thread"]
    lines = ["| search of 6 fits | seconds | throughput |", "|---|---:|---:|"]
    for name, values in times.items():
        gain = statistics.median(b / v for v, b in zip(values, base, strict=True))
        lines.append(f"| {name} | {statistics.median(values):.1f} | {gain:.2f} |")
    machine = (
        f"torch {torch.__version__}, joblib {joblib.__version__}, Python "
        f"{platform.python_version()}, {platform.machine()}, {cores} cores, load "
        f"{os.getloadavg()[0]:.1f} at the end; {ROUNDS} rounds."
    )
    text = "\n".join(lines)
    page = f"# A search in one process and in several\n\n{text}\n\n{machine}\n"
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(page, encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
