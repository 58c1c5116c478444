"""Differences of errors on the same origins, and by a bootstrap how far the origins decide them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stforecast._constraints import Flags, Integers
from stforecast._validation import as_floats
from stforecast.exceptions import ShapeError

Floats = NDArray[np.float64]
RESAMPLES = 10_000
# Origins drawn at a time, over all resamples, so that a long test takes little memory.
_CHUNK = 2**22
# Standard errors from 0 at which a difference counts.
_VERDICT_ERRORS = 2
# Blocks that a standard error needs at the least.
FEWEST_BLOCKS = 4


@dataclass(frozen=True)
class PairedDifference:
    """Difference of two errors on the same origins, with its standard error.

    Parameters
    ----------
    estimate : float
        The first error minus the second, in their unit; negative where the first forecast is
        better.
    standard_error : float
        Standard deviation of the difference over resampled origins.
    low, high : float
        The 95 % interval.

    See Also
    --------
    paired_difference : Estimates it from errors per origin.

    Examples
    --------
    >>> from stforecast.comparison import PairedDifference
    >>> difference = PairedDifference(-2.0, 1.5, -5.0, 1.0)
    >>> print(difference, difference.verdict)
    -2 ± 1.5 undecided
    """

    estimate: float
    standard_error: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Return "ahead", "behind", or "undecided" within two standard errors.

        Returns
        -------
        str
            Where the first forecast stands.
        """
        # a comparison with NaN is false, so what cannot be estimated is undecided
        if self.estimate and abs(self.estimate) >= _VERDICT_ERRORS * self.standard_error:
            return "ahead" if self.estimate < 0 else "behind"
        return "undecided"

    def __str__(self) -> str:
        return f"{self.estimate:+.3g} ± {self.standard_error:.2g}"


def paired_difference(
    first: Any, second: Any, *, root: bool = False, block: int = 1, random_state: int = 0
) -> PairedDifference:
    """Return the difference of two mean errors, with a bootstrap over the origins they share.

    Each resample draws the same origins for both, so that what is hard for both cancels out.

    Parameters
    ----------
    first, second : array-like of shape (origins,) or (runs, origins)
        Errors at each origin, in order of time, or one for each series of a panel; of several runs
        the mean over runs is compared.
    root : bool, default=False
        Whether the error over several origins is the root of the mean of their squares, as the
        RMSE is, rather than the mean.
    block : int, default=1
        Neighbouring origins that are drawn together, because their errors are alike: at least as
        many as have overlapping targets.
    random_state : int, default=0
        Seed of the resamples.

    Returns
    -------
    PairedDifference
        The difference, its standard error and its 95 % interval.

    Raises
    ------
    ShapeError
        If the two are not errors of the same origins.

    Notes
    -----
    It is the circular block bootstrap [1]_ of 10,000 resamples. Few blocks show too little of
    their spread, which is therefore widened by ``sqrt((n - 1) / (n - block))`` for n origins;
    where there are fewer than four blocks it is NaN, and the verdict "undecided".

    References
    ----------
    .. [1] D. N. Politis and J. P. Romano, "A circular block-resampling procedure for stationary
       data", in Exploring the Limits of Bootstrap, Wiley, 1992.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.comparison import paired_difference
    >>> hard = np.random.default_rng(0).uniform(1, 10, size=50)
    >>> paired_difference(hard, hard + 1).verdict
    'ahead'
    """
    a, b = as_runs("first", first), as_runs("second", second)
    if a.shape[1] != b.shape[1]:
        raise ShapeError(
            f"first and second must hold errors at the same origins, got {a.shape[1]} and "
            f"{b.shape[1]} of them. Pass both for all."
        )
    Flags().check("root", root)
    Integers(1).check("block", block)
    Integers(0).check("random_state", random_state)
    weights = np.ones(a.shape[1])
    if root:
        a, b = np.square(a), np.square(b)
    return bootstrap_difference(a, b, weights, root=root, block=block, seed=random_state)


def bootstrap_difference(
    a: Floats, b: Floats, weights: Floats, *, root: bool, block: int, seed: int
) -> PairedDifference:
    """Return the difference of means of what is summed up at each origin time.

    Parameters
    ----------
    a, b : ndarray of shape (runs, times)
        Sums of losses, squares where `root`.
    weights : ndarray of shape (times,)
        Errors in each sum.
    root, block, seed : bool, int, int
        As for `paired_difference`.
    """
    count = len(weights)
    estimate = float(mean_error(a, weights, root=root) - mean_error(b, weights, root=root))
    if count < FEWEST_BLOCKS * block:
        return PairedDifference(estimate, np.nan, np.nan, np.nan)
    resamples = np.concatenate(
        [
            mean_error(a[:, draws], weights[draws], root=root)
            - mean_error(b[:, draws], weights[draws], root=root)
            for draws in draw_blocks(count, block, seed)
        ]
    )
    spread = resamples.std(ddof=1)
    factor = np.sqrt((count - 1) / (count - block))
    low, high = estimate + factor * (np.quantile(resamples, [0.025, 0.975]) - estimate)
    return PairedDifference(estimate, float(factor * spread), float(low), float(high))


def mean_error(sums: Floats, weights: Floats, *, root: bool) -> Any:
    """Return the error over origins, the last axis, averaged over runs, the first."""
    means = sums.sum(axis=-1) / weights.sum(axis=-1)
    return (np.sqrt(means) if root else means).mean(axis=0)


def draw_blocks(count: int, block: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield resamples (resamples, count) of origins, blocks of neighbours drawn together.

    The first origin follows the last, so that each is drawn as often as the others.
    """
    random = np.random.default_rng(seed)
    blocks = -(-count // block)
    chunk = max(1, _CHUNK // (blocks * block))
    # in chunks, since 10,000 resamples of long panels may not fit in memory
    for offset in range(0, RESAMPLES, chunk):
        size = (min(chunk, RESAMPLES - offset), blocks)
        starts = random.integers(0, count, size=size)
        draws = (starts[..., None] + np.arange(block)) % count
        yield draws.reshape(len(starts), -1)[:, :count]


def as_runs(name: str, errors: Any) -> Floats:
    """Return errors as (runs, origins)."""
    values = as_floats(name, errors)
    if values.ndim not in (1, 2) or not values.size or not np.isfinite(values).all():
        raise ShapeError(
            f"{name} must hold finite errors of shape (origins,) or (runs, origins), got shape "
            f"{values.shape}. Leave out origins without an error."
        )
    return np.atleast_2d(values)
