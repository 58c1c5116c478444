"""Temperature maps over the British Isles, 1, 6 and 24 hours ahead, beside what costs nothing.

    python benchmarks/accuracy/era5.py MAPS.npz [--select] [--seeds 3] [--out DIR]

MAPS.npz (or the environment variable ERA5_MAPS) holds ERA5's 2 m temperature in kelvin, hour by
hour, under the key ``X`` [744, 1, 33, 49]: March 2019, 58..50 N, 10 W..2 E. Every hour of the last
fifth is forecast from the maps up to `lead` hours before it, by networks that were trained on the
first four fifths.

``--select`` tries a few settings on two rolling blocks of the first four fifths and writes, lead by
lead, what did best to ``era5_settings.json``, which the comparison reads. It sees no test map.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from environment import describe_machine
from era5_maps import Maps, forecast_change, load, references, rmse, windows

from stforecast import ConvLSTMForecaster, RolloutDecoder, Training
from stforecast.metrics import skill_score

LEADS = (1, 6, 24)
SETTINGS = Path(__file__).parents[1] / "results" / "era5_settings.json"
CANDIDATES: tuple[dict[str, Any], ...] = (
    {"lookback": 3, "dropout": 0.0, "lr": 0.005, "max_epochs": 10},
    {"lookback": 3, "dropout": 0.3, "lr": 0.005, "max_epochs": 10},
    {"lookback": 6, "dropout": 0.0, "lr": 0.005, "max_epochs": 10},
    {"lookback": 3, "dropout": 0.0, "lr": 0.015, "max_epochs": 10},
    {"lookback": 3, "dropout": 0.0, "lr": 0.015, "max_epochs": 30},
    {"lookback": 6, "dropout": 0.0, "lr": 0.015, "max_epochs": 30},
)
BLOCKS = ((0.48, 0.64), (0.64, 0.8))  # shares of the rows: trained on before, forecast within
EVERY = 2  # hours from one training window to the next: neighbours tell nearly the same


def network(dropout: float, lr: float, max_epochs: int, seed: int) -> ConvLSTMForecaster:
    """Return a ConvLSTM whose forecast is a map, like its input."""
    return ConvLSTMForecaster(
        hidden_channels=8,
        kernel_size=3,
        dropout=dropout,
        decoder=RolloutDecoder(kernel_size=3),
        lr=lr,
        max_epochs=max_epochs,
        batch_size=16,
        training=Training(schedule="cosine", patience=4),
        random_state=seed,
    )


def forecast(
    maps: Maps, lead: int, seed: int, *, lookback: int, dropout: float, lr: float, max_epochs: int
) -> np.ndarray:
    """Train on what lies before the end, and forecast every map from there on."""
    (X, y), Z = windows(maps, lead=lead, lookback=lookback)
    model = network(dropout, lr, max_epochs, seed).fit(X[::EVERY], y[::EVERY])
    return forecast_change(maps, lead, model.predict(Z))


def select(maps: Maps, leads: tuple[int, ...]) -> None:
    """Write the candidate of the least mean error over the blocks, lead by lead."""
    rows = len(maps.values)
    blocks = [maps.block(int(first * rows), int(last * rows)) for first, last in BLOCKS]
    found = json.loads(SETTINGS.read_text(encoding="utf-8")) if SETTINGS.exists() else {}
    for lead in leads:
        tried = [
            {**candidate, "rmse": [round(_error(one, lead, candidate), 3) for one in blocks]}
            for candidate in CANDIDATES
        ]
        best = min(tried, key=lambda row: float(np.mean(row["rmse"])))
        chosen = {name: value for name, value in best.items() if name != "rmse"}
        found[str(lead)] = {"chosen": chosen, "tried": tried}
        print(json.dumps({lead: found[str(lead)]}), flush=True)
        SETTINGS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _error(block: Maps, lead: int, candidate: dict[str, Any]) -> float:
    return rmse(forecast(block, lead, 0, **candidate), block.truth)


def compare(maps: Maps, lead: int, seeds: int) -> dict[str, np.ndarray]:
    """Return every forecast of the test part, (runs, hours, H, W)."""
    chosen = json.loads(SETTINGS.read_text(encoding="utf-8"))[str(lead)]["chosen"]
    runs = np.stack([forecast(maps, lead, seed, **chosen) for seed in range(seeds)])
    free = {name: found[None] for name, found in references(maps, lead).items()}
    return {**free, "ConvLSTM": runs, f"ConvLSTM, mean of {seeds}": runs.mean(axis=0)[None]}


def rows(maps: Maps, lead: int, found: dict[str, np.ndarray]) -> Iterator[str]:
    """Yield one row of the table a method."""
    truth = maps.truth
    free = found["persistence"][0]
    for name, runs in found.items():
        errors = [rmse(one, truth) for one in runs]
        spread = f" ± {np.std(errors):.3f}" if len(errors) > 1 else ""
        skill = np.mean([skill_score(truth, one, free) for one in runs])
        yield f"| {lead} h | {name} | {np.mean(errors):.3f}{spread} | {skill:.2f} |"


def draw(maps: Maps, shown: dict[int, dict[str, np.ndarray]], path: Path) -> None:
    """Draw the error of each lead as a map, for persistence, climatology and the network."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3 * len(shown)), layout="constrained")
    axes = figure.subplots(len(shown), 3, squeeze=False)
    for row, (lead, found) in zip(axes, shown.items(), strict=True):
        names = ("persistence", "hourly climatology", list(found)[-1])
        errors = [np.sqrt(((found[name][0] - maps.truth) ** 2).mean(axis=0)) for name in names]
        for ax, name, error in zip(row, names, errors, strict=True):
            image = ax.imshow(error, cmap="magma", vmin=0, vmax=max(map(np.max, errors)))
            ax.set(title=f"{lead} h, {name}: {rmse(found[name][0], maps.truth):.2f} K")
            ax.set(xticks=[], yticks=[])
        figure.colorbar(image, ax=row, label="RMSE, K")
    figure.savefig(path, dpi=80)


def report(maps: Maps, options: argparse.Namespace) -> list[str]:
    """Run the comparison and return its lines."""
    start, shown, lines = time.perf_counter(), {}, []
    for lead in options.leads:
        shown[lead] = compare(maps, lead, options.seeds)
        lines += rows(maps, lead, shown[lead])
        print("\n".join(lines[-len(shown[lead]) :]), flush=True)
    if options.out is not None:
        draw(maps, shown, options.out / "era5.png")
    return [
        "# ERA5 2 m temperature, British Isles, March 2019",
        "",
        (
            f"RMSE over {len(maps.truth)} hours of {maps.truth[0].size} cells, in kelvin; skill is "
            "the share of persistence's squared error that is avoided. Climatology is the mean of "
            f"each hour and cell over the {maps.end} hours before. The network runs from "
            f"{options.seeds} seeds: mean and standard deviation, then the mean of its forecasts."
        ),
        "",
        "| lead | forecast | RMSE | skill |",
        "|---|---|---:|---:|",
        *lines,
        "",
        f"Trained and forecast in {time.perf_counter() - start:.0f} s. {describe_machine()}",
        "",
        "Contains modified Copernicus Climate Change Service information 2019.",
    ]


def main() -> None:
    """Select, or compare and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("ERA5_MAPS")
    parser.add_argument("maps", type=Path, nargs="?" if default else None, default=default)
    parser.add_argument("--select", action="store_true")
    parser.add_argument("--leads", type=int, nargs="+", default=LEADS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="folder for the table and the picture")
    options = parser.parse_args()
    maps = load(options.maps)
    if options.select:
        select(maps, options.leads)
        return
    lines = report(maps, options)
    if options.out is not None:
        (options.out / "era5.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
