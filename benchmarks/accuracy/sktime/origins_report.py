"""The comparison at many origins as tables: errors, paired differences, and those of a group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.accuracy.sktime.networks import BASELINE
from benchmarks.accuracy.sktime.origins import ORIGINS, RIDGES, origin_block
from benchmarks.accuracy.sktime.series import Task
from benchmarks.lib.tables import markdown_table
from stforecast.comparison import paired_difference

NETWORKS = ("ConvLSTM", "CNN-LSTM")
MODELS = ("naive, seasonal", "Theta", *RIDGES, BASELINE, *NETWORKS)
SHORT_STEPS = ("daily", "hourly", "hours")  # endings of names
Errors = dict[str, dict[str, list[float]]]  # by series and model, at each origin


def report(chosen: Sequence[Task], kept: Errors, machine: str) -> str:
    """Return the errors of all models, and how networks stand to both ridges."""
    chosen = [task for task in chosen if set(MODELS) <= set(kept.get(task.name, {}))]
    groups = {
        "days and hours": [task for task in chosen if task.name.endswith(SHORT_STEPS)],
        "weeks, months, quarters": [task for task in chosen if not task.name.endswith(SHORT_STEPS)],
    }
    groups = {name: tasks for name, tasks in groups.items() if tasks}
    parts = ["# Networks on baselines at many origins", _scope()]
    parts.append(markdown_table(["series", *MODELS], _means(chosen, kept)))
    for network in NETWORKS:
        head = ["series", *(f"less {name}" for name in (*RIDGES, BASELINE))]
        parts += [f"## {network}", markdown_table(head, _differences(groups, kept, network))]
    return "\n\n".join([*parts, f"Measured on {machine}; one thread, other work beside it."])


def _scope() -> str:
    return (
        f"MASE, mean over the latest {ORIGINS} origins of each series, a season apart, or as close "
        "as a third of the rows demands; each forecasts a season. Every model is fitted once, on "
        "the rows before the first origin, but Theta at each of them. All but Theta and the naive "
        "forecast read the same windows. Differences are paired over origins, ± their standard "
        "error by a block bootstrap; those of a group are means over its series in percent of the "
        "other's error. Negative: the network is ahead. *Ahead* and *behind* are beyond two "
        "standard errors."
    )


def _means(chosen: Sequence[Task], kept: Errors) -> Iterator[list[str]]:
    table = np.array([[np.mean(kept[task.name][name]) for name in MODELS] for task in chosen])
    for task, row in zip(chosen, table, strict=True):
        yield [task.name, *(f"{value:.3f}" for value in row)]
    yield ["geometric mean", *(f"{value:.3f}" for value in np.exp(np.log(table).mean(axis=0)))]


def _differences(groups: dict[str, list[Task]], kept: Errors, network: str) -> Iterator[list[str]]:
    for group, tasks in groups.items():
        others = (*RIDGES, BASELINE)
        for task in tasks:
            found = kept[task.name]
            yield [task.name, *(_difference(task, found[network], found[name]) for name in others)]
        yield [f"*{group}*", *(_pooled(tasks, kept, network, name) for name in others)]


def _difference(task: Task, ours: list[float], theirs: list[float]) -> str:
    found = paired_difference(ours, theirs, block=origin_block(task))
    return f"{found.estimate:+.3f} ± {found.standard_error:.3f}{_word(found.verdict)}"


def _pooled(tasks: Sequence[Task], kept: Errors, network: str, other: str) -> str:
    """Return the mean difference over series in percent, whose errors are independent."""
    parts = []
    for task in tasks:
        theirs = np.array(kept[task.name][other])
        ours = np.array(kept[task.name][network]) / theirs.mean()
        parts.append(paired_difference(ours, theirs / theirs.mean(), block=origin_block(task)))
    mean = float(np.mean([part.estimate for part in parts]))
    error = float(np.linalg.norm([part.standard_error for part in parts]) / len(parts))
    verdict = "undecided" if abs(mean) < 2 * error else "ahead" if mean < 0 else "behind"
    return f"{mean:+.1%} ± {error:.1%}{_word(verdict)}"


def _word(verdict: str) -> str:
    return "" if verdict == "undecided" else f" *{verdict}*"
