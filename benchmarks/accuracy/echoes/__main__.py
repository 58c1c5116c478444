"""Echoes of rain, some frames ahead, beside persistence and advection.

    python -m benchmarks.accuracy.echoes [--short] [--radar openmrg_rad.nc] [--seeds 3] [--out DIR]

Films of `make_rain_cells` are forecast from their last frames: films of the test part by networks
and baselines that were fitted on others. ``--short`` is a size for a laptop, half an hour of one
core. With ``--radar`` they forecast a real radar's film too: 31 maps of Gothenburg, five
minutes apart, of OpenMRG (SMHI, CC BY-SA 4.0, https://doi.org/10.5281/zenodo.6673750), as the
package mergeplg 0.2.0 holds them in mergeplg/example_data.
The sizes, and that values are matched to those of the last map, were chosen on other made films.
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
from sklearn.frozen import FrozenEstimator
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
    ProbabilityMatchedForecaster,
    StackedBaseline,
    StencilForecaster,
)
from stforecast.metrics import critical_success_index, fractions_skill_score
from stforecast.windows import FoldSpace

SQUARE = 5  # cells
MADE_RATE, RADAR_RATE = 5.0, 1.0  # mm an hour, which CSI and FSS ask for
OWN_WINDOWS = 11  # the first half of the windows of the radar
MATCHED = ("stacked", "ConvLSTM, default baseline", "ConvLSTM on advection")
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
    epochs: int | str
    fold: int


SIZES = {
    "full": Size(400, 20, 64, 5, 8, 32, 40, 4),
    "short": Size(80, 16, 36, 4, 6, 16, "auto", 2),
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


def network(size: Size, seed: int, baseline: Any) -> Any:
    """Return a ConvLSTM on blocks of cells."""
    return make_pipeline(
        FoldSpace(size.fold),
        ConvLSTMForecaster(
            size.channels,
            baseline=baseline,
            max_epochs=size.epochs,
            random_state=seed,
        ),
    )


def fit_all(size: Size, X: Any, y: Any, seeds: int) -> dict[str, list[Any]]:
    """Return what each method has learned from windows and targets, from every seed."""
    formulas = {
        "persistence": Persistence(),
        "advection": Advection(),
        "advection, 2 x 2 blocks": Advection(2),
        "stencil": StencilForecaster(),
        "stacked": StackedBaseline(),
    }
    networks = {
        "ConvLSTM, default baseline": "auto",
        "ConvLSTM on advection": Baseline(Advection(), blocks=1),
    }
    fitted = {name: [model.fit(X, y)] for name, model in formulas.items()}
    for name, baseline in networks.items():
        fitted[name] = [network(size, seed, baseline).fit(X, y) for seed in range(seeds)]
        for model in fitted[name]:
            print(f"{name}: share of the network {model[-1].network_share_:.2f}", flush=True)
    for name in MATCHED:
        fitted[f"{name}, matched"] = [
            ProbabilityMatchedForecaster(FrozenEstimator(model)).fit(X, y) for model in fitted[name]
        ]
    return fitted


def forecasts(
    fitted: dict[str, list[Any]], size: Size, Z: Any, truth: Any
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the truth (n, steps, H, W), and forecasts (runs, n, steps, H, W) by name."""
    shape = (-1, size.horizon, size.side, size.side)
    found = {
        name: np.stack([model.predict(Z).reshape(shape) for model in models])
        for name, models in fitted.items()
    }
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
    columns = -(-len(shown) // 2)
    figure = Figure(figsize=(3 * columns, 6.5), layout="constrained")
    for place, (name, rate) in enumerate(shown.items(), start=1):
        ax = figure.add_subplot(2, columns, place)
        image = ax.imshow(rate, cmap="viridis", vmin=0, vmax=max(1.0, float(truth[0, -1].max())))
        ax.set(title=name.replace(", ", ",\n"), xlabel="cells east", ylabel="cells south")
    figure.colorbar(image, ax=figure.axes, label="rain, mm an hour")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)


def section(
    title: str, rate: float, truth: np.ndarray, found: dict[str, np.ndarray], picture: Path
) -> str:
    """Draw one step, and return the table of a set of films."""
    draw(truth, found, picture)
    n, _, H, W = truth.shape
    note = (
        f"{n} windows of {H} x {W} cells. CSI and FSS of {rate:g} mm an hour, FSS in squares of "
        f"{SQUARE} cells."
    )
    head = ["step", "forecast", "RMSE, mm an hour", "CSI", "FSS"]
    return f"## {title}\n\n{note}\n\n{markdown_table(head, rows(truth, found, rate), texts=2)}"


def report(name: str, radar: Path | None, seeds: int, out: Path) -> str:
    """Run the comparison and return what it gave."""
    start, size = time.perf_counter(), SIZES[name]
    fitted = fit_all(size, *windows(size, made_films(size, 0)), seeds)
    made = windows(size, made_films(size, 1))
    tables = [
        section("Made films", MADE_RATE, *forecasts(fitted, size, *made), out / f"{name}_made.png")
    ]
    if radar is not None:
        tables += radar_sections(fitted, size, radar, seeds, out / name)
    note = (
        f"{size.films} made films taught, if no other is named; other films are forecast. Networks "
        f"from {seeds} seeds: mean and standard deviation. Made films say nothing of real rain."
    )
    seconds = time.perf_counter() - start
    end = f"Trained and forecast in {seconds:.0f} s. {describe_machine()}"
    return "\n\n".join(["# Echoes of rain", note, *tables, end])


def own_parts(X: Any, y: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return the first windows of a film, and those whose targets none of these has seen."""
    later = X.ends >= X.ends[OWN_WINDOWS - 1] + X.reach
    return (X[:OWN_WINDOWS], y[:OWN_WINDOWS]), (X[later], y[later])


def radar_sections(
    fitted: dict[str, list[Any]], size: Size, radar: Path, seeds: int, stem: Path
) -> list[str]:
    """Return the tables of a radar's film, by what made films and what its own beginning teach."""
    X, y = windows(size, [radar_film(radar, size.side)])
    truth, found = forecasts(fitted, size, X, y)
    picture = stem.with_name(f"{stem.name}_radar.png")
    tables = [section("A radar at Gothenburg", RADAR_RATE, truth, found, picture)]
    train, later = own_parts(X, y)
    truth, found = forecasts(fit_all(size, *train, seeds), size, *later)
    picture = stem.with_name(f"{stem.name}_radar_own.png")
    title = f"The radar, taught by its first {OWN_WINDOWS} windows"
    return [*tables, section(title, RADAR_RATE, truth, found, picture)]


def main() -> None:
    """Compare and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--radar", type=Path, help="openmrg_rad.nc of mergeplg 0.2.0")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "echoes", help="folder to write to")
    options = parser.parse_args()
    name = "short" if options.short else "full"
    text = report(name, options.radar, options.seeds, options.out)
    write_report(text, options.out / f"{name}.md")


if __name__ == "__main__":
    main()
