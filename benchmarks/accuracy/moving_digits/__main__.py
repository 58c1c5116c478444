"""Moving digits: ten frames of 64 x 64 from the ten before them, beside persistence.

    python -m benchmarks.accuracy.moving_digits t10k-images-idx3-ubyte.gz [--hour | --full]
    python -m benchmarks.accuracy.moving_digits t10k-images-idx3-ubyte.gz --garments --coarse

The file holds MNIST's 10,000 test digits, or with ``--garments`` those of Fashion-MNIST: the first
8,000 are drawn from for training films, the last 2,000 for test films. The setting by default takes
minutes of one core. ``--hour`` takes an hour, and so does ``--coarse``, which sees twice as many
films in larger patches and half precision. ``--full`` is the size at which the literature trains
and needs a GPU. With ``--checkpoint DIR`` a fit that was ended goes on where it was. The table and
the picture go to the folder ``--out``, by default ``benchmarks/results/moving_digits``.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np

from benchmarks.accuracy.moving_digits.films import (
    FORECAST,
    SEEN,
    references,
    scores,
    windows,
)
from benchmarks.accuracy.moving_digits.networks import (
    COARSE,
    FULL,
    HOUR,
    SHORT,
    Setting,
    network,
)
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from stforecast.datasets import load_idx, make_moving_digits
from stforecast.inspection import FramesDisplay

TRAINING_DIGITS = 8000
DARK = 0.1  # of white: what is darker is unsure; chosen on films of training digits
FILES_HINT = "MNIST's t10k-images-idx3-ubyte.gz; or set MNIST_IMAGES"
# published, on films of the training pictures: OpenSTL's ConvLSTM, 4 layers, 200 epochs
PUBLISHED = {"digits": "MSE 29.8, SSIM 0.929", "garments": "MSE 28.87"}


def tables(truth: np.ndarray, forecasts: dict[str, np.ndarray]) -> list[str]:
    """Return the two tables, a row a method."""
    found = {name: scores(truth, forecast) for name, forecast in forecasts.items()}
    head = ["", "mean", *(str(k + 1) for k in range(FORECAST))]
    parts = []
    for title, which, digits in (("Squared error a frame", 0, 1), ("SSIM", 1, 3)):
        rows = (
            [name, *(f"{v:.{digits}f}" for v in (both[which].mean(), *both[which]))]
            for name, both in found.items()
        )
        parts += [f"## {title}", markdown_table(head, rows)]
    return parts


def draw(truth: np.ndarray, forecast: np.ndarray, path: Path) -> None:
    """Draw truth, forecast and difference of one film."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 4.5))
    FramesDisplay.from_predictions(truth[:, 0], forecast[:, 0], ax=figure.subplots())
    figure.savefig(path, dpi=80)


def run(setting: Setting, noun: str, pictures: np.ndarray, options: argparse.Namespace) -> str:
    """Train, forecast, and return the report; the noun says what moves."""
    parts = pictures[:TRAINING_DIGITS], pictures[TRAINING_DIGITS:]
    counts = setting.films, setting.test_films
    films, test = (
        make_moving_digits(n, SEEN + FORECAST, digits=part, random_state=seed)
        for seed, (n, part) in enumerate(zip(counts, parts, strict=True))
    )
    X, y = windows(films)
    model = network(setting, options.checkpoint, options.verbose).fit(X, y)
    Z, _ = windows(test)
    forecast = Z.unflatten(model.predict(Z)) / 255
    truth = test[:, SEEN:] / 255
    found = {
        "ConvLSTM encoder-forecaster": forecast,
        f"the same, black below {DARK:g}": np.where(forecast < DARK, 0, forecast),
    }
    draw(truth[0], forecast[0], options.out / f"{report_name(setting, noun)}.png")
    trained = model[-1]
    weights = sum(p.numel() for p in trained.net_.module_.parameters())
    seconds = trained.history_["dur"]
    note = (
        f"Two {noun}, 64 x 64; {setting.films} films to train on, {setting.test_films} to test, of "
        f"other {noun}. Encoder-forecaster on patches of {setting.patch} x "
        f"{setting.patch}: {setting.num_layers} x "
        f"{setting.hidden_channels} channels, {weights} weights, {len(seconds)} epochs, "
        f"{seconds.sum() / 60:.0f} minutes. Pixels are 0 to 1; errors are summed over a frame."
    )
    return "\n\n".join(
        [
            f"# Moving {noun}, ten frames from ten",
            note,
            *tables(truth, {**references(test), **found}),
            f"ConvLSTM of the literature (OpenSTL, 200 epochs of 10,000 films): {PUBLISHED[noun]}.",
            describe_machine(),
        ]
    )


def report_name(setting: Setting, noun: str) -> str:
    """Return the name of a report and its picture."""
    return setting.name if noun == "digits" else f"{noun}_{setting.name}"


def main() -> None:
    """Train, forecast, and write the report with a picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("MNIST_IMAGES")
    parser.add_argument(
        "images", type=Path, nargs="?" if default else None, default=default, help=FILES_HINT
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--hour", action="store_true", help="an hour of one core")
    size.add_argument("--coarse", action="store_true", help="an hour, in larger patches")
    size.add_argument("--full", action="store_true", help="the literature's size, for a GPU")
    parser.add_argument("--garments", action="store_true", help="IMAGES holds Fashion-MNIST's")
    parser.add_argument(
        "--out", type=Path, default=RESULTS / "moving_digits", help="folder to write to"
    )
    parser.add_argument("--checkpoint", type=Path, help="folder in which the fit is kept")
    parser.add_argument("--verbose", type=int, default=0)
    options = parser.parse_args()
    chosen = [one for one in (FULL, HOUR, COARSE) if vars(options)[one.name]]
    setting = chosen[0] if chosen else SHORT
    noun = "garments" if options.garments else "digits"
    options.out.mkdir(parents=True, exist_ok=True)
    text = run(setting, noun, load_idx(options.images), options)
    write_report(text, options.out / f"{report_name(setting, noun)}.md")


if __name__ == "__main__":
    main()
