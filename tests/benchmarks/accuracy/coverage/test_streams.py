"""The streams that are covered."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.coverage.streams import coarse


def test_coarse_maps_are_means_of_cells() -> None:
    maps = np.arange(2 * 5 * 4.0).reshape(2, 1, 5, 4)
    found = coarse(maps, 2)
    assert found.shape == (2, 1, 2, 2)
    assert found[0, 0, 0, 0] == np.mean([0, 1, 4, 5])
