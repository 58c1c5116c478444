"""How much of a map lies at which wavelength."""

from __future__ import annotations

from typing import Any

import numpy as np

from stforecast._validation import as_floats, check_number
from stforecast.exceptions import ShapeError
from stforecast.metrics._pairs import Floats


def power_spectrum(maps: Any, *, spacing: float = 1.0) -> tuple[Floats, Floats]:
    """Return the radially averaged power spectrum of maps.

    A blurred forecast may have a small error; that it lost its small scales shows here.

    Parameters
    ----------
    maps : array-like of shape (..., H, W)
        Maps, at least 2 cells high and wide.
    spacing : float, default=1.0
        Distance between neighbouring cells, in the unit in which wavelengths are wanted.

    Returns
    -------
    frequency : ndarray of shape (K,)
        Waves a unit of distance, from 0; their inverses are wavelengths.
    power : ndarray of shape (..., K)
        Mean power at each frequency, over all directions. NaN of a map with gaps.

    Raises
    ------
    ShapeError
        If the arrays are not maps.

    Notes
    -----
    The power of a wave is the squared size of its Fourier coefficient over the number of cells, so
    that the power of white noise is its variance at every frequency. A ring holds the waves whose
    frequency, times the longer side of the map, rounds to the same whole number. There is no
    window against the jump from one border to the other.

    References
    ----------
    .. [1] Ruzanski, Chandrasekar (2011), Scale Filtering for Improved Nowcasting Performance in a
       High-Resolution X-Band Radar Network, https://doi.org/10.1109/TGRS.2010.2103946.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.metrics import power_spectrum
    >>> wave = np.tile(np.sin(2 * np.pi * np.arange(32) / 8), (32, 1))  # 8 cells long
    >>> frequency, power = power_spectrum(wave)
    >>> float(1 / frequency[power.argmax()])
    8.0
    """
    maps = as_floats("maps", maps)
    distance = check_number("spacing", spacing, 0, open_low=True)
    if maps.ndim < 2 or min(maps.shape[-2:]) < 2:
        raise ShapeError(
            f"maps must be at least 2 cells high and wide, (..., H, W), got shape {maps.shape}."
        )
    H, W = maps.shape[-2:]
    longer = max(H, W)
    down, across = np.meshgrid(np.fft.fftfreq(H), np.fft.fftfreq(W), indexing="ij")
    # number of the ring of each coefficient, [H, W]: waves along the longer side
    rings = np.rint(longer * np.hypot(down, across)).astype(int)
    count = (longer + 1) // 2  # from half the longer side on a ring lacks directions
    power = np.abs(np.fft.fft2(maps)) ** 2 / (H * W)
    means = [power[..., rings == ring].mean(axis=-1) for ring in range(count)]
    return np.arange(count) / (longer * distance), np.stack(means, axis=-1)
