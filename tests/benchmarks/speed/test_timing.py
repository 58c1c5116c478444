"""Ways take turns, and ratios are those within a round."""

from __future__ import annotations

import time

from benchmarks.speed.timing import in_turns, median_ratio, seconds


def test_ways_take_turns() -> None:
    order = []
    ways = {name: lambda n=name: order.append(n) or len(order) for name in "ab"}
    assert in_turns(ways, 2) == {"a": [1, 3], "b": [2, 4]}
    assert order == ["a", "b", "a", "b"]


def test_a_slow_round_does_not_change_the_ratio() -> None:
    assert median_ratio([2.0, 20.0, 2.0], [1.0, 10.0, 1.0]) == 2.0


def test_seconds_are_those_of_the_work() -> None:
    assert 0.02 <= seconds(lambda: time.sleep(0.02)) < 5
