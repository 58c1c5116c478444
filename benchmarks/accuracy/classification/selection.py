"""Choose one setting for each of our backbones, without any test fold.

    python -m benchmarks.accuracy.classification.selection BACKBONE [--data FOLDER] [--out FOLDER]

Of each task the training part of the first fold is split again, by group where there are groups;
a setting is the better, the higher its mean accuracy over all tasks on what that holds out.
Accuracies go to a file for each backbone, and what is there is not run again; the comparison takes
the best from the files in benchmarks/results/classification/.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit

from benchmarks.accuracy.classification.models import CANDIDATES, TRIAL_STEPS, Maker
from benchmarks.accuracy.classification.tasks import TASKS, Task, load_task
from benchmarks.lib.data import available
from benchmarks.lib.results import RESULTS, ResultFile

FOLDER = RESULTS / "classification"
MOST = 300  # windows in a trial, to train on and to judge by


def inner_split(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return the training windows to train a setting on and those to judge it by."""
    train, _ = task.folds[0]
    groups = None if task.groups is None else task.groups[train]
    kind = StratifiedShuffleSplit if groups is None else GroupShuffleSplit
    fit, judge = next(kind(1, test_size=0.3, random_state=1).split(train, task.y[train], groups))
    return train[fit][:MOST], train[judge][:MOST]


def judge(backbone: str, tasks: list[Task], file: ResultFile) -> None:
    """Score each setting on each task, but for what the file holds already."""
    for setting, make in CANDIDATES[backbone].items():
        for task in tasks:
            found = file.result(setting, task.name, compute=partial(trial, task, make))
            print(backbone, setting, task.name, found, flush=True)
        print(backbone, setting, "mean", round(mean(file.content[setting]), 4), flush=True)


def trial(task: Task, make: Maker) -> float:
    """Return the accuracy of one setting on the windows held out of a training part."""
    fit, held = inner_split(task)
    model = make(task.X[fit].shape, 0, TRIAL_STEPS).fit(task.X[fit], task.y[fit])
    return round(model.score(task.X[held], task.y[held]), 4)


def selection_file(folder: Path, backbone: str) -> ResultFile:
    """Return the accuracies of a backbone's settings."""
    return ResultFile(folder / f"selection_{backbone.replace(' ', '_')}.json")


def chosen_settings() -> dict[str, str]:
    """Return for each backbone the setting with the best mean over tasks in the selection."""
    chosen = {}
    for backbone, settings in CANDIDATES.items():
        if len(settings) == 1:
            chosen[backbone] = next(iter(settings))
            continue
        found = selection_file(FOLDER, backbone).content
        chosen[backbone] = max(settings, key=lambda setting: mean(found[setting]))
    return chosen


def mean(scores: dict[str, float]) -> float:
    """Return the mean over tasks, by which settings are chosen."""
    return float(np.mean(list(scores.values())))


def main() -> None:
    """Judge the settings of one backbone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("backbone", choices=CANDIDATES)
    parser.add_argument("--data", type=Path, help="folder with the files of others")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the results")
    options = parser.parse_args()
    tasks = [task for _, task in available(TASKS, partial(load_task, data=options.data))]
    judge(options.backbone, tasks, selection_file(options.out, options.backbone))


if __name__ == "__main__":
    main()
