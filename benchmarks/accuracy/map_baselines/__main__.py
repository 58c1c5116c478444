"""What a network of maps stands on by default, beside each baseline it is chosen from.

    python -m benchmarks.accuracy.map_baselines DATA [--development] [--out DIR]

The folder DATA holds the maps of ERA5 and NASA that the studies of these names read. Each baseline,
and the one that `BestBaseline` chooses on blocks of the training part, forecasts the later origins.
``--development`` does the same without the rows of the test parts: rules of the choice are compared
there.
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
    BestBaseline,
    Climatology,
    DampedAnomaly,
    Persistence,
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


def compare(one: MapSet) -> tuple[dict[str, np.ndarray], BestBaseline, float]:
    """Return errors by name, the choice, and its seconds."""
    found = {name: errors(make().fit(*one.train), one) for name, make in BASELINES.items()}
    start = time.process_time()
    chosen = BestBaseline().fit(*one.train)
    taken = time.process_time() - start
    return {**found, "chosen": errors(chosen, one)}, chosen, taken


def row(one: MapSet) -> list[str]:
    """Return the row of a set: RMSE of each, and how the chosen one differs from the best."""
    found, chosen, taken = compare(one)
    roots = {name: float(np.sqrt(np.mean(values**2))) for name, values in found.items()}
    best = min(BASELINES, key=roots.__getitem__)
    gap = paired_difference(found["chosen"], found[best], root=True, block=one.block)
    name = next(name for name, make in BASELINES.items() if type(chosen.regressor_) is make)
    label = f"{one.name}, {one.unit}" if one.unit else one.name
    behind = "0" if name == best else f"{gap} {gap.verdict}"
    return [label, *(f"{value:.3f}" for value in roots.values()), name, behind, f"{taken:.0f}"]


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
        "last columns are the baseline that was chosen on blocks of the training part, its RMSE "
        "less that of the best on these origins with its standard error over blocks of origins, "
        "and the seconds of a core that the choice took. The best is known only afterwards, so "
        "that a choice cannot be ahead of it."
    )
    head = ["maps", *BASELINES, "chosen", "which", "less the best", "seconds"]
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
