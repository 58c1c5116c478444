"""Which training samples are held back to decide when to stop."""

from __future__ import annotations

import math

import numpy as np


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
