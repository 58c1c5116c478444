"""Which training samples are held back to decide when to stop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.model_selection import GroupShuffleSplit


def latest_part(times: np.ndarray, reach: int, fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """Split samples into an earlier and a latest part whose targets share no row.

    Parameters
    ----------
    times : int array of shape (n,)
        Time of each origin, in any order.
    reach : int
        Rows after the origin that a target spans.
    fraction : float
        Share of the samples to hold back.

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
    count = math.ceil(fraction * len(times))
    everything, nothing = np.arange(len(times)), np.arange(0)
    if count == 0 or len(times) < 2:
        return everything, nothing
    first = np.sort(times)[-count]
    train = np.flatnonzero(times <= first - max(1, reach))
    if 2 * len(train) < max(
        1, len(times) - count
    ):  # the gap took most of what was to be trained on
        return everything, nothing
    return train, np.flatnonzero(times >= first)


Parts = tuple[np.ndarray, np.ndarray]

# Groups differ in their classes; of so many ways to hold some back the most even one is taken.
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
        Share of the samples (or groups) to hold back.
    seed : int
        Seed of the draw.

    Returns
    -------
    train, valid : int arrays
        Positions of the samples; `valid` is empty where a class or a group would be left out of
        training.

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
    if not fraction:
        return everything, nothing
    if groups is not None:
        return _by_group(labels, np.asarray(groups), fraction, seed) or (everything, nothing)
    draw = np.random.default_rng(seed)
    members = (draw.permutation(np.flatnonzero(labels == one)) for one in np.unique(labels))
    valid = np.concatenate([of_class[: int(fraction * len(of_class))] for of_class in members])
    return np.setdiff1d(everything, valid), valid


def _by_group(labels: np.ndarray, groups: np.ndarray, fraction: float, seed: int) -> Parts | None:
    if len(np.unique(groups)) < 2:
        return None
    splitter = GroupShuffleSplit(_DRAWS, test_size=fraction, random_state=seed)
    splits = [
        parts
        for parts in splitter.split(labels, groups=groups)
        if len(np.unique(labels[parts[0]])) == len(np.unique(labels))
    ]
    return min(splits, key=lambda parts: _unevenness(labels, parts[1]), default=None)


def _unevenness(labels: np.ndarray, rows: np.ndarray) -> float:
    everywhere = np.bincount(labels) / len(labels)
    here = np.bincount(labels[rows], minlength=len(everywhere)) / len(rows)
    return float(np.abs(here - everywhere).sum())
