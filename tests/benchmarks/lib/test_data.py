"""What is missing is named and left out."""

from __future__ import annotations

import pytest

from benchmarks.lib.data import available, outside_path


def test_a_missing_file_says_where_it_must_lie(tmp_path) -> None:
    (tmp_path / "hapt.npz").touch()
    assert outside_path(tmp_path, "hapt.npz") == tmp_path / "hapt.npz"
    for folder in (tmp_path, None):
        with pytest.raises(FileNotFoundError, match=r"watch\.npy must lie in the folder given as"):
            outside_path(folder, "watch.npy")


def test_what_can_be_loaded_is_and_the_rest_is_named(tmp_path, capsys) -> None:
    (tmp_path / "hapt.npz").touch()
    names = ["watch.npy", "hapt.npz"]
    found = dict(available(names, lambda name: outside_path(tmp_path, name)))
    assert found == {"hapt.npz": tmp_path / "hapt.npz"}
    assert capsys.readouterr().out.startswith("watch.npy is left out. watch.npy must lie in")
