"""Files are replaced whole or not at all."""

from __future__ import annotations

import errno
import os

import pytest

from stforecast._files import atomic_write, remove_leftovers


def test_the_new_content_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "state"
    for content in (b"old", b"new and longer"):
        with atomic_write(path) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_until_the_end_readers_find_the_old_content(tmp_path):
    path = tmp_path / "state"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"


@pytest.mark.parametrize("error", [RuntimeError("broken off"), KeyboardInterrupt()])
def test_an_error_leaves_the_old_content_and_nothing_else(tmp_path, error):
    path = tmp_path / "state"
    path.write_bytes(b"old")

    def write():
        with atomic_write(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(type(error)):
        write()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_bytes_are_on_disk_before_the_name_is(tmp_path, monkeypatch):
    steps = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("sync"), sync(handle)))
    monkeypatch.setattr(os, "rename", lambda *args: (steps.append("name"), replace(*args)))
    monkeypatch.setattr(os, "replace", lambda *args: (steps.append("name"), replace(*args)))
    with atomic_write(tmp_path / "state") as file:
        file.write(b"new")
    assert steps[:2] == ["sync", "name"]


def test_a_disk_that_fills_up_leaves_the_old_content(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "state"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"), atomic_write(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "nowhere" / "state"
    with pytest.raises(FileNotFoundError, match=r"'state' cannot .*nowhere': .* Make that folder"):
        atomic_write(path).__enter__()


def test_a_file_is_not_written_over_a_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match="cannot take the place of the folder"):
        atomic_write(tmp_path).__enter__()
    assert list(tmp_path.parent.glob(".*.part")) == []


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError, match=r"'state' cannot be written into .*file'"):
        atomic_write(tmp_path / "file" / "state").__enter__()


def test_leftovers_of_a_killed_writer_are_removed_and_no_others(tmp_path):
    mine, other = tmp_path / ".state.abc.part", tmp_path / ".states.abc.part"
    for path in (mine, other, tmp_path / "state"):
        path.write_bytes(b"half")
    remove_leftovers(tmp_path / "state")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".states.abc.part", "state"]
