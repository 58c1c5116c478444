"""What a network of maps stands on by default, beside each baseline it is chosen from.

    python -m benchmarks.accuracy.map_baselines DATA [--development] [--out DIR]

The folder DATA holds the maps of ERA5 and NASA that the studies of these names read. Each baseline,
and the mean that `StackedBaseline` makes of some by their errors on blocks of the training part,
forecasts the later origins. ``--development`` does the same without the rows of the test parts:
rules for the weights are compared there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.map_baselines.sets import MapSet, sets
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from stforecast.comparison import paired_difference
from stforecast.estimators import (
    Advection,
    Climatology,
    DampedAnomaly,
    Persistence,
    StackedBaseline,
    StencilForecaster,
)

BASELINES = {
    "persistence": Persistence,
    "climatology": Climatology,
    "damped anomaly": DampedAnomaly,
    "advection": Advection,
    "stencil": StencilForecaster,
}


def errors(model: Any, one: MapSet) -> np.ndarray:
    """Return the RMSE of each origin; a missing forecast counts as the mean of the truth."""
    truth = np.asarray(one.test[1], dtype=np.float64)
    squares = (model.predict(one.test[0]).reshape(truth.shape) - truth) ** 2
    known = np.isfinite(truth)
    found = np.where(known & ~np.isfinite(squares), np.nanvar(truth), squares)
    return np.sqrt(np.sum(np.where(known, found, 0), axis=1) / known.sum(axis=1))


def compare(one: MapSet) -> tuple[dict[str, np.ndarray], StackedBaseline, float]:
    """Return errors by name, the stack, and the seconds of its fit."""
    found = {name: errors(make().fit(*one.train), one) for name, make in BASELINES.items()}
    start = time.process_time()
    stack = StackedBaseline().fit(*one.train)
    taken = time.process_time() - start
    return {**found, "stacked": errors(stack, one)}, stack, taken


def row(one: MapSet) -> list[str]:
    """Return the row of a set: RMSE of each, and how the stack differs from the best."""
    found, stack, taken = compare(one)
    roots = {name: float(np.sqrt(np.mean(values**2))) for name, values in found.items()}
    best = min(BASELINES, key=roots.__getitem__)
    gap = paired_difference(found["stacked"], found[best], root=True, block=one.block)
    label = f"{one.name}, {one.unit}" if one.unit else one.name
    weights = " ".join(f"{weight:.2f}" for weight in stack.weights_.mean(axis=1))
    less = f"{gap} {gap.verdict}"
    return [label, *(f"{value:.3f}" for value in roots.values()), weights, less, f"{taken:.0f}"]


def rows(data: Path, *, development: bool) -> Iterator[list[str]]:
    """Yield the row of each set, and print it."""
    for one in sets(data, development=development):
        found = row(one)
        print(*found, sep=" | ", flush=True)
        yield found


def report(data: Path, *, development: bool) -> str:
    """Run the comparison and return what it gave."""
    note = (
        "RMSE over later origins; a forecast that is missing counts as the mean of the truth. The "
        "last columns are the weights of persistence, damped anomaly, advection, stencil and, of "
        "maps with times, a stencil of the distances from the climatology, that their errors on "
        "blocks of the training part give (means over steps), the RMSE of this mean less that of "
        "the best single one on these origins with its standard error over blocks of origins, and "
        "the seconds of a core that its fit took. Which single one is best is known only "
        "afterwards."
    )
    head = ["maps", *BASELINES, "stacked", "weights", "less the best", "seconds"]
    table = markdown_table(head, rows(data, development=development))
    return f"# Baselines of maps\n\n{note}\n\n{table}\n\n{describe_machine()}"


def main() -> None:
    """Compare and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--out", type=Path, default=RESULTS / "map_baselines", help="folder")
    options = parser.parse_args()
    name = "development" if options.development else "report"
    text = report(options.data, development=options.development)
    write_report(text, options.out / f"{name}.md")


if __name__ == "__main__":
    main()
