"""Classifiers on small public sets, beside MiniRocket, a random forest and the majority class.

    python benchmarks/accuracy/classification.py [--seeds 3] [--out FILE]

Every set has one split into training and test part; seeds change the networks, the forest and
MiniRocket, never the split.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from environment import describe_machine
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from stforecast.datasets import make_moving_digits
from stforecast.estimators import (
    CNNLSTMClassifier,
    CNNLSTMLayers,
    ConvLSTMClassifier,
    DenseDecoder,
    LSTMClassifier,
    ParallelCNNLSTMClassifier,
    Training,
)
from stforecast.windows import Flatten

EVERYTHING = Training(validation_fraction=0, schedule="cosine")


@dataclass(frozen=True, eq=False)
class Task:
    """Windows with their classes, in two parts."""

    name: str
    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]

    @property
    def has_maps(self) -> bool:
        """Whether frames are pictures."""
        return self.train[0].ndim == 5


def basic_motions() -> Task:
    """Activities from a watch: 6 channels, 100 steps, the archive's split of 40 and 40."""
    from sktime.datasets import load_basic_motions

    parts = (
        load_basic_motions(split=part, return_X_y=True, return_type="numpy3d")
        for part in ("train", "test")
    )
    return Task("BasicMotions", *((X.transpose(0, 2, 1), y) for X, y in parts))


def japanese_vowels() -> Task:
    """Speakers by two vowels: 12 coefficients, up to 29 steps, zeros before shorter ones."""
    from sktime.datasets import load_japanese_vowels

    parts = (load_japanese_vowels(split=part, return_X_y=True) for part in ("train", "test"))
    return Task("JapaneseVowels", *((_padded(X, 29), y) for X, y in parts))


def digit_rows() -> Task:
    """Handwritten digits of 8 x 8, a row a step; the writers of the test part are others."""
    X, y = load_digits(return_X_y=True)
    X = X.reshape(-1, 8, 8)
    return Task("digits by row", (X[:1198], y[:1198]), (X[1198:], y[1198:]))


def moving_digits(n: int = 300) -> Task:
    """Films of one digit that moves in one of four directions, other pictures in the test part."""
    pictures = load_digits().images * 255 / 16
    films = []
    for part, seed in ((pictures[:1198], 0), (pictures[1198:], 1)):
        way = np.random.default_rng(seed).integers(4, size=n)
        film = make_moving_digits(
            n, 10, 24, 1, digits=part, directions=way * np.pi / 2, random_state=seed
        )
        films.append((film.astype(np.float32), way))
    return Task("moving digits", *films)


TASKS = (basic_motions, japanese_vowels, digit_rows, moving_digits)


def models(task: Task) -> dict[str, Callable[[int], Any]]:
    """Return what is compared on a task: a maker for each, called with a seed."""
    params = {"max_epochs": 60, "lr": 0.005, "batch_size": 32, "training": EVERYTHING}
    in_time = CNNLSTMLayers(
        convolution="volume", pool_size=(1, 2, 2) if task.has_maps else 1, pooling="average"
    )
    networks = {
        "LSTM": lambda seed: LSTMClassifier(64, random_state=seed, **params),
        "CNN-LSTM": lambda seed: CNNLSTMClassifier(
            (32, 32), 3, 64, layers=in_time, random_state=seed, **params
        ),
        "parallel CNN and LSTM": lambda seed: ParallelCNNLSTMClassifier(
            (32, 32), 3, 64, random_state=seed, **params
        ),
        "ConvLSTM": lambda seed: ConvLSTMClassifier(
            16, 3 if task.has_maps else 1, decoder=DenseDecoder(pool="average"),
            random_state=seed, **{**params, "max_epochs": 20 if task.has_maps else 60},
        ),
    }  # fmt: skip
    return {
        "majority class": lambda seed: make_pipeline(Flatten(), DummyClassifier()),  # noqa: ARG005 - it has no seed
        "random forest": lambda seed: make_pipeline(
            Flatten(), RandomForestClassifier(500, random_state=seed)
        ),
        "MiniRocket": MiniRocket,
        **networks,
    }


class MiniRocket:
    """sktime's MiniRocket and ridge classifier, for windows."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray) -> MiniRocket:
        """Train on windows."""
        from sktime.classification.kernel_based import RocketClassifier

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.classifier_ = RocketClassifier(
                rocket_transform="minirocket", random_state=self.seed
            ).fit(_channels_first(X), y)
        return self

    def score(self, X: np.ndarray, y: np.ndarray) -> float:
        """Return the accuracy."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(np.mean(self.classifier_.predict(_channels_first(X)) == y))


def accuracies(task: Task, seeds: int) -> Iterator[tuple[str, np.ndarray, float]]:
    """Yield name, accuracies over seeds and seconds a fit of everything that is compared."""
    for name, make in models(task).items():
        start = time.perf_counter()
        scores = [make(seed).fit(*task.train).score(*task.test) for seed in range(seeds)]
        yield name, np.array(scores), (time.perf_counter() - start) / seeds


def report(seeds: int) -> Iterator[str]:
    """Yield the lines of the table."""
    yield describe_machine()
    yield f"accuracy on the test part, mean and standard deviation over {seeds} seeds"
    for load in TASKS:
        task = load()
        yield f"\n{task.name}: {task.train[0].shape} to train, {task.test[0].shape} to test"
        results = list(accuracies(task, seeds))
        forest = next(scores.mean() for name, scores, _ in results if name == "random forest")
        for name, scores, seconds in sorted(results, key=lambda row: -row[1].mean()):
            below = "  below the forest" if scores.mean() < forest else ""
            yield (f"  {name:<24}{scores.mean():7.3f} ± {scores.std():.3f}{seconds:8.1f} s{below}")


def main() -> None:
    """Print the table, and write it where told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    lines = []
    for line in report(options.seeds):
        print(line, flush=True)
        lines.append(line)
    if options.out is not None:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _padded(X: Any, steps: int) -> np.ndarray:
    rows = [np.stack([np.asarray(one, float) for one in row], axis=1) for row in X.to_numpy()]
    return np.stack([np.pad(row, ((steps - len(row), 0), (0, 0))) for row in rows])


def _channels_first(X: np.ndarray) -> np.ndarray:
    """Return (n, channels, steps) of at least 9 steps, every second cell of a map in each axis."""
    X = X[..., ::2, ::2] if X.ndim == 5 else X
    flat = X.reshape(*X.shape[:2], -1).transpose(0, 2, 1).astype(np.float64)
    return np.pad(flat, ((0, 0), (0, 0), (0, max(0, 9 - flat.shape[2]))))


if __name__ == "__main__":
    main()
