"""Choose one setting for each of our backbones, without any test fold.

    python benchmarks/accuracy/select_classifiers.py BACKBONE [--data FOLDER] [--out FOLDER]

Of each task the training part of the first fold is split again, by group where there are groups;
a setting is the better, the higher its mean accuracy over all tasks on what that holds out.
Results go to a file for each backbone; `classification.py` takes the best of each.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from classification_models import CANDIDATES, TRIAL_STEPS
from classification_tasks import TASKS, Task, load_task
from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit

RESULTS = Path(__file__).parents[1] / "results" / "classification"
MOST = 300  # windows in a trial, to train on and to judge by


def inner_split(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return the training windows to train a setting on and those to judge it by."""
    train, _ = task.folds[0]
    groups = None if task.groups is None else task.groups[train]
    kind = StratifiedShuffleSplit if groups is None else GroupShuffleSplit
    fit, judge = next(kind(1, test_size=0.3, random_state=1).split(train, task.y[train], groups))
    return train[fit][:MOST], train[judge][:MOST]


def judge(backbone: str, tasks: list[Task], file: Path) -> None:
    """Write down the accuracy of each setting on each task, but for those written down already."""
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for setting, make in CANDIDATES[backbone].items():
        scores = found.setdefault(setting, {})
        for task in tasks:
            if task.name in scores:
                continue
            start = time.perf_counter()
            fit, held = inner_split(task)
            model = make(task.X[fit].shape, 0, TRIAL_STEPS).fit(task.X[fit], task.y[fit])
            scores[task.name] = round(model.score(task.X[held], task.y[held]), 4)
            file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            seconds = time.perf_counter() - start
            print(backbone, setting, task.name, scores[task.name], f"{seconds:.1f} s", flush=True)
        print(backbone, setting, "mean", round(mean(scores), 4), flush=True)


def selection_file(folder: Path, backbone: str) -> Path:
    """Return the file that holds the accuracies of a backbone's settings."""
    return folder / f"selection_{backbone.replace(' ', '_')}.json"


def mean(scores: dict[str, float]) -> float:
    """Return the mean over tasks, by which settings are chosen."""
    return float(np.mean(list(scores.values())))


def main() -> None:
    """Judge the settings of one backbone and write down what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backbone", choices=CANDIDATES)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    tasks = []
    for name in TASKS:
        try:
            tasks.append(load_task(name, options.data))
        except FileNotFoundError as error:
            print(error)
    options.out.mkdir(parents=True, exist_ok=True)
    judge(options.backbone, tasks, selection_file(options.out, options.backbone))


if __name__ == "__main__":
    main()
