"""Do intervals cover what they say? Household power and temperature maps, beside naive intervals.

Run: ``python -m benchmarks.accuracy.coverage --era5 FILE`` (three minutes on one core; without the
file household power alone). Every model is trained once on rows before those judged, then forecasts
a horizon at a time, and `update` shows it the rows that came. How intervals are calibrated was
chosen by ``--select`` on blocks of the training rows. The table goes to
``benchmarks/results/coverage/report.md``, that of the selection to ``selection.md`` beside it. FILE
is an archive with hourly maps [hours, 1, rows, columns] under ``X``; the environment variable
ERA5_MAPS may name it too.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.accuracy.coverage.methods import judge
from benchmarks.accuracy.coverage.scores import Judged, table
from benchmarks.accuracy.coverage.selection import selected
from benchmarks.accuracy.coverage.streams import (
    DROPOUT,
    ENSEMBLE,
    NAIVE,
    NETWORK,
    QUANTILES,
    Stream,
    household,
    temperatures,
)
from benchmarks.accuracy.household_power.protocol import load_daily, test_weeks
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report

NOTE = """Shares covered stand with their 95 % interval from a bootstrap over weeks or days; **no**
where it does not hold the coverage asked for. Widths, pinball loss (mean over the ends of both
intervals) and CRPS are in units of the series. fixed: calibrated once; sliding: `update` lets the
errors of rows that came take the place of the oldest; adaptive: `AdaptiveConformal` with that
rate, sliding too; scaled: by a ridge regression of the size of errors; own spread: by that of the
network or ensemble. Networks are of one seed."""
# what --select chose: origins held back, and the method
CHOSEN = {"household": (182, "scaled, adaptive 0.02"), "era5": (96, "adaptive 0.02")}


def main() -> None:
    """Choose how to calibrate, or judge what was chosen on the test rows."""
    parser = argparse.ArgumentParser(description="Measure the coverage of intervals.")
    parser.add_argument("--era5", type=Path, default=os.environ.get("ERA5_MAPS"))
    parser.add_argument("--select", action="store_true", help="on blocks of the training rows")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    parts = selected(arguments.era5) if arguments.select else measured(arguments.era5)
    machine = f"Measured on {describe_machine('mapie')}; one thread."
    name = "selection.md" if arguments.select else "report.md"
    write_report("\n\n".join([*parts, NOTE, machine]), RESULTS / "coverage" / name)


def measured(era5: Path | None) -> Iterator[str]:
    """Yield a section for each stream of test rows."""
    yield "# Coverage of intervals on test rows"
    held, method = CHOSEN["household"]
    weeks = test_weeks(load_daily())
    models = (NAIVE, NETWORK, QUANTILES, DROPOUT, ENSEMBLE)
    yield section(household(weeks, held, models), method)
    if era5 is not None:
        held, method = CHOSEN["era5"]
        yield section(temperatures(era5, 744, held, (NAIVE, NETWORK)), method)


def section(stream: Stream, chosen: str) -> str:
    """Return the table of one stream."""
    judged = []
    for model in stream.models:
        judged += [_marked(one, chosen) for one in judge(stream, model)]
        print(table(judged), flush=True)
    rows = len(judged[0].truth)
    head = f"## {stream.name}: {rows} horizons of {stream.horizon} rows"
    return f"{head}\n\n{table(judged)}"


def _marked(one: Judged, chosen: str) -> Judged:
    ours = one.model == NETWORK and one.method == chosen
    return replace(one, method=f"**{chosen}** (chosen)") if ours else one


if __name__ == "__main__":
    warnings.filterwarnings("error", message="Coverage .* needs")
    main()
