"""Seconds of several ways to do one thing, which take turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

Times = dict[str, list[float]]  # of each way, one for each round


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(ways: Mapping[str, Callable[[], float]], rounds: int) -> Times:
    """Return what each way measures in every round; what else runs slows all of them alike."""
    found = [{name: way() for name, way in ways.items()} for _ in range(rounds)]
    return {name: [one[name] for one in found] for name in ways}


def median_ratio(above: list[float], below: list[float]) -> float:
    """Return the median over rounds of a ratio within a round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
