"""Classifiers as they are made without arguments, by the budget that follows from the samples.

    python -m benchmarks.accuracy.classification.defaults [--data FOLDER] [--tasks NAME ...]

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
from benchmarks.accuracy.classification.tasks import TASKS, Task, load_task
from benchmarks.lib.data import available
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import ResultFile, write_report
from benchmarks.lib.tables import markdown_table
from stforecast.estimators import CNNLSTMClassifier, LSTMClassifier, Training

KINDS: dict[str, type] = {"CNN-LSTM": CNNLSTMClassifier, "LSTM": LSTMClassifier}
_FIXED = {"max_epochs": 50, "batch_size": 64, "training": Training(patience=10, refit=False)}
BUDGETS: dict[str, dict[str, Any]] = {"by samples": {}, "fixed": _FIXED}
COLUMNS = [f"{kind}, {budget}" for kind in KINDS for budget in BUDGETS]
_HEADER = ["task", "seeds", *(f"{kind}, {one}" for kind in KINDS for one in (*BUDGETS, "gain"))]
_NOTE = (
    "Accuracy on held-out folds, mean ± standard deviation over seeds; the gain of the budget that "
    "follows from the samples, with the standard error of its mean over seeds."
)


def main() -> None:
    """Run what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with the files of others")
    parser.add_argument("--tasks", nargs="*", choices=TASKS, default=TASKS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the results")
    options = parser.parse_args()
    file = ResultFile(options.out / "defaults.json")
    for _, task in available(options.tasks, partial(load_task, data=options.data)):
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
    """Return the table of the tasks that are whole, with what the budget of the samples gains."""
    rows = [
        _row(name, one)
        for name, one in content.items()
        if isinstance(one, dict) and one.keys() >= {*COLUMNS}
    ]
    return "\n\n".join(
        [
            "# Default classifiers",
            _NOTE,
            f"    {content['machine']}",
            markdown_table(_HEADER, rows),
        ]
    )


def _row(name: str, accuracies: dict[str, list[float]]) -> list[str]:
    row = [name, str(len(accuracies[COLUMNS[0]]))]
    for kind in KINDS:
        ours, fixed = (np.array(accuracies[f"{kind}, {budget}"]) for budget in BUDGETS)
        gain = ours - fixed[: len(ours)]
        error = gain.std(ddof=1) / np.sqrt(len(gain))
        row += [*(f"{one.mean():.3f} ± {one.std():.3f}" for one in (ours, fixed))]
        row.append(f"{gain.mean():+.3f} ± {error:.3f}")
    return row


if __name__ == "__main__":
    main()
