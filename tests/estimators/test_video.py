"""Clips from files to classes, and augmentation on the way."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from stforecast.datasets import load_video_folder
from stforecast.estimators import (
    CNNLSTMClassifier,
    CNNLSTMLayers,
    ConvLSTMClassifier,
    ConvLSTMForecaster,
    ConvLSTMLayers,
    DenseDecoder,
    FrameAugmentation,
    ParallelCNNLSTMClassifier,
    ParallelLayers,
    Training,
)
from stforecast.nn.augmentation import FrameAugment
from tests.estimators.data import map_windows, small

WAYS = {"down": (1, 0), "left": (0, -1), "right": (0, 1), "up": (-1, 0)}


def write_clip(path: Path, way: tuple[int, int], start: int, frames: int = 6) -> None:
    """A bar that moves four pixels a frame and comes back on the other side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.height = stream.width = 32
        stream.pix_fmt, stream.bit_rate = "yuv420p", 2_000_000
        for t in range(frames):
            picture = np.zeros((32, 32, 3), np.uint8)
            lit = (np.arange(start, start + 6) + 4 * t * sum(way)) % 32
            picture[lit if way[0] else slice(None), slice(None) if way[0] else lit] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for name, way in WAYS.items():
        for start in range(32):
            write_clip(folder / name / f"{start:02}.mp4", way, start)
    X, y, _ = load_video_folder(folder, n_frames=6, size=8, colour="gray")
    order = np.random.default_rng(0).permutation(len(y))
    return X[order], y[order]


def watcher() -> ConvLSTMClassifier:
    return ConvLSTMClassifier(
        8, 3, decoder=DenseDecoder(pooling="average"), lr=0.02, max_epochs=30, batch_size=16,
        training=Training(validation_fraction=0), random_state=0, device="cpu",
    )  # fmt: skip


def shuffled(X: np.ndarray, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return np.stack([clip[draw.permutation(len(clip))] for clip in np.asarray(X)])


def test_a_convlstm_tells_where_a_bar_moves_and_guesses_without_the_order_of_frames(clips) -> None:
    X, y = clips
    train, held = slice(88), slice(88, None)
    assert watcher().fit(X[train], y[train]).score(X[held], y[held]) >= 0.95
    blind = watcher().fit(shuffled(X[train], 0), y[train])
    guesses = np.array([blind.predict(shuffled(X[held], seed)) for seed in range(1, 6)])
    # any frame tells whether the bar lies or stands; which of two ways it goes, only their order
    lies = np.isin(y[held], ["down", "up"])
    assert (np.isin(guesses, ["down", "up"]) == lies).mean() > 0.95
    assert (guesses == y[held]).mean() < 0.6


@pytest.mark.parametrize(
    "option",
    [
        FrameAugmentation(crop=1),
        FrameAugmentation(flip_rows=True),
        FrameAugmentation(flip_columns=True),
        FrameAugmentation(rotate=True),
        FrameAugmentation(angle=20.0),
        FrameAugmentation(size=3),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("kind", "wrap"),
    [
        (ConvLSTMClassifier, lambda part: ConvLSTMLayers(augmentation=part)),
        (CNNLSTMClassifier, lambda part: CNNLSTMLayers(augmentation=part)),
        (
            ParallelCNNLSTMClassifier,
            lambda part: ParallelLayers(branches=CNNLSTMLayers(augmentation=part)),
        ),
    ],
)
def test_each_change_is_in_the_network_and_changes_what_is_learned(kind, wrap, option) -> None:
    X = np.random.default_rng(0).normal(size=(24, 3, 1, 4, 4))
    y = np.arange(24) % 2
    params = {"max_epochs": 2, "random_state": 0, "device": "cpu"}
    plain, changed = (
        kind(layers=wrap(part), **params).fit(X, y) for part in (FrameAugmentation(), option)
    )
    assert np.abs(plain.predict_proba(X) - changed.predict_proba(X)).max() > 1e-6
    assert FrameAugment in {type(module) for module in changed.net_.module_.modules()}
    np.testing.assert_array_equal(changed.predict_proba(X), changed.predict_proba(X))


def test_a_network_behind_crops_sees_frames_of_their_size() -> None:
    X = np.random.default_rng(0).normal(size=(24, 3, 1, 6, 6))
    layers = ConvLSTMLayers(augmentation=FrameAugmentation(size=(3, 4)))
    model = ConvLSTMClassifier(2, 1, layers=layers, max_epochs=1, random_state=0, device="cpu")
    model.fit(X, np.arange(24) % 2)
    assert model.net_.module_.head.features.frame == (2, 3, 4)
    outside = X.copy()
    outside[..., :1, :], outside[..., :1], outside[..., 4:, :] = 9.0, 9.0, 9.0
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(outside))


def test_maps_rolled_out_cannot_be_augmented() -> None:
    layers = ConvLSTMLayers(augmentation=FrameAugmentation(flip_rows=True))
    with pytest.raises(ValueError, match="states of a ConvLSTM that runs one way, got Augmented"):
        small(ConvLSTMForecaster, decoder="rollout", layers=layers).fit(*map_windows())


@pytest.mark.parametrize(
    ("part", "error", "match"),
    [
        (FrameAugmentation(crop=-1), ValueError, "crop must be an integer of at least 0"),
        (FrameAugmentation(size=4), ValueError, "size must not exceed .* 3x4, got 4x4. Lower it"),
        (FrameAugmentation(size=0), ValueError, "size must be an integer of at least 1"),
        (
            FrameAugmentation(angle=200),
            ValueError,
            r"angle must be a number in \[0, 180\], got 200",
        ),
        (FrameAugmentation(rotate="yes"), ValueError, "rotate must be True or False"),
        ("flip", TypeError, "augmentation must be a FrameAugmentation or None, got 'flip'"),
    ],
    ids=str,
)
def test_what_augmentation_cannot_be(part, error, match) -> None:
    with pytest.raises(error, match=match):
        small(ConvLSTMForecaster, layers=ConvLSTMLayers(augmentation=part)).fit(*map_windows())
