"""What the bootstrap of a comparison draws: origin times, or the series of a panel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stforecast.comparison._differences import FEWEST_BLOCKS
from stforecast.windows._geometry import Integers

# Series that a standard error over series needs at the least.
FEWEST_SERIES = 10


@dataclass(frozen=True, eq=False)
class Draws:
    """Origins that the bootstrap draws together.

    Parameters
    ----------
    groups : int array of shape (origins,)
        Time of each origin, or the number of its series.
    block : int
        Neighbouring groups that are drawn together.
    over : str
        What is drawn, in words; empty where there is too little of it for a standard error.
    lack : str, default=""
        What there is too little of, in words.
    """

    groups: Integers
    block: int
    over: str
    lack: str = ""


def choose_draws(
    index: pd.Index, times: Integers, has_error: NDArray[np.bool_], block: int
) -> Draws:
    """Return blocks of origin times; series, where there are too few blocks and enough series.

    Parameters
    ----------
    index : Index
        Fold and origin of each error; of a panel fold, series and origin.
    times : int array of shape (origins,)
        Time of each origin in steps.
    has_error : bool array of shape (origins,)
        Whether any model has an error there.
    block : int
        Neighbouring times that are drawn together.
    """
    series = _series_numbers(index)
    time_count, series_count = (len(np.unique(groups[has_error])) for groups in (times, series))
    if time_count >= FEWEST_BLOCKS * block:
        return Draws(times, block, f"blocks of {block} origin times")
    scarce = f"{FEWEST_BLOCKS} blocks of {block} origin times"
    if series_count >= FEWEST_SERIES:
        # the origins of a series have errors that are alike, so they are drawn together
        over = f"{series_count} series, because there are fewer than {scarce}"
        return Draws(series, 1, f"{over}; they do not show how errors vary between times")
    lack = f"{scarce}, or {FEWEST_SERIES} series, and there are {time_count} times"
    return Draws(times, block, "", f"{lack} of {series_count} series")


def _series_numbers(index: pd.Index) -> Integers:
    """Return the number of the series of each origin, 0 where there is one series alone."""
    if not isinstance(index, pd.MultiIndex) or index.nlevels < 3:
        return np.zeros(len(index), dtype=np.int64)
    return np.asarray(index.codes[1], dtype=np.int64)
