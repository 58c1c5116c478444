"""Made echoes of rain: cells that drift, grow and decay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from stforecast._constraints import SEED
from stforecast._validation import check_integer, check_number

# Rates below count as dry, in mm an hour.
DRY = 0.1


def make_rain_cells(
    n_sequences: int,
    n_frames: int = 20,
    size: int = 64,
    n_cells: int = 8,
    *,
    speed: float = 1.5,
    lifetime: float = 12.0,
    random_state: int | np.random.RandomState | None = None,
) -> NDArray[np.float32]:
    """Make films of rain cells that drift with a common wind, grow and decay.

    They are made, not measured: what moves can be forecast by moving it on, what grows and decays
    cannot, so that both show. Judge nothing about real rain by them.

    Parameters
    ----------
    n_sequences : int
        Number of films, each with a wind of its own.
    n_frames : int, default=20
        Frames in each film.
    size : int, default=64
        Height and width of a frame, in cells of the grid.
    n_cells : int, default=8
        Rain cells that live at a time, on average, in and around the frame.
    speed : float, default=1.5
        Mean speed of the wind, in cells of the grid a frame; each rain cell strays from it by a
        tenth.
    lifetime : float, default=12.0
        Mean life of a rain cell, in frames.
    random_state : int, RandomState instance or None, default=None
        Seed; an int gives the same films at every call.

    Returns
    -------
    ndarray of shape (n_sequences, n_frames, 1, size, size), float32
        Rates of rain in mm an hour; below 0.1 they are 0.

    Raises
    ------
    ValueError
        If a number is too small.

    See Also
    --------
    make_moving_digits : What moves and never changes.

    Notes
    -----
    A rain cell is a bell of up to 2 to 40 mm an hour, drawn by its logarithm, with a width of a
    24th to a 10th of the frame. With the share p of its life that has passed, its rate goes as
    ``sin(pi p)^2`` and its width as ``0.7 + 0.6 p``. Rates of cells add up. Every frame is a
    formula of time, so that no frame needs the one before it. A film of 20 frames at 64 x 64 takes
    330 kB and about 10 ms.

    Examples
    --------
    >>> from stforecast.datasets import make_rain_cells
    >>> films = make_rain_cells(3, n_frames=10, random_state=0)
    >>> films.shape, films.dtype
    ((3, 10, 1, 64, 64), dtype('float32'))
    """
    films = check_integer("n_sequences", n_sequences, 1)
    frames = check_integer("n_frames", n_frames, 1)
    side, count = check_integer("size", size, 1), check_integer("n_cells", n_cells, 1)
    wind = check_number("speed", speed, 0)
    life = check_number("lifetime", lifetime, 0, open_low=True)
    SEED.check("random_state", random_state)
    rng = check_random_state(random_state)
    rain = np.empty((films, frames, 1, side, side), np.float32)
    for film in rain:
        film[:, 0] = _film(rng, frames, side, count, wind, life)
    return rain


def _film(
    rng: np.random.RandomState, frames: int, side: int, count: int, speed: float, life: float
) -> NDArray[np.float64]:
    """Return one film (frames, side, side)."""
    span = frames + 2 * life  # from the first birth that may be seen
    born = max(1, round(count * span / life))  # so that about `count` live at a time
    ages = life * rng.uniform(0.5, 1.5, size=born)
    middle = rng.uniform(-life, frames + life, size=born)
    places = rng.uniform(-0.25, 1.25, size=(born, 2)) * side  # in the middle of life
    angle, strength = rng.uniform(0, 2 * np.pi), speed * rng.uniform(0.5, 1.5)
    stray = rng.normal(scale=0.1 * max(speed, 1e-9), size=(born, 2))
    drift = strength * np.array([np.sin(angle), np.cos(angle)]) + stray
    peaks = np.exp(rng.uniform(np.log(2.0), np.log(40.0), size=born))
    widths = side * rng.uniform(1 / 24, 1 / 10, size=born)
    t = np.arange(frames)[:, None] - middle  # [frames, born]
    phase = t / ages + 0.5  # 0 at birth, 1 at death
    rates = np.where((phase > 0) & (phase < 1), peaks * np.sin(np.pi * phase) ** 2, 0.0)
    reach = widths * (0.7 + 0.6 * phase.clip(0, 1))
    at = places + t[..., None] * drift  # [frames, born, (row, column)]
    down, across = (_bells(side, at[..., axis], reach) for axis in range(2))
    # a round bell is the product of one down and one across; cells add up
    film = np.einsum("tb,tbh,tbw->thw", rates, down, across)
    return np.where(film < DRY, 0.0, film)


def _bells(side: int, at: NDArray[np.float64], reach: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return bells along one axis, (frames, born, side)."""
    away = np.arange(side) - at[..., None]
    bells: NDArray[np.float64] = np.exp(-0.5 * (away / reach[..., None]) ** 2)
    return bells
