"""Steps over the rows of windows, a block at a time."""

from __future__ import annotations

import numpy as np
import pytest

from stforecast.windows import _batches, make_windows


class Doubled:
    """Doubles what it is given, and counts how often."""

    calls = 0

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        Doubled.calls += 1
        return 2 * frames


@pytest.mark.parametrize("block_rows", [1, 7, 50, 1000])
def test_rows_are_changed_alike_whatever_the_size_of_a_block(
    monkeypatch: pytest.MonkeyPatch, block_rows: int
) -> None:
    values = np.random.default_rng(0).normal(size=(50, 3))
    X, _ = make_windows(values, lookback=4)
    monkeypatch.setattr(_batches, "BLOCK_BYTES", block_rows * values[0].nbytes)
    Doubled.calls = 0
    changed = _batches.map_frames(X.frames(), Doubled())
    rows = len(X) + 3  # in view of some window
    assert Doubled.calls == max(1, -(-rows // block_rows))
    np.testing.assert_array_equal(np.asarray(changed), 2 * np.asarray(X.frames()))
