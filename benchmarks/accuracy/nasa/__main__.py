"""Monthly maps of seven quantities, 1 and 3 months ahead, beside what costs nothing.

    python -m benchmarks.accuracy.nasa MAPS.npz [--free] [--seeds 3] [--out DIR]

MAPS.npz (or the environment variable NASA_MAPS) holds ``X`` [72, 7, 24, 24], months from January
1995 on. The last twelve months are forecast by what the months before teach. ``--free`` leaves the
networks out.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from benchmarks.accuracy.nasa.maps import LEADS, NAMES, TEST, load, split
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table, mean_and_spread
from stforecast import ConvLSTMForecaster
from stforecast.comparison import paired_difference
from stforecast.estimators import (
    Climatology,
    DampedAnomaly,
    Persistence,
    SeasonalNaive,
    StackedBaseline,
    StencilForecaster,
)
from stforecast.inspection import SkillMapDisplay

DRAWN = ("surface temperature", 1)  # quantity and months ahead of the picture
SIMPLE = ("climatology", "damped anomaly")  # what a network must not lose to


def methods(free: bool, seeds: int) -> dict[str, list[Any]]:
    """Return the estimators of each method, one a seed."""
    networks = [
        ConvLSTMForecaster(8, baseline="auto", max_epochs=20, random_state=seed)
        for seed in range(seeds)
    ]
    return {
        "persistence": [Persistence()],
        "last year": [SeasonalNaive(12)],
        "climatology": [Climatology("month")],
        "damped anomaly": [DampedAnomaly("month")],
        "stencil": [StencilForecaster()],
        "stacked": [StackedBaseline()],
        **({} if free else {"ConvLSTM": networks}),
    }


def month_errors(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the root mean squared error of each month, of cells that have a value."""
    return np.sqrt(np.nanmean((found - truth) ** 2, axis=1))


def forecasts(
    maps: xr.DataArray, lead: int, *, free: bool, seeds: int
) -> tuple[np.ndarray, dict[str, list[np.ndarray]]]:
    """Return the truth (months, cells), and of each method as many forecasts as it has seeds."""
    X, y, Z, after = split(maps, lead)
    found = {
        method: [np.asarray(one.fit(X, y).predict(Z)) for one in estimators]
        for method, estimators in methods(free, seeds).items()
    }
    return np.asarray(after), found


def rows(
    name: str, lead: int, truth: np.ndarray, found: dict[str, list[np.ndarray]]
) -> Iterator[list[str]]:
    """Yield one row of the table a method, of one quantity and lead."""
    errors = {method: [month_errors(one, truth) for one in runs] for method, runs in found.items()}
    roots = {
        method: [float(np.sqrt(np.mean(one**2))) for one in runs] for method, runs in errors.items()
    }
    simple = min(SIMPLE, key=lambda one: roots[one][0])
    for method, runs in errors.items():
        gap = paired_difference(runs, errors[simple][0], root=True, block=lead)
        less = "0" if method == simple else f"{gap} {gap.verdict}"
        yield [name, f"{lead}", method, mean_and_spread(roots[method]), less]


def draw(
    name: str, lead: int, maps: xr.DataArray, found: dict[str, list[np.ndarray]], path: Path
) -> None:
    """Draw where each method is ahead of climatology, from the first seed."""
    from matplotlib.figure import Figure

    truth = maps[-TEST:]
    first = {method: runs[0].reshape(truth.shape) for method, runs in found.items()}
    reference = first.pop("climatology")
    columns = -(-len(first) // 2)
    figure = Figure(figsize=(4 * columns, 7), layout="constrained")
    for place, (method, forecast) in enumerate(first.items(), start=1):
        ax = figure.add_subplot(2, columns, place)
        SkillMapDisplay.from_predictions(truth, forecast, reference, ax=ax)
        ax.set_title(method)
    months = truth["time"].dt.strftime("%B %Y").values
    figure.suptitle(
        f"{name}, {months[0]} to {months[-1]}, skill over climatology, months ahead: {lead}"
    )
    figure.savefig(path, dpi=80)


def report(maps: xr.DataArray, *, free: bool, seeds: int, picture: Path) -> str:
    """Run the comparison and return what it gave."""
    start = time.perf_counter()
    lines = []
    for number, name in enumerate(NAMES[: maps.shape[1]]):
        for lead in LEADS:
            truth, found = forecasts(maps[:, number], lead, free=free, seeds=seeds)
            for line in rows(name, lead, truth, found):
                print(*line, sep=" | ", flush=True)
                lines.append(line)
            if (name, lead) == DRAWN:
                draw(name, lead, maps[:, number], found, picture)
    note = (
        f"RMSE over the last {TEST} months, in the units of each quantity; the "
        f"{len(maps) - TEST} months before teach. Networks from {seeds} seeds: mean and standard "
        "deviation. The last column is the RMSE less that of the better of climatology and damped "
        "anomaly, with its standard error over months."
    )
    head = ["quantity", "months ahead", "forecast", "RMSE", "less the better"]
    return "\n\n".join(
        [
            "# Monthly maps",
            note,
            markdown_table(head, lines, texts=3),
            f"Trained and forecast in {time.perf_counter() - start:.0f} s. {describe_machine()}",
        ]
    )


def main() -> None:
    """Compare and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("NASA_MAPS")
    parser.add_argument("maps", type=Path, nargs="?" if default else None, default=default)
    parser.add_argument("--free", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "nasa", help="folder to write to")
    options = parser.parse_args()
    name = "free" if options.free else "report"
    options.out.mkdir(parents=True, exist_ok=True)
    picture = options.out / f"{name}.png"
    text = report(load(options.maps), free=options.free, seeds=options.seeds, picture=picture)
    write_report(text, options.out / f"{name}.md")


if __name__ == "__main__":
    main()
