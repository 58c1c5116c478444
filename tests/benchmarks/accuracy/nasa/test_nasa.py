"""The comparison on monthly maps."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from benchmarks.accuracy.nasa.__main__ import draw, forecasts, methods, rows
from benchmarks.accuracy.nasa.maps import load, split


def maps(path):
    np.savez(path, X=np.random.default_rng(0).normal(size=(48, 2, 3, 4)))
    return load(path)


def test_nothing_of_the_test_part_teaches(tmp_path):
    found = maps(tmp_path / "maps.npz")
    for lead in (1, 3):
        X, y, Z, after = split(found[:, 0], lead)
        last = np.asarray(y)[-1].reshape(3, 4)
        np.testing.assert_array_equal(last, found[-13, 0])
        np.testing.assert_array_equal(np.asarray(after)[0].reshape(3, 4), found[-12, 0])
        np.testing.assert_array_equal(np.asarray(Z)[0, -1, 0], found[-12 - lead, 0])
        assert len(X) + len(Z) == 48 - 12 - lead + 1


def test_every_method_has_a_row(tmp_path):
    found = forecasts(maps(tmp_path / "maps.npz")[:, 1], 3, free=True, seeds=1)
    made = list(rows("noise", 3, *found))
    assert [row[2] for row in made] == list(methods(True, 1))
    assert all(float(row[3]) > 0 for row in made)


def test_the_picture_names_its_months_and_degrees(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: saved.append(figure))
    one = maps(tmp_path / "maps.npz")[:, 0]
    _, found = forecasts(one, 1, free=True, seeds=1)
    draw("noise", 1, one, found, tmp_path / "picture.png")
    assert "January 1998 to December 1998" in saved[0].get_suptitle()
    axes = saved[0].axes[0]
    assert "lon" in axes.get_xlabel()
    assert axes.get_xlim()[0] < -113.75 < axes.get_xlim()[1]
