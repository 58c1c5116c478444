"""Do intervals cover what they say? Household power and temperature maps, beside naive intervals.

Run: ``python benchmarks/accuracy/interval_coverage.py --era5 FILE`` (three minutes on one core;
without the file household power alone). Every model is trained once on rows before those judged,
then forecasts a horizon at a time, and `update` shows it the rows that came. How intervals are
calibrated was chosen by ``--select`` on blocks of the training rows. The table goes to
``benchmarks/results/coverage.md``, that of the selection to ``coverage_selection.md``. FILE is an
archive with hourly maps [hours, 1, rows, columns] under ``X``; the environment variable
STFORECAST_ERA5 may name it too.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from coverage_scores import COVERAGES, LEVELS, Judged, table
from coverage_streams import (
    DROPOUT,
    ENSEMBLE,
    NAIVE,
    NETWORK,
    QUANTILES,
    Stream,
    household,
    temperatures,
)
from environment import describe_machine
from protocol import load_daily, selection_blocks, test_weeks
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from stforecast import AdaptiveConformal, SeriesForecaster, SplitConformal

RESULTS = Path(__file__).parents[1] / "results"
COARSEN = 3  # cells on a side of the maps that are averaged to one
RATES = (0.005, 0.02, 0.05)
RATE = 0.02  # of what is not selected
HELD = {"household": (182, 364), "era5": (96,)}
# what --select chose: origins held back, and the method
NOTE = """Shares covered stand with their 95 % interval from a bootstrap over weeks or days; **no**
where it does not hold the coverage asked for. Widths, pinball loss (mean over the ends of both
intervals) and CRPS are in units of the series. fixed: calibrated once; sliding: `update` lets the
errors of rows that came take the place of the oldest; adaptive: `AdaptiveConformal` with that
rate, sliding too; scaled: by a ridge regression of the size of errors; own spread: by that of the
network or ensemble. Networks are of one seed."""
CHOSEN = {"household": (182, "scaled, adaptive 0.02"), "era5": (96, "adaptive 0.02")}


def main() -> None:
    """Choose how to calibrate, or judge what was chosen on the test rows."""
    parser = argparse.ArgumentParser(description="Measure the coverage of intervals.")
    parser.add_argument("--era5", type=Path, default=os.environ.get("STFORECAST_ERA5"))
    parser.add_argument("--select", action="store_true", help="on blocks of the training rows")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    parts = selected(arguments.era5) if arguments.select else measured(arguments.era5)
    text = "\n\n".join(
        [*parts, NOTE, f"Measured on {describe_machine()}{_peers()}; one thread.", ""]
    )
    name = "coverage_selection.md" if arguments.select else "coverage.md"
    (RESULTS / name).write_text(text)
    print(text)


def measured(era5: Path | None) -> Iterator[str]:
    """Yield a section for each stream of test rows."""
    yield "# Coverage of intervals on test rows"
    held, method = CHOSEN["household"]
    weeks = test_weeks(load_daily())
    models = (NAIVE, NETWORK, QUANTILES, DROPOUT, ENSEMBLE)
    yield section(household(weeks, held, models), method)
    if era5 is not None:
        held, method = CHOSEN["era5"]
        yield section(temperatures(Path(era5), COARSEN, 744, held, (NAIVE, NETWORK)), method)


def section(stream: Stream, chosen: str) -> str:
    """Return the table of one stream."""
    judged = []
    for model in stream.models:
        judged += [_marked(one, chosen) for one in judge(stream, model)]
        print(table(judged), flush=True)
    rows = len(judged[0].truth)
    head = f"## {stream.name}: {rows} horizons of {stream.horizon} rows"
    return f"{head}\n\n{table(judged)}"


def judge(stream: Stream, model: str) -> list[Judged]:
    """Return what the methods of a model give on a stream; it is trained once."""
    trained = train(stream, model)
    found = [
        follow(stream, model, name, trained, part, updates)
        for name, part, updates in methods(model, stream.held)
    ]
    print(table(found), flush=True)
    if model == NETWORK and find_spec("mapie") and not np.ndim(stream.series) > 1:
        from coverage_peers import mapie_adaptive

        found.append(mapie_adaptive(stream, model, trained, rate=RATE))
    return found


def methods(model: str, held: int) -> list[tuple[str, Any, bool]]:
    """Return name, calibration and whether rows that come are shown, of what fits a model."""
    plain = SplitConformal(held)
    sliding = [("fixed", plain, False), ("sliding", plain, True)]
    if model == NAIVE:
        return [*sliding, (f"adaptive {RATE}", AdaptiveConformal(plain, rate=RATE), True)]
    if model in (QUANTILES, DROPOUT, ENSEMBLE):
        own = SplitConformal(held, scale="estimator")
        raw = [("as trained", 0, False)] if model == QUANTILES else []
        adaptive = AdaptiveConformal(own, rate=RATE)
        return [
            *raw,
            ("own spread, sliding", own, True),
            (f"own spread, adaptive {RATE}", adaptive, True),
        ]
    scaled = SplitConformal(held, scale=size_of_errors())
    return [
        *sliding,
        ("scaled, sliding", scaled, True),
        *[(f"adaptive {rate}", AdaptiveConformal(plain, rate=rate), True) for rate in RATES],
        *[
            (f"scaled, adaptive {rate}", AdaptiveConformal(scaled, rate=rate), True)
            for rate in RATES
        ],
    ]


def size_of_errors() -> Pipeline:
    """Return what learns the size of errors from a window and the calendar."""
    return make_pipeline(StandardScaler(), Ridge(300.0))


def train(stream: Stream, model: str) -> SeriesForecaster:
    """Return a forecaster trained on all rows but those judged and those held back."""
    estimator, lookback = stream.models[model]
    started = time.perf_counter()
    trained = SeriesForecaster(
        estimator, lookback=lookback, horizon=stream.horizon, calibration=stream.held
    ).fit(stream.series[: stream.first], known=stream.known)
    print(f"{stream.name}, {model}: {time.perf_counter() - started:.0f} s", flush=True)
    return trained


def follow(
    stream: Stream, model: str, method: str, trained: SeriesForecaster, part: Any, updates: bool
) -> Judged:
    """Return the quantiles of a calibration along a stream, by a model trained before."""
    forecaster = SeriesForecaster(
        frozen(trained.estimator_), lookback=trained.lookback, horizon=stream.horizon,
        calibration=part,
    ).fit(stream.series[: stream.first], known=stream.known)  # fmt: skip
    quantiles: dict[float, list[np.ndarray]] = {level: [] for level in LEVELS}
    truth = []
    for start in range(stream.first, len(stream.series) - stream.horizon + 1, stream.horizon):
        seen = None if updates else stream.series[:start]
        found = forecaster.forecast_quantiles(seen, levels=LEVELS, known=_known(stream, updates))
        for level, values in found.items():
            quantiles[level].append(np.asarray(values).ravel())
        rows = stream.series[start : start + stream.horizon]
        truth.append(np.asarray(rows).ravel())
        if updates:
            forecaster.update(rows)
    stacked = {level: np.array(values) for level, values in quantiles.items()}
    return Judged(stream.name, model, method, stacked, np.array(truth), stream.block)


def frozen(estimator: Any) -> Any:
    """Return a trained estimator that `fit` leaves as it is; the steps before it learn nothing."""
    if isinstance(estimator, Pipeline):
        return make_pipeline(*map(clone, estimator[:-1]), FrozenEstimator(estimator[-1]))
    return FrozenEstimator(estimator)


def selected(era5: Path | None) -> Iterator[str]:
    """Yield a table for each stream of training rows, what to choose first."""
    yield "# Choosing how to calibrate, on training rows alone"
    blocks = selection_blocks(load_daily())
    yield choice("household power, daily", [
        [household(block, held, (NETWORK,)) for block in blocks] for held in HELD["household"]
    ])  # fmt: skip
    if era5 is not None:
        yield choice("ERA5 temperature, hourly maps", [
            [temperatures(Path(era5), COARSEN, 600, held, (NETWORK,))] for held in HELD["era5"]
        ])  # fmt: skip


def choice(name: str, streams: list[list[Stream]]) -> str:
    """Return the methods of our network, over all blocks, lowest pinball loss first."""
    found = []
    for same in streams:
        judged = [judge(stream, NETWORK) for stream in same]
        found += [joined(one, same[0].held) for one in zip(*judged, strict=True)]
        print(table(found), flush=True)
    return f"## {name}\n\n{table(sorted(found, key=Judged.pinball))}"


def joined(blocks: tuple[Judged, ...], held: int) -> Judged:
    """Return what a method gave on all blocks as one."""
    quantiles = {
        level: np.concatenate([one.quantiles[level] for one in blocks]) for level in LEVELS
    }
    truth = np.concatenate([one.truth for one in blocks])
    method = f"{blocks[0].method}, {held} held"
    return replace(blocks[0], method=method, truth=truth, quantiles=quantiles)


def _peers() -> str:
    return f", MAPIE {version('mapie')}" if find_spec("mapie") else ""


def _marked(one: Judged, chosen: str) -> Judged:
    ours = one.model == NETWORK and one.method == chosen
    return replace(one, method=f"**{chosen}** (chosen)") if ours else one


def _known(stream: Stream, updates: bool) -> Any:
    return None if updates else stream.known


if __name__ == "__main__":
    warnings.filterwarnings("error", message="Coverage .* needs")
    assert len(COVERAGES) == 2
    main()
