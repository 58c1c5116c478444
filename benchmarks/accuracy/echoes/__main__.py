"""Echoes of rain, some frames ahead, beside persistence and advection.

    python -m benchmarks.accuracy.echoes [--short | --radar openmrg_rad.nc] [--seeds 3] [--out DIR]

Films of `make_rain_cells` are forecast from their last frames: films of the test part by networks
and baselines that were fitted on others. ``--short`` is a size for a laptop, minutes of one core.
With ``--radar`` what was fitted on made films forecasts a real radar's: 31 maps of Gothenburg, five
minutes apart, of OpenMRG (SMHI, CC BY-SA 4.0, https://doi.org/10.5281/zenodo.6673750), as the
package mergeplg 0.2.0 holds them in mergeplg/example_data.
Settings were taken as they come, none was chosen on the test films.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from sklearn.pipeline import make_pipeline

from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.scores import rmse
from benchmarks.lib.tables import markdown_table, mean_and_spread
from stforecast import ConvLSTMForecaster, make_windows
from stforecast.datasets import make_rain_cells
from stforecast.estimators import (
    Advection,
    Baseline,
    Persistence,
    RainDecoder,
    StackedBaseline,
    StencilForecaster,
)
from stforecast.metrics import critical_success_index, fractions_skill_score
from stforecast.windows import FoldSpace

SQUARE = 5  # cells
SUMS_AN_HOUR = 12  # of five minutes


@dataclass(frozen=True)
class Size:
    """How much is made and trained."""

    films: int
    frames: int
    side: int
    lookback: int
    horizon: int
    channels: int
    epochs: int
    fold: int
    rate: float = 5.0  # mm an hour, which CSI and FSS ask for


SIZES = {
    "full": Size(400, 20, 64, 5, 8, 32, 40, 4),
    "short": Size(40, 16, 32, 4, 6, 16, 12, 2),
    "radar": Size(40, 16, 36, 4, 6, 16, 12, 2, 1.0),
}


def windows(size: Size, films: list[Any]) -> tuple[Any, Any]:
    """Return windows and targets of films, none across two films."""
    return make_windows(films, lookback=size.lookback, horizon=size.horizon)


def made_films(size: Size, seed: int) -> list[Any]:
    """Return films of made rain cells."""
    return list(make_rain_cells(size.films, size.frames, size.side, random_state=seed))


def radar_film(path: Path, side: int) -> xr.DataArray:
    """Return a radar's maps in mm an hour, the middle square of `side` cells."""
    with xr.open_dataset(path) as file:
        rates = (SUMS_AN_HOUR * file["rainfall_amount"]).astype("float32").load()
    south, west = ((rates.sizes[axis] - side) // 2 for axis in ("y", "x"))
    return rates.isel(y=slice(south, south + side), x=slice(west, west + side))


def network(size: Size, seed: int, decoder: Any, baseline: Any) -> Any:
    """Return a ConvLSTM on blocks of cells."""
    return make_pipeline(
        FoldSpace(size.fold),
        ConvLSTMForecaster(
            size.channels,
            decoder=decoder,
            baseline=baseline,
            max_epochs=size.epochs,
            random_state=seed,
        ),
    )


def forecasts(size: Size, films: list[Any], seeds: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the truth (n, steps, H, W) of films and every forecast of it, (runs, n, steps, H, W).

    Made films teach.
    """
    (X, y), (Z, truth) = windows(size, made_films(size, 0)), windows(size, films)
    shape = (-1, size.horizon, size.side, size.side)
    free = {
        "persistence": Persistence(),
        "advection": Advection(),
        "advection, 2 x 2 blocks": Advection(2),
        "stencil": StencilForecaster(),
        "stacked": StackedBaseline(),
    }
    found = {n: one.fit(X, y).predict(Z).reshape(shape)[None] for n, one in free.items()}
    on_advection = Baseline(Advection(), blocks=1)
    networks = {
        "ConvLSTM, default baseline": ("auto", "auto"),
        "ConvLSTM on advection": ("auto", on_advection),
        "ConvLSTM on advection, weighted": (RainDecoder(), on_advection),
    }
    for name, (decoder, baseline) in networks.items():
        models = [network(size, seed, decoder, baseline) for seed in range(seeds)]
        runs = [model.fit(X, y).predict(Z) for model in models]
        found[name] = np.reshape(runs, (seeds, *shape))
    return np.asarray(truth).reshape(shape), found


def rows(truth: np.ndarray, found: dict[str, np.ndarray], rate: float) -> Iterator[list[str]]:
    """Yield one row of the table a method and step."""
    for step in range(truth.shape[1]):
        for name, runs in found.items():
            own = [(run[:, step], truth[:, step]) for run in runs]
            scores = (
                [rmse(one, seen) for one, seen in own],
                [critical_success_index(seen, one, rate) for one, seen in own],
                [fractions_skill_score(seen, one, rate, SQUARE) for one, seen in own],
            )
            yield [str(step + 1), name, *map(mean_and_spread, scores)]


def draw(truth: np.ndarray, found: dict[str, np.ndarray], path: Path) -> None:
    """Draw the last step of one film, seen and forecast."""
    from matplotlib.figure import Figure

    shown = {"seen": truth[0, -1], **{name: runs[0][0, -1] for name, runs in found.items()}}
    figure = Figure(figsize=(3 * len(shown), 3.4), layout="constrained")
    for ax, (name, rate) in zip(figure.subplots(1, len(shown)), shown.items(), strict=True):
        image = ax.imshow(rate, cmap="viridis", vmin=0, vmax=max(1.0, float(truth[0, -1].max())))
        ax.set(title=name, xlabel="cells east", ylabel="cells south")
    figure.colorbar(image, ax=figure.axes, label="rain, mm an hour")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)


def _origin(size: Size, radar: Path | None) -> str:
    if radar is None:
        return (
            f"of {size.films} made films; as many other films taught. The films are made, and say "
            "nothing of real rain."
        )
    return f"a real radar's, five minutes apart; {size.films} made films taught."


def report(name: str, radar: Path | None, seeds: int, out: Path) -> str:
    """Run the comparison and return what it gave."""
    start = time.perf_counter()
    size = SIZES[name]
    films = made_films(size, 1) if radar is None else [radar_film(radar, size.side)]
    truth, found = forecasts(size, films, seeds)
    draw(truth, found, out / f"{name}.png")
    note = (
        f"{len(truth)} windows of {size.side} x {size.side} cells, {_origin(size, radar)} CSI and "
        f"FSS of {size.rate:g} mm an hour, FSS in squares of {SQUARE} cells. Networks from {seeds} "
        "seeds: mean and standard deviation."
    )
    head = ["step", "forecast", "RMSE, mm an hour", "CSI", "FSS"]
    return "\n\n".join(
        [
            "# Made echoes of rain" if radar is None else "# Echoes of a radar at Gothenburg",
            note,
            markdown_table(head, rows(truth, found, size.rate), texts=2),
            f"Trained and forecast in {time.perf_counter() - start:.0f} s. {describe_machine()}",
        ]
    )


def main() -> None:
    """Compare and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--short", action="store_true")
    kind.add_argument("--radar", type=Path, help="openmrg_rad.nc of mergeplg 0.2.0")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "echoes", help="folder to write to")
    options = parser.parse_args()
    name = "radar" if options.radar else "short" if options.short else "full"
    text = report(name, options.radar, options.seeds, options.out)
    write_report(text, options.out / f"{name}.md")


if __name__ == "__main__":
    main()
