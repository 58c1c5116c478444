"""Errors of each series of a panel, and the distances that they tell."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from stforecast.windows import Windows

Scores = dict[Hashable, np.ndarray]


def series_rows(X: Windows) -> dict[Hashable, np.ndarray]:
    """Return which windows belong to each series of a panel."""
    keys = pd.Index(series_keys(X), tupleize_cols=False)
    groups = pd.Series(np.arange(len(X))).groupby(keys, sort=False)
    return {key: group.to_numpy() for key, group in groups}


def series_keys(X: Windows) -> list[Hashable]:
    """Return the series of a panel that each window belongs to; 0 where there is but one."""
    panel = isinstance(X.index, pd.MultiIndex)
    return list(X.origins.get_level_values(0)) if panel else [0] * len(X)


def time_labels(X: Windows, rows: np.ndarray) -> pd.Index:
    """Return the labels in time of rows, or their numbers, without the names of their series."""
    labels = X.timeline.labels(rows)
    return labels.get_level_values(-1) if isinstance(labels, pd.MultiIndex) else pd.Index(labels)


def half_widths(scores: np.ndarray, coverage: Any) -> np.ndarray:
    """Return for each column the distance that so large a share of scores to come stays within.

    Of n scores and one more, exchangeable with them, the k-th smallest with
    ``k = ceil((n + 1) coverage)`` bounds the latter with probability ``k / (n + 1)``. Where k
    exceeds n it is the largest; where n is 0 it is NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.series.intervals._scores import half_widths
    >>> half_widths(np.array([[1.0], [-3.0], [2.0], [0.5]]), coverage=0.6)
    array([2.])
    """
    sizes = np.sort(np.abs(scores), axis=0)  # NaN, where the truth was missing, comes last
    counts = np.isfinite(sizes).sum(axis=0)
    ranks = np.ceil(np.round((counts + 1) * coverage, 9)).astype(int)
    sizes = np.concatenate(
        [np.zeros((1, *sizes.shape[1:])), sizes]
    )  # rank 0 stands for a distance of 0
    widths = np.take_along_axis(sizes, np.minimum(ranks, counts)[None], axis=0)[0]
    return np.where(counts == 0, np.nan, widths)


def check_coverage(scores: np.ndarray, coverage: float, absent: np.ndarray) -> None:
    """Raise if no scores could tell a coverage, warn if these are too few.

    Outputs that are absent, such as cells on land, have no scores, and need none.
    """
    if coverage == 1:
        raise ValueError(
            "coverage must be below 1, got 1: no number of calibration errors tells bounds that "
            "no error to come exceeds. Pass 0.99, say."
        )
    counts = np.isfinite(scores).sum(axis=0)
    if not counts.any():
        raise ValueError(
            "Intervals need errors of held-back origins, but all the truth after them was missing. "
            "Set calibration higher."
        )
    silent = int(((counts == 0) & ~absent).sum())
    if silent:
        warnings.warn(
            f"Bounds of {silent} of {len(counts)} steps and outputs are NaN: all their truth after "
            "the held-back origins was missing. Set calibration higher.",
            UserWarning,
            stacklevel=5,
        )
    count = int(counts[counts > 0].min())
    fewest = ceil(round(coverage / (1 - coverage), 9))
    if count < fewest:
        warnings.warn(
            f"Coverage {coverage} needs {fewest} calibration errors, but there are {count}: the "
            "bounds reach the largest of them, which a value to come stays within with "
            f"probability {count / (count + 1):.2f}. Set calibration higher or coverage lower.",
            UserWarning,
            stacklevel=5,
        )
