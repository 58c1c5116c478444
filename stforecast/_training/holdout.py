"""Which training samples are held back to decide when to stop."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit

from stforecast.exceptions import ParameterError
from stforecast.windows import Windows

Parts = tuple[np.ndarray, np.ndarray]


def validation_part(X: Windows, fraction: Any, groups: Any, seed: int) -> Parts:
    """Split samples into those to train on and those held back, whose targets share no row.

    Parameters
    ----------
    X : Windows
        The samples.
    fraction : float, int or date
        Share or number of the latest origins of each series, or the first origin held back.
    groups : array-like of shape (n,) or None
        Where given, whole groups are held back, drawn at random: a share or a number of them.
    seed : int
        Seed of the draw.

    Returns
    -------
    train, valid : int arrays
        Positions of the samples; `valid` is empty where the samples do not suffice for both.

    Raises
    ------
    ValueError
        If a date does not lie between two origins, or the samples have no dates.
    """
    if groups is not None:
        return _group_part(np.asarray(groups), fraction, seed)
    if not isinstance(fraction, numbers.Real):
        return _date_part(X, fraction)
    train, valid = latest_parts(series_numbers(X), X.times, X.reach, fraction)
    # series too short to be split are split from one another, at one time
    return (train, valid) if len(valid) else latest_part(X.times, X.reach, fraction)


def series_numbers(X: Windows) -> np.ndarray:
    """Return the series of each window, as numbers from 0."""
    if not isinstance(X.index, pd.MultiIndex):
        return np.zeros_like(X.ends, dtype=np.int64)
    return np.unique(X.index.codes[0][X.ends - 1], return_inverse=True)[1]


def _group_part(groups: np.ndarray, fraction: Any, seed: int) -> Parts:
    names, codes = np.unique(groups, return_inverse=True)
    count = fraction
    if not isinstance(fraction, numbers.Integral):
        count = min(math.ceil(validation_share(fraction) * len(names)), len(names) - 1)
    elif fraction >= len(names):
        raise ParameterError(
            f"validation_fraction={fraction!r} must leave a group to train on, but there are "
            f"{len(names)}. Hold back fewer, or pass more groups."
        )
    if not count:
        return np.arange(len(groups)), np.arange(0)
    valid = np.isin(codes, np.random.default_rng(seed).permutation(len(names))[:count])
    return np.flatnonzero(~valid), np.flatnonzero(valid)


def validation_share(fraction: Any, samples: int = 1) -> float:
    """Return the share of the samples that a number of them, or a share, stands for.

    Raises
    ------
    ValueError
        If it is a date.
    """
    if isinstance(fraction, numbers.Real):
        return fraction / samples if fraction >= 1 else float(fraction)
    raise ParameterError(
        f"validation_fraction={fraction!r} is a date, but groups and classes are drawn at random. "
        "Pass a share or a number."
    )


def _date_part(X: Windows, date: Any) -> Parts:
    origins = X.origins
    times = origins.get_level_values(-1) if isinstance(origins, pd.MultiIndex) else origins
    if not isinstance(times, pd.DatetimeIndex | pd.PeriodIndex):
        raise ParameterError(
            f"validation_fraction={date!r} is a date, but the windows come from rows without "
            "dates. Pass a share or a number of windows."
        )
    times = times.to_timestamp() if isinstance(times, pd.PeriodIndex) else times
    try:
        first = pd.Timestamp(date)
        fits = first.tzinfo or times.tz is None
        valid = times >= (first if fits else first.tz_localize(times.tz))
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"validation_fraction={date!r} must be a date that can be compared with {times[0]}: "
            f"{error!s:.100}. Write it like that."
        ) from error
    series = series_numbers(X)
    # the first time held back of each series, beyond all times where none is; training targets
    # must end before it
    start = np.full(series.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(start, series[valid], X.times[valid])
    train = np.flatnonzero(X.times <= start[series] - max(1, X.reach))
    if not (valid.any() and len(train)):
        raise ValueError(
            f"validation_fraction={date!r} must lie between the origins of the windows, from "
            f"{times.min()} to {times.max()}, with a horizon before it. Pass a date among them."
        )
    return train, np.flatnonzero(valid)


def latest_part(times: np.ndarray, reach: int, fraction: float) -> Parts:
    """Split samples into an earlier and a latest part whose targets share no row.

    Parameters
    ----------
    times : int array of shape (n,)
        Time of each origin, in any order.
    reach : int
        Rows after the origin that a target spans.
    fraction : float or int
        Share of the samples to hold back, or how many.

    Returns
    -------
    train, valid : int arrays
        Positions of the samples; `valid` is empty where the samples do not suffice for both.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast._training.holdout import latest_part
    >>> latest_part(np.arange(10), reach=3, fraction=0.2)
    (array([0, 1, 2, 3, 4, 5]), array([8, 9]))
    """
    return latest_parts(np.zeros(len(times), dtype=np.int64), times, reach, fraction)


def latest_parts(series: np.ndarray, times: np.ndarray, reach: int, fraction: float) -> Parts:
    """Split the samples of each series by itself as `latest_part` does, all at once.

    A series whose gap would take most of what was to be trained on is not split.

    Parameters
    ----------
    series : int array of shape (n,)
        Number of the series of each sample.
    times, reach, fraction
        As for `latest_part`; the fraction is one of each series.

    Returns
    -------
    train, valid : int arrays
        Positions of the samples.
    """
    share = validation_share(fraction)
    counts = np.bincount(series)
    # less a hair, so that rounding in the share does not add a sample
    asked = np.ceil((share if share >= 1 else share * counts) - 1e-9)
    sizes = np.minimum(counts, asked).astype(np.int64)
    earlier, latest = latest_masks(series, times, reach, sizes)
    left = np.bincount(series, earlier, minlength=len(counts))
    split = (sizes > 0) & (counts > 1) & (2 * left >= np.maximum(1, counts - sizes))
    valid = split[series] & latest
    return np.flatnonzero(~split[series] | earlier), np.flatnonzero(valid)


def latest_masks(series: np.ndarray, times: np.ndarray, reach: int, sizes: np.ndarray) -> Parts:
    """Return which samples are the latest of each series, and which end before those.

    Parameters
    ----------
    series : int array of shape (n,)
        Number of the series of each sample.
    times : int array of shape (n,)
        Time of each origin, in any order.
    reach : int
        Rows after the origin that a target spans.
    sizes : int array
        How many samples of each series are its latest, at least one.

    Returns
    -------
    earlier, latest : bool arrays of shape (n,)
        A sample between them, whose targets reach into the latest ones, is neither.
    """
    moments = times[np.lexsort((times, series))]
    stops = np.cumsum(np.bincount(series))
    first = moments[stops - np.maximum(sizes, 1)] if len(moments) else moments
    return times <= first[series] - max(1, reach), times >= first[series]


# Groups differ in their classes: of this many ways to hold some back the most even one is taken.
_DRAWS = 20


def stratified_part(labels: np.ndarray, groups: Any, fraction: float, seed: int) -> Parts:
    """Split samples at random, each class in the same proportion, no group into both parts.

    Parameters
    ----------
    labels : int array of shape (n,)
        Classes.
    groups : array-like of shape (n,) or None
        Samples of one group stay together.
    fraction : float
        Share of the samples (or groups) to hold back, 1 or more for as many as there are.
    seed : int
        Seed of the draw.

    Returns
    -------
    train, valid : int arrays
        Positions of the samples; `valid` is empty where nothing, or not every class, would be left
        to train on.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast._training.holdout import stratified_part
    >>> labels = np.array([0, 1] * 10)
    >>> train, valid = stratified_part(labels, None, 0.2, seed=0)
    >>> labels[valid].tolist(), len(train)
    ([0, 0, 1, 1], 16)
    """
    everything, nothing = np.arange(len(labels)), np.arange(0)
    if not 0 < fraction < 1:
        return everything, nothing
    if groups is not None:
        return _stratified_group_part(labels, np.asarray(groups), fraction, seed) or (
            everything,
            nothing,
        )
    draw = np.random.default_rng(seed)
    members = (draw.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels))
    valid = np.concatenate([of_class[: int(fraction * len(of_class))] for of_class in members])
    return np.setdiff1d(everything, valid), valid


def _stratified_group_part(
    labels: np.ndarray, groups: np.ndarray, fraction: float, seed: int
) -> Parts | None:
    names = len(np.unique(groups))
    count = math.ceil(fraction * names - 1e-9)  # a number of groups comes as a share
    if count >= names:
        return None
    splitter = GroupShuffleSplit(_DRAWS, test_size=count, random_state=seed)
    # a class that is not trained on could not be forecast
    splits = [
        parts
        for parts in splitter.split(labels, groups=groups)
        if len(np.unique(labels[parts[0]])) == len(np.unique(labels))
    ]
    return min(splits, key=lambda parts: _unevenness(labels, parts[1]), default=None)


def _unevenness(labels: np.ndarray, rows: np.ndarray) -> float:
    shares = np.bincount(labels) / len(labels)
    part_shares = np.bincount(labels[rows], minlength=len(shares)) / len(rows)
    return float(np.abs(part_shares - shares).sum())
