"""Scores of several forecasts of one thing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stforecast._constraints import Flags
from stforecast._validation import as_floats
from stforecast.exceptions import ShapeError
from stforecast.metrics._pairs import Axis, Floats, as_axes, safe_ratio


def crps_ensemble(y_true: Any, members: Any, *, fair: bool = False, axis: Axis = None) -> Any:
    """Return the continuous ranked probability score of an ensemble (CRPS).

    It is the absolute error where there is one member, and rewards an ensemble as wide as its
    errors where there are several.

    Parameters
    ----------
    y_true : array-like
        Truth, of any shape. NaN is left out, and so is what some member lacks.
    members : array-like of shape (m, ...)
        Forecasts, one after the other along the first axis.
    fair : bool, default=False
        Whether to judge as if there were any number of members, so that ensembles of different
        sizes compare; needs two.
    axis : int, sequence of int or None, default=None
        Axes of `y_true` to average over, all by default.

    Returns
    -------
    float or ndarray
        The mean score, in the units of the values; 0 is the best. NaN where nothing is there.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueError
        If `fair` is not a flag.

    See Also
    --------
    spread_skill : Whether an ensemble is as wide as its errors.

    Notes
    -----
    ``mean |x_i - y| - sum |x_i - x_j| / (2 m^2)``, over ``2 m (m - 1)`` where fair. Members are
    sorted, so that it costs m log m.

    References
    ----------
    .. [1] Hersbach (2000), Decomposition of the Continuous Ranked Probability Score,
       https://doi.org/10.1175/1520-0434(2000)015<0559:DOTCRP>2.0.CO;2.
    .. [2] Ferro (2014), Fair scores for ensemble forecasts, https://doi.org/10.1002/qj.2270.

    Examples
    --------
    >>> from stforecast.metrics import crps_ensemble
    >>> crps_ensemble([1.0, 2.0], [[0.0, 2.0], [2.0, 2.0]])
    0.25
    """
    Flags().check("fair", fair)
    truth, ensemble, present = _as_ensemble(y_true, members, least=2 if fair else 1)
    m = len(ensemble)
    # Half the mean distance of two members, in m log m instead of m^2: in the sum of all distances
    # the member at place r from the least counts 2 r - (m - 1) times.
    ranks = 2.0 * np.arange(m) - (m - 1)
    width = np.tensordot(ranks, np.sort(ensemble, axis=0), 1) / (m * (m - 1 if fair else m))
    score = np.abs(ensemble - truth).mean(axis=0) - width
    return _mean(score, present, axis)


def spread_skill(y_true: Any, members: Any, *, axis: Axis = None) -> tuple[Any, Any]:
    """Return the spread of an ensemble and the error of its mean, which should be the same.

    Parameters
    ----------
    y_true : array-like
        Truth, of any shape. NaN is left out, and so is what some member lacks.
    members : array-like of shape (m, ...)
        At least two forecasts, one after the other along the first axis.
    axis : int, sequence of int or None, default=None
        Axes of `y_true` to average over, all by default.

    Returns
    -------
    spread : float or ndarray
        Root of the mean variance of the members, ``sqrt((m + 1) / m)`` times, in the units of the
        values.
    error : float or ndarray
        Root mean squared error of their mean.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    See Also
    --------
    crps_ensemble : One number for both.

    Notes
    -----
    A ratio of spread to error below 1 is an ensemble too sure of itself. The factor makes it 1 for
    members drawn from where the truth was drawn, however few they are.

    References
    ----------
    .. [1] Fortin et al. (2014), Why Should Ensemble Spread Match the RMSE of the Ensemble Mean?,
       https://doi.org/10.1175/JHM-D-14-0008.1.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.metrics import spread_skill
    >>> draws = np.random.default_rng(0).normal(size=(6, 100_000))
    >>> spread, error = spread_skill(draws[0], draws[1:])
    >>> round(spread / error, 2)
    1.0
    """
    truth, ensemble, present = _as_ensemble(y_true, members, least=2)
    m = len(ensemble)
    # the error holds the spread of the truth and that of a mean of m members: (1 + 1 / m) of it
    variance = ensemble.var(axis=0, ddof=1) * (m + 1) / m
    square = (ensemble.mean(axis=0) - truth) ** 2
    spread, error = (np.sqrt(_mean(values, present, axis)) for values in (variance, square))
    return (float(spread), float(error)) if np.ndim(spread) == 0 else (spread, error)


def _as_ensemble(y_true: Any, members: Any, least: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return truth and members, numbers in the place of gaps, and where there is none."""
    truth, ensemble = as_floats("y_true", y_true), as_floats("members", members)
    if not ensemble.ndim or ensemble.shape[1:] != truth.shape or len(ensemble) < least:
        raise ShapeError(
            f"members must have shape (m, *y_true.shape) with m of at least {least}, here "
            f"{_shape_text('m', *truth.shape)}, got {ensemble.shape}. Stack the forecasts along a "
            "new first axis."
        )
    present = ~(np.isnan(truth) | np.isnan(ensemble).any(axis=0))
    return np.where(present, truth, 0.0), np.where(present, ensemble, 0.0), present


def _shape_text(*sizes: int | str) -> str:
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(map(str, sizes))})"


def _mean(values: Floats, present: NDArray[np.bool_], axis: Axis) -> Any:
    axes = as_axes(axis, values.ndim)
    return safe_ratio(np.where(present, values, 0.0).sum(axis=axes), present.sum(axis=axes))
