"""How much better than a forecast that costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mean_squared_error

from stforecast.exceptions import ShapeError
from stforecast.windows import Windows
from stforecast.windows._coercion import require_windows
from stforecast.windows.sources._labels import ColumnLabels


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
        The forecast to beat, e.g. `persistence` of the same windows.
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
        If the metric is no function.
    ShapeError
        If the shapes differ.
    ValueError
        If the reference is perfect, so that there is no error to avoid, or no target is left.

    See Also
    --------
    persistence : The forecast that the last value stays.

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
    if not callable(metric):
        raise TypeError(
            f"metric must be a function of truth and forecast, got {metric!r}. Pass one of "
            "sklearn.metrics."
        )
    truth, forecast, reference = (np.asarray(y, dtype=float) for y in (y_true, y_pred, y_reference))
    if not truth.shape == forecast.shape == reference.shape:
        raise ShapeError(
            f"y_true, y_pred and y_reference must have one shape, got {truth.shape}, "
            f"{forecast.shape} and {reference.shape}. Flatten them alike."
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


def persistence(X: Windows) -> NDArray[Any]:
    """Return the forecast that every target stays at its value at the origin.

    Parameters
    ----------
    X : Windows
        Windows as `make_windows` returns them, in the units of the targets: not scaled, not
        folded.

    Returns
    -------
    ndarray of shape (n, horizon * outputs)
        The last row of each window, repeated for each step.

    Raises
    ------
    TypeError
        If `X` is no `Windows`.
    ValueError
        If the targets are no columns of the windows.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.metrics import persistence, skill_score
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.arange(8.0), lookback=3, horizon=2)
    >>> persistence(X)
    array([[2., 2.],
           [3., 3.],
           [4., 4.],
           [5., 5.]])
    >>> skill_score(y, y - 1, persistence(X))
    0.6
    """
    require_windows("persistence", X)
    if X.target is None or X.target.horizon == 0 or X.steps:
        raise ValueError(
            "persistence needs windows as make_windows returns them, with a horizon of at least 1. "
            "Call it before any transformer."
        )
    last = replace(X, lookback=1, appended=()).batch(slice(None))[:, 0]
    last = last[:, _target_columns(X)]
    return np.tile(last.reshape(len(last), -1), (1, X.target.horizon))


def _target_columns(X: Windows) -> Any:
    """Return which channels of a window are its targets."""
    assert X.target is not None
    labels = X.target.labels
    names = labels.names if isinstance(labels, ColumnLabels) else ()
    if X.columns is not None and names and set(names) <= set(X.columns):
        return [X.columns.index(name) for name in names]
    if X.columns is None and X.target.frame == X.base.shape[1:]:
        return slice(None)
    raise ValueError(
        "persistence needs targets that are columns of the windows (or all channels of an array), "
        "so that it finds their last values. Repeat those yourself."
    )
