"""The tasks that classifiers are compared on: windows, labels, and folds that are all alike.

Some read files that are not the project's to ship, from the folder given as ``--data``; the README
says where to get them.
"""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import decimate
from sklearn.datasets import load_digits
from sklearn.model_selection import GroupKFold, GroupShuffleSplit

from benchmarks.accuracy.classification.sensor_faults import FAULTS
from benchmarks.lib.data import outside_path
from stforecast.datasets import (
    load_cifar10,
    load_household_power,
    load_idx,
    make_moving_digits,
)
from stforecast.windows import Spectrogram

Fold = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Task:
    """Windows (n, T, C) or (n, T, C, H, W) with their classes, and the folds to test on."""

    name: str
    note: str
    X: np.ndarray
    y: np.ndarray
    folds: list[Fold]
    groups: np.ndarray | None = None


def sensor_faults(n: int = 900) -> Task:
    """Faults put into the voltage of real household readings."""
    table = load_household_power("h")
    values = table.to_numpy(np.float64)
    voltage, split = table.columns.get_loc("Voltage"), int(0.65 * len(values))
    draw = np.random.default_rng(0)
    starts = np.concatenate(
        [draw.integers(0, split - 72, n * 2 // 3), draw.integers(split, len(values) - 72, n // 3)]
    )
    X = np.stack([values[start : start + 72] for start in starts])
    y = draw.integers(len(FAULTS), size=len(X))
    spread = values[:split, voltage].std()
    for window, kind in zip(X, y, strict=True):
        FAULTS[kind][1](window[:, voltage], spread, draw)
    names = np.array([name for name, _ in FAULTS])
    return Task(
        "sensor faults",
        "household power, 72 hours x 7; the readings are real, the faults in the voltage are put "
        "in; train before, test after mid-2009",
        X, names[y], [_first(n * 2 // 3, len(X))],
    )  # fmt: skip


def watch(data: Path | None) -> Task:
    """Seven shoulder exercises from a smartwatch, ten people."""
    content = np.load(outside_path(data, "watch_dataset.npy"), allow_pickle=True).item()
    X, y, people = [], [], []
    for record, label, person in zip(content["X"], content["y"], content["subject"], strict=True):
        thinned = record[::2]
        for start in range(0, len(thinned) - 99, 100):
            X.append(thinned[start : start + 100])
            y.append(content["y_labels"][label])
            people.append(person)
    groups = np.array(people)
    return Task(
        "watch",
        "exercises seen by a smartwatch (seglearn), 4 s at 25 Hz x 6; 3 folds of 10 subjects",
        np.stack(X), np.array(y), list(GroupKFold(3).split(X, groups=groups)), groups,
    )  # fmt: skip


def hapt(data: Path | None, n: int = 900) -> Task:
    """Six activities from a phone at the waist, thirty people."""
    with np.load(outside_path(data, "hapt.npz")) as file:
        X, y, groups = file["X"], file["y"], file["subject"]
    some = np.random.default_rng(0).permutation(len(X))[:n]
    X, y, groups = X[some].astype(np.float64), y[some], groups[some]
    return Task(
        "HAPT", "UCI HAPT, 2.56 s at 50 Hz x 6, 900 windows; a third of 30 subjects held out",
        X, y, _stratified_group_part(groups), groups,
    )  # fmt: skip


def japanese_vowels() -> Task:
    """Speakers by two vowels."""
    from sktime.datasets import load_japanese_vowels

    return _archive(
        "JapaneseVowels", "speakers, 12 coefficients, up to 29 steps; the archive's split",
        load_japanese_vowels, lambda X: _padded(X, 29), "nested_univ",
    )  # fmt: skip


def basic_motions() -> Task:
    """Activities from a watch."""
    from sktime.datasets import load_basic_motions

    return _archive(
        "BasicMotions", "activities from a watch, 100 steps x 6; the archive's split of 40 and 40",
        load_basic_motions, lambda X: X.transpose(0, 2, 1), "numpy3d",
    )  # fmt: skip


def speech(data: Path | None, n: int = 900) -> Task:
    """Which of five languages a prompt is spoken in, from its spectrogram."""
    sounds, languages, prompts = [], [], []
    for folder in sorted(outside_path(data, "sounds").iterdir()):
        for file in sorted(folder.glob("*.wav")):
            samples = _samples(file)
            if len(samples) >= 8000:
                sounds.append(decimate(samples[:8000].astype(np.float64), 2))
                languages.append(folder.name[:2])
                prompts.append(file.stem)
    some = np.random.default_rng(0).permutation(len(sounds))[:n]
    frames = Spectrogram(80, 0).fit_transform(np.stack(sounds)[some].astype(np.float32))
    groups = np.array(prompts)[some]
    return Task(
        "spoken language",
        "the first second of 900 telephone prompts in 5 languages by 4 speakers, as spectrograms "
        "of 50 frames x 41 frequencies (4 kHz); a third of the prompts held out",
        frames, np.array(languages)[some], _stratified_group_part(groups), groups,
    )  # fmt: skip


def digit_rows() -> Task:
    """Handwritten digits, a row a step."""
    X, y = load_digits(return_X_y=True)
    return Task(
        "digits by row",
        "scikit-learn's digits, 8 rows of 8; the last third, by other writers, held out",
        X.reshape(-1, 8, 1, 1, 8), y, [_first(1198, len(X))],
    )  # fmt: skip


def fashion(data: Path | None) -> Task:
    """Garments, a row a step."""
    folder = outside_path(data, "fashion-mnist")
    (X, y), (X_test, y_test) = (
        [
            load_idx(folder / f"{part}-{kind}-ubyte.gz")[:n]
            for kind in ("images-idx3", "labels-idx1")
        ]
        for part, n in (("train", 2000), ("t10k", 1000))
    )
    return Task(
        "Fashion-MNIST by row", "28 rows of 28; the first 2,000 to train, the first 1,000 to test",
        _rows(np.concatenate([X, X_test])[:, None]), np.concatenate([y, y_test]),
        [_first(2000, 3000)],
    )  # fmt: skip


def cifar(data: Path | None) -> Task:
    """Photographs, a row a step."""
    folder = outside_path(data, "cifar-10-batches-py")
    (X, y), (X_test, y_test) = (load_cifar10(folder, subset=part) for part in ("train", "test"))
    return Task(
        "CIFAR-10 by row", "32 rows of 32 x 3; the first 2,000 to train, the first 1,000 to test",
        _rows(np.concatenate([X[:2000], X_test[:1000]])), np.concatenate([y[:2000], y_test[:1000]]),
        [_first(2000, 3000)],
    )  # fmt: skip


def moving_digits(n: int = 300) -> Task:
    """Films of one digit that moves in one of four directions."""
    pictures = load_digits().images * 255 / 16
    films, ways = [], []
    for part, seed in ((pictures[:1198], 0), (pictures[1198:], 1)):
        way = np.random.default_rng(seed).integers(4, size=n)
        films.append(
            make_moving_digits(
                n, 8, 16, 1, digits=part, directions=way * np.pi / 2, random_state=seed
            )
        )
        ways.append(way)
    return Task(
        "moving digits",
        "8 frames of 16 x 16, made from scikit-learn's digits, by direction; other pictures in the "
        "test part",
        np.concatenate(films).astype(np.float32), np.concatenate(ways), [_first(n, 2 * n)],
    )  # fmt: skip


AT_HAND: dict[str, Callable[[], Task]] = {
    "sensor_faults": sensor_faults,
    "japanese_vowels": japanese_vowels,
    "basic_motions": basic_motions,
    "digit_rows": digit_rows,
    "moving_digits": moving_digits,
}
FROM_FILES: dict[str, Callable[[Path | None], Task]] = {
    "watch": watch,
    "hapt": hapt,
    "speech": speech,
    "fashion": fashion,
    "cifar": cifar,
}
TASKS = (*AT_HAND, *FROM_FILES)


def load_task(name: str, data: Path | None) -> Task:
    """Return a task; FileNotFoundError says which file it would need."""
    return AT_HAND[name]() if name in AT_HAND else FROM_FILES[name](data)


def _first(train: int, total: int) -> Fold:
    return np.arange(train), np.arange(train, total)


def _stratified_group_part(groups: np.ndarray) -> list[Fold]:
    splitter = GroupShuffleSplit(1, test_size=1 / 3, random_state=0)
    return list(splitter.split(groups, groups=groups))


def _rows(pictures: np.ndarray) -> np.ndarray:
    """Return pictures (n, C, H, W) as sequences of rows (n, H, C, 1, W)."""
    return pictures.transpose(0, 2, 1, 3)[:, :, :, None].astype(np.float32)


def _archive(
    name: str, note: str, load: Any, layout: Callable[[Any], np.ndarray], kind: str
) -> Task:
    (X, y), (X_test, y_test) = (
        load(split=part, return_X_y=True, return_type=kind) for part in ("train", "test")
    )
    both = np.concatenate([layout(X), layout(X_test)])
    return Task(name, note, both, np.concatenate([y, y_test]), [_first(len(y), len(both))])


def _padded(X: Any, steps: int) -> np.ndarray:
    rows = [np.stack([np.asarray(one, float) for one in row], axis=1) for row in X.to_numpy()]
    return np.stack([np.pad(row, ((steps - len(row), 0), (0, 0))) for row in rows])


def _samples(file: Path) -> np.ndarray:
    with wave.open(str(file)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
