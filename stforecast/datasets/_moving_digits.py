"""Moving digits: short films of digits that drift and bounce."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from stforecast._constraints import SEED
from stforecast._validation import as_floats, check_integer

_DIGIT_SIZE = 28
_STEP = 0.1


def make_moving_digits(
    n_sequences: int,
    n_frames: int = 20,
    size: int = 64,
    n_digits: int = 2,
    *,
    digits: ArrayLike | None = None,
    directions: ArrayLike | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> NDArray[np.uint8]:
    """Make films of handwritten digits that move straight ahead and bounce off the walls.

    The usual trial of next-frame prediction: ten frames in, ten frames out. Each digit starts
    anywhere, moves in a direction of its own and is reflected at the walls; where digits cross,
    the brighter pixel shows.

    Parameters
    ----------
    n_sequences : int
        Number of films.
    n_frames : int, default=20
        Frames in each film.
    size : int, default=64
        Height and width of a frame, in pixels.
    n_digits : int, default=2
        Digits in each film.
    digits : array-like of shape (N, h, w), default=None
        Grey pictures of 0 to 255 to draw from, such as MNIST's (see `load_idx`). By default
        scikit-learn's 1,797 digits of 8 x 8, enlarged to 28 x 28: easier than MNIST, so errors on
        them do not compare with published ones. Pass different pictures for training and test.
    directions : array-like of shape (n_sequences,) or (n_sequences, n_digits), default=None
        Angle in radians in which each digit sets out, 0 to the right and pi/2 down; drawn at
        random by default. Give it to make films whose label is their direction.
    random_state : int, RandomState instance or None, default=None
        Seed of pictures, places and directions; an int gives the same films at every call.

    Returns
    -------
    ndarray of shape (n_sequences, n_frames, 1, size, size), uint8
        The films, 0 (black) to 255.

    Raises
    ------
    ValueError
        If a number is too small, `digits` are not pictures that fit into a frame, or `directions`
        are not one for each film or digit.

    Notes
    -----
    A digit of h x w moves in a free space of (size - h) x (size - w), by a tenth of it a frame, as
    in the generator of [1]_. A path is a straight line folded back at the walls, so no frame needs
    the one before it. A film of 20 frames at 64 x 64 takes 82 kB and about 0.3 ms.

    References
    ----------
    .. [1] N. Srivastava, E. Mansimov and R. Salakhutdinov, "Unsupervised Learning of Video
       Representations using LSTMs", ICML 2015. arXiv:1502.04681

    Examples
    --------
    >>> from stforecast.datasets import make_moving_digits
    >>> films = make_moving_digits(5, n_frames=10, random_state=0)
    >>> films.shape, films.dtype
    ((5, 10, 1, 64, 64), dtype('uint8'))
    """
    films = check_integer("n_sequences", n_sequences, 1)
    frames = check_integer("n_frames", n_frames, 1)
    size, count = check_integer("size", size, 1), check_integer("n_digits", n_digits, 1)
    pictures = _enlarge_digits() if digits is None else np.asarray(digits)
    _check_pictures(pictures, size)
    SEED.check("random_state", random_state)
    rng = check_random_state(random_state)
    picks = pictures[rng.randint(len(pictures), size=(films, count))]  # (film, digit, h, w)
    start = rng.uniform(size=(films, count, 2))
    draws = rng.uniform(0.0, 2.0 * np.pi, size=(films, count))
    angles = draws if directions is None else _digit_angles(directions, films, count)
    free = size - np.array(pictures.shape[1:])  # cells over which a corner can move
    return _draw(picks.astype(np.uint8), _corners(start, angles, frames, free), size)


def _enlarge_digits() -> NDArray[np.uint8]:
    """Return scikit-learn's digits, 8 x 8 of 0 to 16, as 28 x 28 of 0 to 255, interpolated."""
    from sklearn.datasets import load_digits

    images = np.asarray(load_digits().images, dtype=np.float64)
    cells = np.arange(images.shape[1])
    places = np.linspace(0, cells[-1], _DIGIT_SIZE)
    # interpolation is linear in the values, so one matrix does it for rows and for columns
    weights = np.stack([np.interp(places, cells, unit) for unit in np.eye(len(cells))], axis=1)
    return np.rint(weights @ images @ weights.T * (255.0 / 16.0)).astype(np.uint8)


def _check_pictures(pictures: NDArray[np.generic], size: int) -> None:
    if pictures.ndim != 3 or not pictures.size or max(pictures.shape[1:]) > size:
        raise ValueError(
            f"digits must have shape (N, h, w) with at least one picture and h, w of at most "
            f"size = {size}, got {pictures.shape}. Reshape them or enlarge the frame."
        )
    if pictures.dtype.kind not in "uif":
        raise ValueError(f"digits must hold grey values of 0 to 255, got {pictures.dtype}.")
    if not (pictures.min() >= 0 and pictures.max() <= 255):  # so that NaN fails too
        raise ValueError(
            f"digits must hold grey values of 0 to 255, got {pictures.min()} to "
            f"{pictures.max()}. Rescale them."
        )


def _digit_angles(directions: ArrayLike, films: int, count: int) -> NDArray[np.float64]:
    angles = as_floats("directions", directions)
    if angles.shape == (films,):
        return np.broadcast_to(angles[:, None], (films, count))
    if angles.shape == (films, count):
        return angles
    raise ValueError(
        f"directions must have shape ({films},) or ({films}, {count}), one angle a film or a "
        f"digit, got {angles.shape}."
    )


def _corners(
    start: NDArray[np.float64],
    angles: NDArray[np.float64],
    frames: int,
    free: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the upper left corner (film, digit, frame, [row, column]) of each digit."""
    step = _STEP * np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    # a path that bounces off walls at 0 and 1 is a straight one, folded back at every whole number
    straight = start[:, :, None] + np.arange(frames)[:, None] * step[:, :, None]
    folded = 1.0 - np.abs(1.0 - straight % 2.0)
    return np.rint(folded * free).astype(np.int64)


def _draw(pictures: NDArray[np.uint8], corners: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """Paint pictures (film, digit, h, w) at their corners, the brighter pixel on top."""
    films, count, h, w = pictures.shape
    frames = corners.shape[2]
    canvas = np.zeros((films, frames, 1, size, size), dtype=np.uint8)
    film = np.arange(films)[:, None, None]
    for digit in range(count):
        for frame in range(frames):
            row, column = corners[:, digit, frame].T
            place = (  # broadcasts to [films, h, w]
                film,
                frame,
                0,
                row[:, None, None] + np.arange(h)[:, None],
                column[:, None, None] + np.arange(w),
            )
            canvas[place] = np.maximum(canvas[place], pictures[:, digit])
    return canvas
