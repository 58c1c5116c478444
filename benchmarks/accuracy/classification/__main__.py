"""Classifiers on real tasks, beside MiniRocket, LSTM-FCN, a random forest and the majority class.

    python -m benchmarks.accuracy.classification [--data FOLDER] [--tasks NAME ...] [--seeds 3]

Everything is compared on the same folds; seeds change networks, forest and MiniRocket, never the
folds. What a task gave is kept in benchmarks/results/classification/, one file a task, and not run
again; the table, report.md, is put together from those files. The README says which files FOLDER
holds; a task whose file is missing is left out. Our settings are one for each backbone, chosen
without test folds by `selection`.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.accuracy.classification.models import CANDIDATES, PEERS, TABLE_STEPS, Maker
from benchmarks.accuracy.classification.report import report, task_file
from benchmarks.accuracy.classification.selection import FOLDER, chosen_settings
from benchmarks.accuracy.classification.tasks import TASKS, Task, load_task
from benchmarks.lib.data import available
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import ResultFile, write_report


def main() -> None:
    """Run what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with the files of others")
    parser.add_argument("--tasks", nargs="*", choices=TASKS, default=TASKS)
    parser.add_argument("--models", nargs="*", choices=[*PEERS, *CANDIDATES])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the results")
    options = parser.parse_args()
    ours = {name: CANDIDATES[name][one] for name, one in chosen_settings().items()}
    models = {**PEERS, **ours}
    models = {name: models[name] for name in options.models or models}
    for name, task in available(options.tasks, partial(load_task, data=options.data)):
        run(task, models, options.seeds, task_file(options.out, name))
    write_report(report(options.out), options.out / "report.md")


def run(task: Task, models: dict[str, Maker], seeds: int, file: ResultFile) -> None:
    """Score what the task's file does not hold yet."""
    file.content |= {"task": task.name, "note": task.note}
    for name, make in models.items():
        compute = partial(_timed_score, task, name, make, file)
        accuracies = file.seed_results("accuracy", name, seeds=seeds, compute=compute)
        print(task.name, name, accuracies, flush=True)


def score(task: Task, make: Maker, seed: int) -> float:
    """Return the mean accuracy over the folds of a task."""
    scores = []
    for train, test in task.folds:
        X, y = task.X[train], task.y[train]
        scores.append(make(X.shape, seed, TABLE_STEPS).fit(X, y).score(task.X[test], task.y[test]))
    return float(np.mean(scores))


def _timed_score(task: Task, name: str, make: Maker, file: ResultFile, seed: int) -> float:
    """Return the accuracy, and note in the file how long it took and on what."""
    start = time.perf_counter()
    accuracy = round(score(task, make, seed), 4)
    seconds = file.content.setdefault("seconds a seed", {})
    seconds[name] = round(time.perf_counter() - start, 1)
    file.content["machine"] = describe_machine()
    return accuracy


if __name__ == "__main__":
    main()
