"""The comparison on made echoes."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.echoes.__main__ import Size, forecasts, rows, windows

TINY = Size(films=6, frames=8, side=8, lookback=3, horizon=2, channels=2, epochs=1, fold=2)


def test_films_of_test_and_training_are_different_and_windows_stay_in_a_film():
    (X, y), (Z, _) = windows(TINY, 0), windows(TINY, 1)
    assert len(X) == 6 * (8 - 3 - 2 + 1)
    assert np.asarray(y).shape == (len(X), 2 * 64)
    assert not np.array_equal(np.asarray(X), np.asarray(Z))


def test_every_method_has_a_row_for_every_step():
    truth, found = forecasts(TINY, 1)
    assert {runs.shape[1:] for runs in found.values()} == {truth.shape}
    made = list(rows(truth, found))
    assert [row[0] for row in made] == ["1"] * len(found) + ["2"] * len(found)
    assert all(np.isfinite(float(row[2].split()[0])) for row in made)
