"""Films as windows, and the errors of frames."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.moving_digits.films import references, scores, windows

FILMS = np.random.default_rng(0).integers(256, size=(3, 20, 1, 16, 24)).astype(np.uint8)


def test_a_film_is_one_window_and_what_follows() -> None:
    X, y = windows(FILMS)
    np.testing.assert_array_equal(np.asarray(X), FILMS[:, :10])
    np.testing.assert_array_equal(X.unflatten(np.asarray(y)), FILMS[:, 10:])


def test_errors_are_sums_over_a_frame() -> None:
    truth = FILMS[:, 10:] / 255
    error, likeness = scores(truth, truth + 0.1)
    np.testing.assert_allclose(error, 0.01 * 16 * 24)
    assert (scores(truth, truth)[1] == 1).all()
    assert (likeness < 1).all()


def test_persistence_repeats_the_tenth_frame() -> None:
    found = references(FILMS)["persistence"]
    np.testing.assert_array_equal(found, np.tile(FILMS[:, 9:10] / 255, (1, 10, 1, 1, 1)))


def test_a_blurred_mean_keeps_the_light_of_a_frame_and_spreads_it() -> None:
    films = np.zeros((1, 20, 1, 64, 64), np.uint8)
    films[:, :10, :, 30:34, 30:34] = 255
    mean, blurred = (
        references(films)[name] for name in ("mean of the frames seen", "that mean, blurred")
    )
    assert blurred.shape == mean.shape
    np.testing.assert_allclose(blurred.sum(axis=(2, 3, 4)), mean.sum(axis=(2, 3, 4)), rtol=1e-3)
    assert 0 < blurred.max() < mean.max() / 5
