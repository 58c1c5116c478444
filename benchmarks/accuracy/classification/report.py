"""The comparison of classifiers as a table, with what lies below the forest named."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.classification.models import CANDIDATES, PEERS
from benchmarks.accuracy.classification.selection import chosen_settings
from benchmarks.accuracy.classification.tasks import TASKS
from benchmarks.lib.results import ResultFile
from benchmarks.lib.tables import highest_in_bold, markdown_table

NAMES = (*PEERS, *CANDIDATES)


def report(folder: Path) -> str:
    """Return the table of all tasks that the folder holds, and notes on it."""
    kept = [found for name in TASKS if (found := task_file(folder, name).content)]
    note = (
        "Accuracy on held-out folds, mean ± standard deviation over 3 seeds; one seed where no "
        "deviation is given. The best is bold, an empty cell was not run."
    )
    rows = (
        [one["task"], *highest_in_bold(one["accuracy"].get(name, ()) for name in NAMES)]
        for one in kept
    )
    return "\n\n".join(
        [
            "# Classification",
            note,
            f"    {kept[0]['machine']}",
            markdown_table(["task", *NAMES], rows),
            "Below the random forest:",
            _list(line for one in kept if (line := _below_forest(one))),
            "Tasks:",
            _list(f"{one['task']}: {one['note']}." for one in kept),
            "Our settings, one for each backbone:",
            _list(f"{name}: {setting}." for name, setting in chosen_settings().items()),
            "Seconds of one seed, all folds, one thread beside other work:",
            _list(f"{one['task']}: {_seconds(one['seconds a seed'])}." for one in kept),
        ]
    )


def task_file(folder: Path, name: str) -> ResultFile:
    """Return what is kept of a task."""
    return ResultFile(folder / f"{name}.json")


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _below_forest(task: dict[str, Any]) -> str:
    if "random forest" not in task["accuracy"]:
        return ""
    forest = np.mean(task["accuracy"]["random forest"])
    below = [
        f"{name} ({np.mean(task['accuracy'][name]):.3f})"
        for name in CANDIDATES
        if name in task["accuracy"] and np.mean(task["accuracy"][name]) < forest
    ]
    return f"{task['task']} (forest {forest:.3f}): {', '.join(below)}." if below else ""


def _seconds(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.0f}" for name, value in seconds.items())
