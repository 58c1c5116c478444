"""Estimators as they come on fourteen short series, beside what costs nothing.

    python -m benchmarks.accuracy.first_hour [--development] [--series NAME ...]

One season is forecast from two. Every estimator is as its class makes it, but for the seed and
what it stands on: baseline="auto", or nothing. It is trained once, on the windows before the test
part, and forecasts every origin in it. With ``--development`` the test part is cut off, and the
rows before it are the test part: what settings are chosen on. What has been run is kept in
benchmarks/results/first_hour and not run again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.accuracy.first_hour.methods import methods, score, windows
from benchmarks.accuracy.first_hour.report import report
from benchmarks.accuracy.first_hour.series import Task, tasks
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, ResultFile, write_report


def main() -> None:
    """Run what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--series", nargs="*", help="names, or the beginnings of some")
    parser.add_argument("--methods", nargs="*", help="names")
    parser.add_argument("--out", type=Path, default=RESULTS / "first_hour")
    options = parser.parse_args()
    name = "development" if options.development else "test"
    file = ResultFile(options.out / f"{name}.json")
    for task in tasks():
        if options.series and not task.name.startswith(tuple(options.series)):
            continue
        for method in options.methods or methods():
            found = file.result(
                task.name,
                method,
                compute=lambda task=task, method=method: _score(task, method, options.development),
            )
            print(task.name, method, found, flush=True)
    write_report(report(file.content, name, describe_machine("sktime")), options.out / f"{name}.md")


def _score(task: Task, method: str, development: bool) -> dict[str, float]:
    series = task.values(development=development)
    found = score(task, *windows(task, series), method)
    return {name: round(float(number), 4) for name, number in found.items()}


if __name__ == "__main__":
    main()
