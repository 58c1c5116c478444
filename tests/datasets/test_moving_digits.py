from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast.datasets import make_moving_digits
from stforecast.datasets._moving_digits import _corners
from tests.datasets.oracles import walk_and_bounce

SPOT = np.full((1, 1, 1), 200, dtype=np.uint8)


def test_films_have_frames_of_one_channel():
    films = make_moving_digits(4, n_frames=7, size=40, n_digits=3, random_state=0)
    assert films.shape == (4, 7, 1, 40, 40)
    assert films.dtype == np.uint8
    assert films.max() == 255


def test_a_seed_gives_the_same_films_and_another_others():
    first, same, other = (make_moving_digits(3, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_films_differ_and_move():
    films = make_moving_digits(10, random_state=0)
    assert len({film.tobytes() for film in films}) == 10
    assert (films[:, 1:] != films[:, :-1]).any(axis=(2, 3, 4)).all()


def test_a_digit_keeps_its_picture_wherever_it_is():
    picture = np.arange(1, 7, dtype=np.uint8).reshape(1, 2, 3)
    films = make_moving_digits(5, n_frames=30, size=9, n_digits=1, digits=picture, random_state=0)
    for frame in films.reshape(-1, 9, 9):
        rows, columns = np.nonzero(frame)
        box = frame[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        np.testing.assert_array_equal(box, picture[0])


def test_where_digits_cross_the_brighter_pixel_shows():
    pictures = np.array([[[100]], [[250]]], dtype=np.uint8)
    films = make_moving_digits(200, 1, size=1, n_digits=2, digits=pictures, random_state=0)
    share = (films == 250).mean()
    assert set(np.unique(films)) == {100, 250}
    assert 0.65 < share < 0.85


@given(
    start=st.floats(0.0, 1.0),
    angle=st.floats(0.0, 6.3),
    frames=st.integers(1, 60),
)
def test_a_path_is_a_walk_that_turns_at_the_walls(start, angle, frames):
    free = np.array([10**6, 10**6])
    corners = _corners(np.full((1, 1, 2), start), np.array([[angle]]), frames, free)[0, 0]
    down = walk_and_bounce(start, 0.1 * np.sin(angle), frames)
    right = walk_and_bounce(start, 0.1 * np.cos(angle), frames)
    np.testing.assert_allclose(corners / 1e6, np.stack([down, right], axis=1), atol=2e-6)


def test_directions_say_where_digits_set_out():
    def shifts(angle: float) -> np.ndarray:
        films = make_moving_digits(
            50, 2, size=101, n_digits=1, digits=SPOT, directions=np.full(50, angle), random_state=0
        )
        places = np.argwhere(films)[:, [0, 1, 3, 4]].reshape(50, 2, 4)[:, :, 2:]
        return np.median(places[:, 1] - places[:, 0], axis=0)

    np.testing.assert_array_equal(shifts(0.0), [0, 10])
    np.testing.assert_array_equal(shifts(np.pi / 2), [10, 0])
    np.testing.assert_array_equal(shifts(np.pi), [0, -10])


def test_each_digit_may_have_its_own_direction():
    own = make_moving_digits(3, directions=np.zeros((3, 2)), random_state=0)
    shared = make_moving_digits(3, directions=np.zeros(3), random_state=0)
    np.testing.assert_array_equal(own, shared)


def test_a_digit_as_large_as_the_frame_stands_still():
    films = make_moving_digits(2, size=28, n_digits=1, random_state=0)
    np.testing.assert_array_equal(films, np.broadcast_to(films[:, :1], films.shape))


@pytest.mark.parametrize("name", ["n_sequences", "n_frames", "size", "n_digits"])
@pytest.mark.parametrize("value", [0, 1.5, "2"])
def test_numbers_must_be_positive_integers(name, value):
    numbers = {"n_sequences": 2, name: value}
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1, got {value!r}"):
        make_moving_digits(**numbers)


@pytest.mark.parametrize("shape", [(28, 28), (0, 28, 28), (2, 65, 28), (2, 28, 65), (2, 1, 28, 28)])
def test_digits_must_be_pictures_that_fit(shape):
    with pytest.raises(ValueError, match=r"digits must have shape \(N, h, w\).*size = 64, got"):
        make_moving_digits(1, digits=np.zeros(shape))


@pytest.mark.parametrize("value", [-1.0, 256.0, np.nan])
def test_digits_must_be_grey_values(value):
    with pytest.raises(ValueError, match="digits must hold grey values of 0 to 255"):
        make_moving_digits(1, digits=np.full((1, 8, 8), value))


def test_digits_must_be_numbers():
    with pytest.raises(ValueError, match="digits must hold grey values of 0 to 255, got <U3"):
        make_moving_digits(1, digits=np.full((1, 8, 8), "ink"))


def test_directions_must_fit_the_films():
    with pytest.raises(ValueError, match=r"directions must have shape \(3,\) or \(3, 2\).*\(2,\)"):
        make_moving_digits(3, directions=[0.0, 1.0])
