"""Moving digits: ten frames of 64 x 64 from the ten before them, beside persistence.

    python benchmarks/accuracy/moving_digits.py t10k-images-idx3-ubyte.gz [--full] [--out DIR]

The file holds MNIST's 10,000 test digits: the first 8,000 are drawn from for training films, the
last 2,000 for test films. The setting by default is one for a processor of two cores. ``--full`` is
the size at which the literature trains and needs a GPU. With ``--checkpoint DIR`` a fit that was
ended goes on where it was.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from environment import describe_machine

from stforecast import (
    ConvLSTMForecaster,
    ConvLSTMLayers,
    RolloutDecoder,
    Training,
    make_windows,
)
from stforecast.datasets import load_idx, make_moving_digits
from stforecast.inspection import FramesDisplay
from stforecast.metrics import ssim_per_frame

SEEN = FORECAST = 10
PATCH = 4
TRAINING_DIGITS = 8000
FILES_HINT = "MNIST's t10k-images-idx3-ubyte.gz; or set MNIST_IMAGES"
# published, on films of MNIST's training digits: OpenSTL's ConvLSTM, 4 layers, 200 epochs
PUBLISHED = "ConvLSTM of the literature (OpenSTL, 200 epochs of 10,000 films): MSE 29.8, SSIM 0.929"


@dataclass(frozen=True)
class Setting:
    """How many films, and how large a network, for how long."""

    name: str
    films: int
    test_films: int
    hidden_channels: int
    num_layers: int
    kernel_size: int
    epochs: int
    batch_size: int
    lr: float


SHORT = Setting("short", 500, 200, 32, 1, 3, 16, 8, 0.004)
FULL = Setting("full", 10_000, 10_000, 128, 4, 5, 200, 16, 0.0005)


def to_patches(films: np.ndarray) -> np.ndarray:
    """Make channels of the cells of each patch: (n, T, 1, H, W) to (n, T, 16, H / 4, W / 4)."""
    n, T, _, H, W = films.shape
    cells = films.reshape(n, T, H // PATCH, PATCH, W // PATCH, PATCH)
    return cells.transpose(0, 1, 3, 5, 2, 4).reshape(n, T, PATCH**2, H // PATCH, W // PATCH)


def from_patches(maps: np.ndarray) -> np.ndarray:
    """Undo `to_patches`."""
    n, T, _, rows, columns = maps.shape
    cells = maps.reshape(n, T, PATCH, PATCH, rows, columns).transpose(0, 1, 4, 2, 5, 3)
    return cells.reshape(n, T, 1, rows * PATCH, columns * PATCH)


def windows(films: np.ndarray) -> tuple[Any, Any]:
    """Return one window a film, its first ten frames, and as target the ten that follow."""
    return make_windows(list(to_patches(films)), lookback=SEEN, horizon=FORECAST)


def network(setting: Setting, checkpoint: Path | None, verbose: int) -> ConvLSTMForecaster:
    """Return the encoder-forecaster."""
    return ConvLSTMForecaster(
        setting.hidden_channels,
        setting.kernel_size,
        layers=ConvLSTMLayers(num_layers=setting.num_layers),
        decoder=RolloutDecoder(
            setting.kernel_size, teacher_forcing=0.5, sampling_epochs=setting.epochs // 2
        ),
        lr=setting.lr,
        max_epochs=setting.epochs,
        batch_size=setting.batch_size,
        training=Training(validation_fraction=0, schedule="one-cycle", checkpoint=checkpoint),
        random_state=0,
        verbose=verbose,
    )


def references(films: np.ndarray) -> dict[str, np.ndarray]:
    """Return forecasts that need no training, (n, 10, 1, H, W) in 0 to 1."""
    seen = films[:, :SEEN] / 255
    steps = (1, FORECAST, 1, 1, 1)
    return {
        "persistence": np.tile(seen[:, -1:], steps),
        "mean of the frames seen": np.tile(seen.mean(axis=1, keepdims=True), steps),
        "black": np.zeros_like(seen),
    }


def scores(truth: np.ndarray, forecast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return squared error and structural similarity of each of the ten frames."""
    error = ((truth - forecast) ** 2).sum(axis=(2, 3, 4)).mean(axis=0)
    return error, ssim_per_frame(truth[:, :, 0], forecast[:, :, 0], data_range=1).mean(axis=0)


def table(truth: np.ndarray, forecasts: dict[str, np.ndarray]) -> list[str]:
    """Return the rows of the two tables, one a method."""
    found = {name: scores(truth, forecast) for name, forecast in forecasts.items()}
    head = "|".join(["", "", " mean ", *(f" {k + 1} " for k in range(FORECAST)), ""])
    lines = []
    for title, which, digits in (("Squared error a frame", 0, 1), ("SSIM", 1, 3)):
        lines += ["", f"## {title}", "", head, "|---|" + "---:|" * (1 + FORECAST)]
        for name, both in found.items():
            values = [both[which].mean(), *both[which]]
            lines.append(f"| {name} | " + " | ".join(f"{v:.{digits}f}" for v in values) + " |")
    return lines


def draw(truth: np.ndarray, forecast: np.ndarray, path: Path) -> None:
    """Draw truth, forecast and difference of one film."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 4.5))
    FramesDisplay.from_predictions(truth[:, 0], forecast[:, 0], ax=figure.subplots())
    figure.savefig(path, dpi=80)


def run(setting: Setting, digits: np.ndarray, options: argparse.Namespace) -> list[str]:
    """Train, forecast, and return the report."""
    parts = digits[:TRAINING_DIGITS], digits[TRAINING_DIGITS:]
    counts = setting.films, setting.test_films
    films, test = (
        make_moving_digits(n, SEEN + FORECAST, digits=part, random_state=seed)
        for seed, (n, part) in enumerate(zip(counts, parts, strict=True))
    )
    X, y = windows(films)
    model = network(setting, options.checkpoint, options.verbose).fit(X, y)
    Z, _ = windows(test)
    forecast = np.clip(from_patches(Z.unflatten(model.predict(Z))) / 255, 0, 1)
    truth = test[:, SEEN:] / 255
    if options.out is not None:
        draw(truth[0], forecast[0], options.out / f"moving_digits_{setting.name}.png")
    weights = sum(p.numel() for p in model.net_.module_.parameters())
    return [
        "# Moving digits, ten frames from ten",
        "",
        (
            f"Two digits, 64 x 64; {setting.films} films to train on, {setting.test_films} to "
            "test, of other digits."
        ),
        (
            f"Encoder-forecaster on patches of 4 x 4: {setting.num_layers} x "
            f"{setting.hidden_channels} channels, {weights} weights, {len(model.history_)} epochs "
            f"of {model.history_['dur'].min():.0f} s or more. Pixels are 0 to 1; errors are summed "
            "over a frame."
        ),
        *table(truth, {**references(test), "ConvLSTM encoder-forecaster": forecast}),
        "",
        f"{PUBLISHED}.",
        "",
        describe_machine(),
    ]


def main() -> None:
    """Print the report, and write it with a picture where told to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("MNIST_IMAGES")
    parser.add_argument(
        "images", type=Path, nargs="?" if default else None, default=default, help=FILES_HINT
    )
    parser.add_argument("--full", action="store_true", help="the literature's size, for a GPU")
    parser.add_argument("--out", type=Path, help="folder for the table and the picture")
    parser.add_argument("--checkpoint", type=Path, help="folder in which the fit is kept")
    parser.add_argument("--verbose", type=int, default=0)
    options = parser.parse_args()
    setting = FULL if options.full else SHORT
    lines = run(setting, load_idx(options.images), options)
    print("\n".join(lines))
    if options.out is not None:
        path = options.out / f"moving_digits_{setting.name}.md"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
