"""The fractions skill score: events in the right place, more or less."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from stforecast._validation import check_integer, check_number
from stforecast.exceptions import ShapeError
from stforecast.metrics._pairs import Axis, Floats, as_axes, as_pair, safe_ratio


def fractions_skill_score(
    y_true: Any, y_pred: Any, threshold: float, scale: int, *, axis: Axis = None
) -> Any:
    """Return how alike the shares of events around each cell are (FSS).

    Scores of single cells punish a shower forecast one cell off twice, as a miss and as a false
    alarm; this one asks how many cells in a square have the event.

    Parameters
    ----------
    y_true : array-like of shape (..., H, W)
        True maps. A cell that is NaN is not scored.
    y_pred : array-like of the shape of `y_true`
        Forecast maps.
    threshold : float
        Values of at least this are events.
    scale : int
        Rows and columns of the square, in cells; 1 compares cell by cell.
    axis : int, sequence of int or None, default=None
        Axes to sum over, all by default. Of maps (n, steps, C, H, W), ``(0, 2, 3, 4)`` gives a
        score for each step.

    Returns
    -------
    float or ndarray
        From 0 to 1, the best; NaN where there was no event.

    Raises
    ------
    ShapeError
        If the shapes differ, or the arrays are not maps.

    Notes
    -----
    With the shares o and p of events in the square around each cell,
    ``1 - sum((p - o)^2) / (sum(p^2) + sum(o^2))``. Cells beyond the border, and those without a
    value, count as no event.

    References
    ----------
    .. [1] Roberts, Lean (2008), Scale-Selective Verification of Rainfall Accumulations from
       High-Resolution Forecasts of Convective Events, https://doi.org/10.1175/2007MWR2123.1.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.metrics import fractions_skill_score
    >>> truth, forecast = np.zeros((2, 9, 9))
    >>> truth[4, 4] = forecast[4, 5] = 1  # one cell off
    >>> [round(fractions_skill_score(truth, forecast, 1, scale), 2) for scale in (1, 3, 5)]
    [0.0, 0.67, 0.8]
    """
    truth, forecast, present = as_pair(y_true, y_pred)
    if truth.ndim < 2:
        raise ShapeError(
            f"Maps must have rows and columns as their last axes, (..., H, W), got {truth.shape}. "
            "Shape them with X.unflatten."
        )
    limit, size = (
        check_number("threshold", threshold, float("-inf")),
        check_integer("scale", scale, 1),
    )
    events, warnings = (_shares(present & (y >= limit), size) for y in (truth, forecast))
    axes = as_axes(axis, truth.ndim)
    distance = np.sum(present * (events - warnings) ** 2, axis=axes)
    # the distance of shares that never overlap, the most there can be
    most = np.sum(present * (events**2 + warnings**2), axis=axes)
    return 1 - safe_ratio(distance, most)


def _shares(events: NDArray[np.bool_], size: int) -> Floats:
    """Return the share of events in the square around each cell."""
    # mode "constant" counts cells beyond the border as cells without an event
    rows = uniform_filter1d(events.astype(np.float64), size, axis=-2, mode="constant")
    shares: Floats = uniform_filter1d(rows, size, axis=-1, mode="constant")
    return shares
