"""How much better than a forecast that costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mean_squared_error

from stforecast.metrics._pairs import Axis, as_axes, match_shapes, safe_ratio


def skill_score(
    y_true: Any,
    y_pred: Any,
    y_reference: Any,
    *,
    metric: Callable[[Any, Any], float] = mean_squared_error,
) -> float:
    """Return the share of a reference forecast's error that a forecast avoids.

    1 is a perfect forecast, 0 one no better than the reference, a negative value a worse one.

    Parameters
    ----------
    y_true : array-like of shape (n,) or (n, outputs)
        Targets. Entries that are NaN are left out.
    y_pred : array-like of the shape of `y_true`
        The forecast to be judged.
    y_reference : array-like of the shape of `y_true`
        The forecast to beat, e.g. that of `stforecast.estimators.Persistence`.
    metric : callable, default=sklearn.metrics.mean_squared_error
        An error, ``metric(y_true, y_pred)``, that is 0 for a perfect forecast. It is given all
        entries in one axis.

    Returns
    -------
    float
        ``1 - metric(y_true, y_pred) / metric(y_true, y_reference)``.

    Raises
    ------
    TypeError
        If the metric is not a function.
    ShapeError
        If the shapes differ.
    ValueError
        If the reference is perfect, so that it leaves no error to avoid, or no target is left.

    See Also
    --------
    stforecast.estimators.Persistence : The forecast that the last value stays.

    References
    ----------
    .. [1] A. H. Murphy, "Skill scores based on the mean square error and their relationships to
       the correlation coefficient", Monthly Weather Review 116, 1988,
       https://doi.org/10.1175/1520-0493(1988)116<2417:SSBOTM>2.0.CO;2.

    Examples
    --------
    >>> from stforecast.metrics import skill_score
    >>> skill_score([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], [3.0, 2.0, 3.0])
    0.75
    """
    if not callable(metric) or isinstance(metric, type):  # a class is callable too
        raise TypeError(
            f"metric must be a function of truth and forecast, got {metric!r}. Pass one of "
            "sklearn.metrics."
        )
    truth, forecast, reference = match_shapes(
        {"y_true": y_true, "y_pred": y_pred, "y_reference": y_reference}
    )
    present = ~np.isnan(truth)
    if not present.any():
        raise ValueError("skill_score needs at least one target that is not NaN, got none.")
    free = metric(truth[present], reference[present])
    if free == 0:
        raise ValueError(
            "Skill is measured against the error of y_reference, but that is 0. Use another "
            "reference, or report the error itself."
        )
    return float(1 - metric(truth[present], forecast[present]) / free)


def skill_map(y_true: Any, y_pred: Any, y_reference: Any, *, axis: Axis = 0) -> NDArray[np.float64]:
    """Return the skill of a forecast of maps cell by cell.

    Parameters
    ----------
    y_true : array-like of shape (n, ...)
        True maps, such as ``X.unflatten(y)``. Entries that are NaN are left out.
    y_pred : array-like of the shape of `y_true`
        The forecast to be judged.
    y_reference : array-like of the shape of `y_true`
        The forecast to beat, e.g. that of `stforecast.estimators.Persistence`.
    axis : int or sequence of int, default=0
        Axes to average over: the samples. Of maps (n, steps, C, H, W), 0 keeps a map for each step
        and channel.

    Returns
    -------
    ndarray
        ``1 - MSE / MSE of the reference`` of each cell; NaN where no target is there, like land in
        a map of the sea, or where the reference is perfect.

    Raises
    ------
    ShapeError
        If the shapes differ.

    See Also
    --------
    skill_score : One number for all cells.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.metrics import skill_map
    >>> truth = np.ones((10, 1, 2))
    >>> forecast = truth + [[0.5, 2.0]]
    >>> skill_map(truth, forecast, np.zeros((10, 1, 2)))
    array([[ 0.75, -3.  ]])
    """
    truth, forecast, reference = match_shapes(
        {"y_true": y_true, "y_pred": y_pred, "y_reference": y_reference}
    )
    # both errors over the same entries, or a gap of one forecast would favour it
    present = ~(np.isnan(truth) | np.isnan(forecast) | np.isnan(reference))
    axes = as_axes(axis, truth.ndim)
    error, reference_error = (
        np.sum(np.square(truth - y), axis=axes, where=present) for y in (forecast, reference)
    )
    return np.asarray(1 - safe_ratio(error, reference_error))
