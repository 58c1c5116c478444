"""Forecasters in sktime's own benchmark; what has been run is kept and not run again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable

import numpy as np
import pandas as pd
from sktime.benchmarking.forecasting import ForecastingBenchmark
from sktime.forecasting.base import BaseForecaster
from sktime.performance_metrics.forecasting import (
    MeanAbsoluteError,
    MeanAbsoluteScaledError,
    MeanSquaredError,
)

from benchmarks.accuracy.sktime.series import Task
from benchmarks.lib.machine import installed_versions
from benchmarks.lib.results import ResultFile

PACKAGES = ("sktime", "statsmodels", "pmdarima", "lightgbm", "neuralforecast")


def run_models(
    asked: Iterable[tuple[Task, str, BaseForecaster]], file: ResultFile, until: float
) -> pd.DataFrame:
    """Return all results that the file holds, after running what was asked and is missing.

    Parameters
    ----------
    asked : iterable of (Task, str, forecaster)
        Series, the forecaster's name, and the forecaster.
    file : ResultFile
        Scores by series and forecaster.
    until : float
        Time of the monotonic clock after which nothing new is begun.

    Returns
    -------
    DataFrame
        One row a series and forecaster.
    """
    for task, name, forecaster in asked:
        if file.holds(task.name, name):
            continue
        if time.monotonic() > until:
            print("Stopped: more is to be run.")
            break
        found = file.result(task.name, name, compute=lambda t=task, f=forecaster: run(t, f))
        print(task.name, name, f"MASE {found['MASE']:.3f}, {found['seconds']} s", flush=True)
    return pd.DataFrame(
        {"series": series, "forecaster": name, **scores}
        for series, forecasters in file.content.items()
        for name, scores in forecasters.items()
    )


def run(task: Task, forecaster: BaseForecaster) -> dict[str, object]:
    """Return mean MAE, MASE, RMSE over folds, MASE of each, seconds a fold, and packages.

    Seconds are those of the processor.
    """
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
    return {
        **scores,
        "MASE_folds": np.round(mase, 4).tolist(),
        "seconds": round(seconds, 3),
        "packages": installed_versions(PACKAGES),
    }
