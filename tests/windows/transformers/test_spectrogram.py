"""Signals as frames of frequencies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stforecast.exceptions import ShapeError
from stforecast.windows import Flatten, Framewise, Spectrogram, Windows, make_windows

RNG = np.random.default_rng(0)
SIGNAL = RNG.normal(size=(400, 2))


def windows(lookback: int = 60) -> Windows:
    return make_windows(SIGNAL, lookback=lookback, stride=7)[0]


def power_by_hand(samples: np.ndarray, nperseg: int, noverlap: int) -> np.ndarray:
    """Return (frames, frequencies) from the sums of the definition, no fast transform."""
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(nperseg) / nperseg)  # a periodic Hann window
    hop, rows = nperseg - noverlap, []
    for start in range(0, len(samples) - nperseg + 1, hop):
        piece = samples[start : start + nperseg] * taper
        row = []
        for k in range(nperseg // 2 + 1):
            turns = np.exp(-2j * np.pi * k * np.arange(nperseg) / nperseg)
            # one-sided: each frequency but the first, and the last of an even frame, occurs twice
            twice = 1 if k == 0 or 2 * k == nperseg else 2
            row.append(twice * abs((piece * turns).sum()) ** 2 / taper.sum() ** 2)
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize(("nperseg", "noverlap"), [(16, 8), (15, 0), (20, 19), (60, 30)])
def test_powers_are_those_of_the_definition(nperseg: int, noverlap: int) -> None:
    X = windows()
    found = np.asarray(Spectrogram(nperseg, noverlap, dynamic_range=None).fit_transform(X))
    for window, sample in ((0, 0), (11, 1)):
        expected = power_by_hand(np.asarray(X)[window, :, sample], nperseg, noverlap)
        np.testing.assert_allclose(found[window, :, sample, :, 0], expected, atol=1e-12)


def test_decibels_are_below_the_loudest_cell_of_fit_and_end_at_silence() -> None:
    X = windows()
    power = np.asarray(Spectrogram(16, dynamic_range=None).fit_transform(X))
    loud = Spectrogram(16, dynamic_range=30).fit(X)
    assert loud.reference_ == power.max()
    expected = np.maximum(10 * np.log10(power / power.max()), -30)
    np.testing.assert_allclose(np.asarray(loud.transform(X)), expected, atol=1e-9)
    assert expected.min() == -30
    again = np.asarray(loud.transform(np.asarray(X[:3]) * 10))
    inside = expected[:3] > -30
    np.testing.assert_allclose(again[inside], expected[:3][inside] + 20)


def test_a_pure_tone_lights_up_its_own_cell() -> None:
    tone = np.sin(2 * np.pi * 5 / 32 * np.arange(256))
    frames = Spectrogram(32).fit_transform(tone[None])
    assert frames.shape == (1, 15, 1, 17, 1)
    assert (frames[0, :, 0, :, 0].argmax(axis=1) == 5).all()


def test_lazy_windows_stay_lazy_and_equal_those_of_arrays() -> None:
    X = windows()
    transformer = Spectrogram(16).fit(X)
    lazy = transformer.transform(X)
    assert isinstance(lazy, Windows)
    assert lazy.shape == (len(X), 6, 2, 9, 1)
    assert lazy.base is X.base
    np.testing.assert_array_equal(np.asarray(lazy), transformer.transform(np.asarray(X)))
    np.testing.assert_array_equal(np.asarray(lazy[[4, 1]]), np.asarray(lazy)[[4, 1]])
    assert np.asarray(lazy[:0]).shape == (0, 6, 2, 9, 1)


def test_frames_go_on_through_other_transformers() -> None:
    X = Spectrogram(16).fit_transform(windows())
    scaled = np.asarray(Framewise().fit_transform(X))
    np.testing.assert_allclose(scaled.mean(axis=(0, 1)), 0, atol=1e-12)
    assert Flatten().fit_transform(X).shape == (len(X), 6 * 2 * 9)


@pytest.mark.parametrize(
    ("given", "made"), [(np.float32, np.float32), (np.int16, np.float64), (np.float64, np.float64)]
)
def test_precision_is_that_of_the_signal(given: Any, made: Any) -> None:
    X = (1000 * RNG.normal(size=(3, 64))).astype(given)
    for span in (None, 60.0):
        assert Spectrogram(16, dynamic_range=span).fit_transform(X).dtype == made


def test_silence_has_no_loudest_cell_and_is_all_alike() -> None:
    transformer = Spectrogram(8).fit(np.zeros((2, 32)))
    assert transformer.reference_ == 1
    assert (transformer.transform(np.zeros((1, 32))) == -80).all()


def test_without_a_length_frames_have_256_samples_or_the_whole_window() -> None:
    assert Spectrogram().fit_transform(np.ones((1, 1024))).shape == (1, 7, 1, 129, 1)
    assert Spectrogram().fit_transform(np.ones((1, 100))).shape == (1, 1, 1, 51, 1)


def test_the_taper_is_that_of_its_name() -> None:
    X = RNG.normal(size=(2, 64))
    hann, box = (Spectrogram(16, window=name).fit_transform(X) for name in ("hann", "boxcar"))
    assert np.abs(hann - box).max() > 0.1


@pytest.mark.parametrize(
    ("transformer", "message"),
    [
        (Spectrogram(61), r"needs windows of at least 61 samples, got 60\. Lower nperseg"),
        (Spectrogram(0), "nperseg must be an integer of at least 1 or None, got 0"),
        (Spectrogram(8, 8), "noverlap must be below nperseg=8, got 8"),
        (Spectrogram(8, -1), "noverlap must be an integer of at least 0 or None, got -1"),
        (Spectrogram(8, dynamic_range=0), r"dynamic_range must be a number above 0 or None, got 0"),
        (Spectrogram(8, window="none"), "scipy.signal.get_window knows, got 'none'. Use 'hann'"),
        (Spectrogram(8, window=3.5j), r"window must be the name of a taper.*got 3\.5j"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(transformer: Spectrogram, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        transformer.fit(windows())


def test_maps_have_no_spectrogram() -> None:
    with pytest.raises(ShapeError, match=r"these are \(3, 4\) maps\. Put it before"):
        Spectrogram(4).fit(np.zeros((2, 8, 1, 3, 4)))
