"""Structural similarity of maps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from stforecast._validation import check_integer, check_number
from stforecast.exceptions import ShapeError
from stforecast.metrics._pairs import match_shapes


def ssim_per_frame(
    y_true: Any, y_pred: Any, *, data_range: float, window_size: int = 7
) -> NDArray[np.float64]:
    r"""Return the structural similarity of every pair of maps.

    It compares mean, contrast and pattern in a small square around each cell, and so punishes the
    blur that squared error rewards. 1 means equal maps.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (..., H, W)
        Maps, e.g. ``X.unflatten(y)`` of shape (n, horizon, C, H, W).
    data_range : float
        Distance between the least and the greatest value that a map can take, in its units: 255
        for 8-bit images, 1 for shares. It sets what counts as a small difference.
    window_size : int, default=7
        Cells a side of the square, an odd number.

    Returns
    -------
    ndarray of shape (...)
        Mean similarity of each map, at most 1.

    Raises
    ------
    ShapeError
        If the shapes differ or a map is smaller than the square.
    ValueError
        If `data_range` is not positive or `window_size` not an odd integer.

    Notes
    -----
    With means m, variances v and covariance c of the square (divided by its cells less one),
    ``C1 = (0.01 L)^2``, ``C2 = (0.03 L)^2`` and L the data range,

    .. math:: \frac{(2 m_x m_y + C_1)(2 c_{xy} + C_2)}{(m_x^2 + m_y^2 + C_1)(v_x + v_y + C_2)}

    is averaged over the squares that lie within the map. These are the equations, and the choices,
    of scikit-image's ``structural_similarity`` by default, as most papers on next-frame prediction
    report it; the original paper weights the square by a Gaussian. NaN anywhere in a map makes it
    NaN. The cost is linear in the cells, whatever the size of the square.

    References
    ----------
    .. [1] Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image quality assessment: from
       error visibility to structural similarity", IEEE Transactions on Image Processing 13, 2004,
       https://doi.org/10.1109/TIP.2003.819861.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.metrics import ssim_per_frame
    >>> maps = np.arange(2 * 64.0).reshape(2, 8, 8)
    >>> ssim_per_frame(maps, maps, data_range=255)
    array([1., 1.])
    >>> ssim_per_frame(maps, maps[:, ::-1], data_range=255).round(2)
    array([-0.75, -0.77])
    """
    truth, forecast = match_shapes({"y_true": y_true, "y_pred": y_pred})
    size = check_integer("window_size", window_size, 3)
    span = check_number("data_range", data_range, 0, open_low=True)
    _check_maps(truth, size)
    mean_x, mean_y = _local_mean(truth, size), _local_mean(forecast, size)
    # variances and covariance as mean of products less product of means, over cells less one
    unbiased = size**2 / (size**2 - 1)
    var_x = unbiased * (_local_mean(truth * truth, size) - mean_x * mean_x)
    var_y = unbiased * (_local_mean(forecast * forecast, size) - mean_y * mean_y)
    covariance = unbiased * (_local_mean(truth * forecast, size) - mean_x * mean_y)
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    likeness /= (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    mean: NDArray[np.float64] = np.asarray(likeness.mean(axis=(-2, -1)))
    return mean


def _local_mean(maps: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return the mean of each square that lies within its map."""
    # within half a square of the border the centred filter reads beyond the map
    edge = size // 2
    rows = uniform_filter1d(maps, size, axis=-2)[..., edge:-edge, :]
    squares: NDArray[np.float64] = uniform_filter1d(rows, size, axis=-1)[..., edge:-edge]
    return squares


def _check_maps(truth: NDArray[Any], size: int) -> None:
    if size % 2 == 0:
        raise ValueError(f"window_size must be odd, so that the square has a centre, got {size}.")
    if truth.ndim < 2 or min(truth.shape[-2:]) < size:
        raise ShapeError(
            f"Maps must be at least window_size = {size} cells high and wide, got shape "
            f"{truth.shape}. Use a smaller window_size."
        )
