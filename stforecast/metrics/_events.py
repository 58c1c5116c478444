"""Scores of events: whether a value reaches a threshold."""

from __future__ import annotations

from typing import Any

import numpy as np

from stforecast._validation import check_number
from stforecast.metrics._pairs import Axis, as_axes, as_pair, safe_ratio


def critical_success_index(y_true: Any, y_pred: Any, threshold: float, *, axis: Axis = None) -> Any:
    """Return the share of the events, seen or forecast, that were both (CSI, threat score).

    Parameters
    ----------
    y_true : array-like
        Truth, of any shape. NaN is left out.
    y_pred : array-like of the shape of `y_true`
        Forecast. NaN is left out.
    threshold : float
        Values of at least this are events, in the units of the values.
    axis : int, sequence of int or None, default=None
        Axes to count over, all by default. Of maps (n, steps, C, H, W), ``(0, 2, 3, 4)`` gives a
        score for each step.

    Returns
    -------
    float or ndarray
        From 0 to 1, the best; NaN where there was no event.

    Raises
    ------
    ShapeError
        If the shapes differ.
    ValueError
        If `threshold` is not finite, or `axis` numbers no axis of the arrays.

    See Also
    --------
    fractions_skill_score : Forgives small displacements.
    map_scorer : As `scoring=` of a search.

    Notes
    -----
    With hits h, misses m and false alarms f, ``h / (h + m + f)``. Counts are summed over the axes
    before they are divided.

    References
    ----------
    .. [1] Wilks (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., chapter 9.

    Examples
    --------
    >>> from stforecast.metrics import critical_success_index
    >>> critical_success_index([0.0, 2.0, 3.0, 4.0], [2.0, 0.0, 3.0, 4.0], threshold=1)
    0.5
    """
    hits, misses, alarms, _ = _counts(y_true, y_pred, threshold, axis)
    return safe_ratio(hits, hits + misses + alarms)


def probability_of_detection(
    y_true: Any, y_pred: Any, threshold: float, *, axis: Axis = None
) -> Any:
    """Return the share of the events seen that were forecast (POD, hit rate).

    Parameters
    ----------
    y_true : array-like
        Truth, of any shape. NaN is left out.
    y_pred : array-like of the shape of `y_true`
        Forecast. NaN is left out.
    threshold : float
        Values of at least this are events, in the units of the values.
    axis : int, sequence of int or None, default=None
        Axes to count over, all by default, as in `critical_success_index`.

    Returns
    -------
    float or ndarray
        From 0 to 1, the best; NaN where no event was seen.

    Raises
    ------
    ShapeError
        If the shapes differ.
    ValueError
        If `threshold` is not finite, or `axis` numbers no axis of the arrays.

    See Also
    --------
    false_alarm_ratio : What a forecast of events everywhere, which detects all, cannot keep low.

    Notes
    -----
    With hits h and misses m, ``h / (h + m)``. Counts are summed over the axes before they are
    divided.

    References
    ----------
    .. [1] Wilks (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., chapter 9.

    Examples
    --------
    >>> from stforecast.metrics import probability_of_detection
    >>> probability_of_detection([2.0, 2.0, 0.0], [2.0, 0.0, 0.0], threshold=1)
    0.5
    """
    hits, misses, _, _ = _counts(y_true, y_pred, threshold, axis)
    return safe_ratio(hits, hits + misses)


def false_alarm_ratio(y_true: Any, y_pred: Any, threshold: float, *, axis: Axis = None) -> Any:
    """Return the share of the events forecast that were not seen (FAR).

    Parameters
    ----------
    y_true : array-like
        Truth, of any shape. NaN is left out.
    y_pred : array-like of the shape of `y_true`
        Forecast. NaN is left out.
    threshold : float
        Values of at least this are events, in the units of the values.
    axis : int, sequence of int or None, default=None
        Axes to count over, all by default, as in `critical_success_index`.

    Returns
    -------
    float or ndarray
        From 0, the best, to 1; NaN where no event was forecast.

    Raises
    ------
    ShapeError
        If the shapes differ.
    ValueError
        If `threshold` is not finite, or `axis` numbers no axis of the arrays.

    See Also
    --------
    probability_of_detection : What a forecast that never warns, without false alarms, cannot have.

    Notes
    -----
    With hits h and false alarms f, ``f / (h + f)``. It is not the false alarm *rate*, whose
    denominator is what did not happen. Counts are summed over the axes before they are divided.

    References
    ----------
    .. [1] Wilks (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., chapter 9.

    Examples
    --------
    >>> from stforecast.metrics import false_alarm_ratio
    >>> false_alarm_ratio([2.0, 0.0, 0.0], [2.0, 2.0, 0.0], threshold=1)
    0.5
    """
    hits, _, alarms, _ = _counts(y_true, y_pred, threshold, axis)
    return safe_ratio(alarms, hits + alarms)


def heidke_skill_score(y_true: Any, y_pred: Any, threshold: float, *, axis: Axis = None) -> Any:
    """Return how much more often a forecast of events is right than by chance (HSS).

    Parameters
    ----------
    y_true : array-like
        Truth, of any shape. NaN is left out.
    y_pred : array-like of the shape of `y_true`
        Forecast. NaN is left out.
    threshold : float
        Values of at least this are events, in the units of the values.
    axis : int, sequence of int or None, default=None
        Axes to count over, all by default, as in `critical_success_index`.

    Returns
    -------
    float or ndarray
        From -1 to 1: 1 is a perfect forecast, and 0 is as good as chance. NaN where all observed
        and forecast values are events, or none is.

    Raises
    ------
    ShapeError
        If the shapes differ.
    ValueError
        If `threshold` is not finite, or `axis` numbers no axis of the arrays.

    See Also
    --------
    critical_success_index : Leaves out what rightly was not forecast.

    Notes
    -----
    With hits h, misses m, false alarms f and right rejections r,
    ``2 (h r - m f) / ((h + m) (m + r) + (h + f) (f + r))``. Chance is a forecast with as many
    events, in other places. Counts are summed over the axes before they are divided.

    References
    ----------
    .. [1] Heidke (1926), Berechnung des Erfolges und der Guete der Windstaerkevorhersagen im
       Sturmwarnungsdienst, Geografiska Annaler 8, https://doi.org/10.2307/519729.

    Examples
    --------
    >>> from stforecast.metrics import heidke_skill_score
    >>> heidke_skill_score([2.0, 2.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0], threshold=1)
    0.5
    """
    hits, misses, alarms, rejections = _counts(y_true, y_pred, threshold, axis)
    # (right - right by chance) / (all - right by chance), both times the number of cells
    chance = (hits + misses) * (misses + rejections) + (hits + alarms) * (alarms + rejections)
    return safe_ratio(2 * (hits * rejections - misses * alarms), chance)


def _counts(y_true: Any, y_pred: Any, threshold: float, axis: Axis) -> tuple[Any, Any, Any, Any]:
    """Return hits, misses, false alarms and right rejections, float64."""
    truth, forecast, present = as_pair(y_true, y_pred)
    limit = check_number("threshold", threshold, float("-inf"))
    event, warning = truth >= limit, forecast >= limit
    axes = as_axes(axis, truth.ndim)
    cases = (event & warning, event & ~warning, ~event & warning, ~event & ~warning)
    hits, misses, alarms, rejections = (
        np.sum(present & case, axis=axes, dtype=np.float64) for case in cases
    )
    return hits, misses, alarms, rejections
