"""Classifiers as they are made without arguments, by the budget that follows from the samples.

    python -m benchmarks.accuracy.classification.defaults [--tasks NAME ...] [--seeds 5]

Beside each stands the same with a fixed budget: 50 epochs of batches of 64, a patience of 10, and
no second fit. What has been run is in benchmarks/results/classification/defaults.json and not run
again.
"""

from __future__ import annotations

import argparse
import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from benchmarks.accuracy.classification.selection import FOLDER
from benchmarks.accuracy.classification.tasks import AT_HAND, Task
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import ResultFile, write_report
from benchmarks.lib.tables import markdown_table
from stforecast.estimators import CNNLSTMClassifier, LSTMClassifier, Training

KINDS: dict[str, type] = {"CNN-LSTM": CNNLSTMClassifier, "LSTM": LSTMClassifier}
_FIXED = {"max_epochs": 50, "batch_size": 64, "training": Training(patience=10, refit=False)}
BUDGETS: dict[str, dict[str, Any]] = {"by samples": {}, "fixed": _FIXED}
COLUMNS = [f"{kind}, {budget}" for kind in KINDS for budget in BUDGETS]


def main() -> None:
    """Run what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="*", choices=AT_HAND, default=[*AT_HAND])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the results")
    options = parser.parse_args()
    file = ResultFile(options.out / "defaults.json")
    for name in options.tasks:
        task = AT_HAND[name]()
        for column in COLUMNS:
            found = file.seed_results(
                task.name, column, seeds=options.seeds, compute=partial(score, task, column)
            )
            print(task.name, column, found, flush=True)
    file.content["machine"] = describe_machine()
    file.save()
    write_report(report(file.content), options.out / "defaults.md")


def score(task: Task, column: str, seed: int) -> float:
    """Return the mean accuracy over the folds of a task."""
    kind, budget = column.split(", ")
    model = KINDS[kind](random_state=seed, device="cpu", **BUDGETS[budget])
    found, start = [], time.process_time()
    for train, test in task.folds:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # of the fixed budget
            fitted = clone(model).fit(task.X[train], task.y[train])
        found.append(fitted.score(task.X[test], task.y[test]))
    print(f"{time.process_time() - start:.0f} s", flush=True)
    return round(float(np.mean(found)), 4)


def report(content: dict[str, Any]) -> str:
    """Return the table of all tasks, the mean and the standard deviation over seeds."""
    rows = [
        [name, *(f"{np.mean(one[c]):.3f} ± {np.std(one[c]):.3f}" for c in COLUMNS)]
        for name, one in content.items()
        if isinstance(one, dict)
    ]
    return "\n\n".join(
        [
            "# Default classifiers",
            "Accuracy on held-out folds, mean ± standard deviation over 5 seeds.",
            f"    {content['machine']}",
            markdown_table(["task", *COLUMNS], rows),
        ]
    )


if __name__ == "__main__":
    main()
