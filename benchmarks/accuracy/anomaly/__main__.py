"""The anomaly detector on real series, beside z-scores of seasonal residuals.

    python -m benchmarks.accuracy.anomaly [--data FOLDER] [--series NAME ...] [--seeds 3]

Each series is trained on in its first part, which holds no anomaly that we know of, and judged in
the rest by the area under the ROC curve of its scores, a row at a time. The setting is the same for
all series; it was found on anomalies of another seed. The README says which files FOLDER holds;
a series whose file is missing is left out. What a series gave is kept in
benchmarks/results/anomaly/results.json and not run again; the table, report.md, lies beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.accuracy.anomaly.methods import area, methods
from benchmarks.accuracy.anomaly.report import report
from benchmarks.accuracy.anomaly.series import Series, load_series, series_names
from benchmarks.lib.data import available
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, ResultFile, write_report

FOLDER = RESULTS / "anomaly"


def main() -> None:
    """Score what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with the files of others")
    parser.add_argument("--series", nargs="*", choices=series_names(), default=series_names())
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the results")
    options = parser.parse_args()
    file = ResultFile(options.out / "results.json")
    load = partial(load_series, data=options.data)
    for name, series in available(options.series, load):
        for method, scorers in methods(options.seeds).items():
            score = partial(_score, series, scorers)
            areas = file.seed_results(name, method, seeds=len(scorers), compute=score)
            print(name, method, areas, flush=True)
    write_report(report(file.content, describe_machine()), options.out / "report.md")


def _score(series: Series, scorers: list[Callable], seed: int) -> float:
    return round(area(series, scorers[seed](series)), 4)


if __name__ == "__main__":
    main()
