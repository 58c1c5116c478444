"""Classifiers on real tasks, beside MiniRocket, LSTM-FCN, a random forest and the majority class.

    python benchmarks/accuracy/classification.py [--data FOLDER] [--tasks NAME ...] [--seeds 3]

Everything is compared on the same folds; seeds change networks, forest and MiniRocket, never the
folds. What a task gave is kept in benchmarks/results/classification/, one file a task, and not run
again; the table, benchmarks/results/classification.md, is put together from those files.
`classification_tasks.py` says which files FOLDER holds; a task whose file is missing is left out.
Our settings are one for each backbone, chosen without test folds by `select_classifiers.py`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from classification_models import CANDIDATES, PEERS, TABLE_STEPS, Maker
from classification_tasks import TASKS, Task, load_task
from environment import describe_machine
from select_classifiers import RESULTS, mean, selection_file

TABLE = RESULTS.parent / "classification.md"


def chosen_settings(folder: Path) -> dict[str, str]:
    """Return for each backbone the setting with the best mean over tasks in the selection."""
    chosen = {}
    for backbone, settings in CANDIDATES.items():
        if len(settings) == 1:
            chosen[backbone] = next(iter(settings))
            continue
        found = json.loads(selection_file(folder, backbone).read_text(encoding="utf-8"))
        chosen[backbone] = max(settings, key=lambda setting: mean(found[setting]))
    return chosen


def score(task: Task, make: Maker, seed: int) -> float:
    """Return the mean accuracy over the folds of a task."""
    scores = []
    for train, test in task.folds:
        X, y = task.X[train], task.y[train]
        scores.append(make(X.shape, seed, TABLE_STEPS).fit(X, y).score(task.X[test], task.y[test]))
    return float(np.mean(scores))


def run(task: Task, models: dict[str, Maker], seeds: int, file: Path) -> None:
    """Score what the task's file does not hold yet, and write each result down as it comes."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    kept |= {"task": task.name, "note": task.note}
    results = kept.setdefault("accuracy", {})
    for name, make in models.items():
        seconds = kept.setdefault("seconds a seed", {})
        for seed in range(len(results.get(name, [])), seeds):
            start = time.perf_counter()
            results.setdefault(name, []).append(round(score(task, make, seed), 4))
            seconds[name] = round(time.perf_counter() - start, 1)
            kept["machine"] = describe_machine()
            file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
            print(task.name, name, seed, results[name][-1], f"{seconds[name]} s", flush=True)


def table(folder: Path) -> Iterator[str]:
    """Yield the lines of the table, and name the networks below the forest."""
    kept = [json.loads(file.read_text(encoding="utf-8")) for file in _files(folder)]
    names = [*PEERS, *CANDIDATES]
    yield "# Classification\n"
    yield (
        "Accuracy on held-out folds, mean ± standard deviation over 3 seeds; one seed where no "
        "deviation is given. The best is bold, an empty cell was not run.\n"
    )
    yield f"    {kept[0]['machine']}\n"
    yield "| task | " + " | ".join(names) + " |"
    yield "|" + "---|" * (1 + len(names))
    for task in kept:
        best = max(np.mean(scores) for scores in task["accuracy"].values())
        cells = (_cell(task["accuracy"].get(name), best) for name in names)
        yield f"| {task['task']} | " + " | ".join(cells) + " |"
    yield "\nBelow the random forest:\n"
    yield from (f"- {line}" for task in kept if (line := _below_forest(task)))
    yield "\nTasks:\n"
    yield from (f"- {task['task']}: {task['note']}." for task in kept)
    yield "\nOur settings, one for each backbone:\n"
    yield from (f"- {name}: {setting}." for name, setting in chosen_settings(folder).items())
    yield "\nSeconds of one seed, all folds, one thread beside other work:\n"
    yield from (f"- {task['task']}: {_seconds(task['seconds a seed'])}." for task in kept)


def _files(folder: Path) -> list[Path]:
    return [file for name in TASKS if (file := folder / f"{name}.json").exists()]


def _cell(scores: list[float] | None, best: float) -> str:
    if not scores:
        return ""
    spread = f" ± {np.std(scores):.3f}" if len(scores) > 1 else ""
    cell = f"{np.mean(scores):.3f}{spread}"
    return f"**{cell}**" if np.mean(scores) == best else cell


def _below_forest(task: dict[str, Any]) -> str:
    forest = np.mean(task["accuracy"]["random forest"])
    below = [
        f"{name} ({np.mean(task['accuracy'][name]):.3f})"
        for name in CANDIDATES
        if name in task["accuracy"] and np.mean(task["accuracy"][name]) < forest
    ]
    return f"{task['task']} (forest {forest:.3f}): {', '.join(below)}." if below else ""


def _seconds(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.0f}" for name, value in seconds.items())


def main() -> None:
    """Run what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--tasks", nargs="*", choices=TASKS, default=TASKS)
    parser.add_argument("--models", nargs="*", choices=[*PEERS, *CANDIDATES])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    ours = {name: CANDIDATES[name][one] for name, one in chosen_settings(options.results).items()}
    models = {**PEERS, **ours}
    models = {name: models[name] for name in options.models or models}
    for name in options.tasks:
        try:
            task = load_task(name, options.data)
        except FileNotFoundError as error:
            print(error)
        else:
            run(task, models, options.seeds, options.results / f"{name}.json")
    lines = list(table(options.results))
    target = TABLE if options.results == RESULTS else options.results / TABLE.name
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
