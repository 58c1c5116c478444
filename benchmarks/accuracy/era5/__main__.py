"""Temperature maps over the British Isles, 1, 6 and 24 hours ahead, beside what costs nothing.

    python -m benchmarks.accuracy.era5 MAPS.npz [--select] [--seeds 3] [--out DIR]

MAPS.npz (or the environment variable ERA5_MAPS) holds ERA5's 2 m temperature in kelvin, hour by
hour, under the key ``X`` [744, 1, 33, 49]: March 2019, 58..50 N, 10 W..2 E. Every hour of the last
fifth is forecast from the maps up to `lead` hours before it, by networks that were trained on the
first four fifths.

``--select`` tries a few settings on two rolling blocks of the first four fifths and writes, lead by
lead, what did best to ``benchmarks/results/era5/settings.json``, which the comparison reads:
networks alone have the best setting of each lead, those on the default baseline one setting, the
best over all leads. It sees no test map.
The table and the picture go to the folder ``--out``, by default that of the settings.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.accuracy.era5.maps import DAY, EXTENT, Maps, load, references
from benchmarks.accuracy.era5.networks import forecast
from benchmarks.accuracy.era5.selection import chosen_setting, common_setting, select
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.scores import origin_errors, rmse
from benchmarks.lib.tables import markdown_table, mean_and_spread
from stforecast.comparison import paired_difference
from stforecast.metrics import skill_score

LEADS = (1, 6, 24)
BASE = "default baseline alone"


def compare(maps: Maps, lead: int, seeds: int) -> dict[str, np.ndarray]:
    """Return every forecast of the test part, (runs, hours, H, W)."""
    alone = [forecast(maps, lead, seed, **chosen_setting(lead))[0] for seed in range(seeds)]
    common = {**common_setting(), "baseline": "auto"}
    both = [forecast(maps, lead, seed, **common) for seed in range(seeds)]
    print(f"{lead} h, shares of the network:", *(share for *_, share in both), flush=True)
    found = {name: one[None] for name, one in references(maps, lead).items()}
    found[BASE] = both[0][1][None]
    networks = {"ConvLSTM alone": alone, "ConvLSTM on the baseline": [ours for ours, *_ in both]}
    for name, runs in networks.items():
        found[name] = np.stack(runs)
        found[f"{name}, mean of {seeds}"] = found[name].mean(axis=0)[None]
    return found


def rows(maps: Maps, lead: int, found: dict[str, np.ndarray]) -> Iterator[list[str]]:
    """Yield one row of the table a method."""
    truth, free = maps.truth, found["persistence"][0]
    for name, runs in found.items():
        errors = [rmse(one, truth) for one in runs]
        skill = np.mean([skill_score(truth, one, free) for one in runs])
        yield [f"{lead} h", name, mean_and_spread(errors), f"{skill:.2f}", _less(maps, found, name)]


def _less(maps: Maps, found: dict[str, np.ndarray], name: str) -> str:
    """Return by how much the error differs from the baseline's; days are drawn together."""
    if name == BASE:
        return ""
    ours, base = (np.sqrt(origin_errors(found[one], maps.truth)) for one in (name, BASE))
    base = np.broadcast_to(base, ours.shape)
    return str(paired_difference(ours, base, root=True, block=DAY))


def draw(maps: Maps, shown: dict[int, dict[str, np.ndarray]], path: Path) -> None:
    """Draw the error of each lead as a map, for persistence, climatology and the network."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3 * len(shown)), layout="constrained")
    axes = figure.subplots(len(shown), 3, squeeze=False)
    for row, (lead, found) in zip(axes, shown.items(), strict=True):
        names = ("persistence", "hourly climatology", list(found)[-1])
        errors = [np.sqrt(((found[name][0] - maps.truth) ** 2).mean(axis=0)) for name in names]
        for ax, name, error in zip(row, names, errors, strict=True):
            image = ax.imshow(
                error, cmap="magma", vmin=0, vmax=max(map(np.max, errors)), extent=EXTENT
            )
            ax.set(title=f"{lead} h, {name}: {rmse(found[name][0], maps.truth):.2f} K")
            ax.set(xlabel="longitude, degrees east", ylabel="latitude, degrees north")
        figure.colorbar(image, ax=row, label="RMSE, K")
    first, last = (f"{maps.times()[row]:%d %B %Y, %H:%M}" for row in (maps.end, -1))
    figure.suptitle(f"Forecasts of {first} to {last} (UTC)")
    figure.savefig(path, dpi=80)


def report(maps: Maps, options: argparse.Namespace) -> str:
    """Run the comparison and return what it gave."""
    start, shown, lines = time.perf_counter(), {}, []
    for lead in options.leads:
        shown[lead] = compare(maps, lead, options.seeds)
        lines += rows(maps, lead, shown[lead])
        print(*lines[-len(shown[lead]) :], sep="\n", flush=True)
    draw(maps, shown, options.out / "report.png")
    note = (
        f"RMSE over {len(maps.truth)} hours of {maps.truth[0].size} cells, in kelvin; skill is "
        "the share of persistence's squared error that is avoided. Climatology is the mean of each "
        f"hour and cell over the {maps.end} hours before. Networks run from {options.seeds} "
        "seeds: mean and standard deviation, then the mean of their forecasts. The network on the "
        "baseline has the default one and one setting for all leads; alone it has one for each "
        "lead. Less baseline: the difference to the baseline alone, with its standard error by a "
        "bootstrap of days."
    )
    return "\n\n".join(
        [
            "# ERA5 2 m temperature, British Isles, March 2019",
            note,
            markdown_table(["lead", "forecast", "RMSE", "skill", "less baseline"], lines, texts=2),
            f"Trained and forecast in {time.perf_counter() - start:.0f} s. {describe_machine()}",
            "Contains modified Copernicus Climate Change Service information 2019.",
        ]
    )


def main() -> None:
    """Select, or compare and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("ERA5_MAPS")
    parser.add_argument("maps", type=Path, nargs="?" if default else None, default=default)
    parser.add_argument("--select", action="store_true")
    parser.add_argument("--leads", type=int, nargs="+", default=LEADS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "era5", help="folder to write to")
    options = parser.parse_args()
    maps = load(options.maps)
    if options.select:
        select(maps, options.leads)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    write_report(report(maps, options), options.out / "report.md")


if __name__ == "__main__":
    main()
