"""Files are replaced whole or not at all."""

from __future__ import annotations

import errno
import os

import pytest

from stforecast._files import atomic_write, open_regular, remove_leftovers


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
    with (
        pytest.raises(OSError, match=r"state' cannot be written: No space left .*Free space"),
        atomic_write(path) as file,
    ):
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


def test_leftovers_are_cleared_by_the_next_writer_but_not_those_in_use(tmp_path):
    path = tmp_path / "state [1]"
    (tmp_path / ".state [1].abc.part").write_bytes(b"half")
    with atomic_write(path) as first:
        first.write(b"first")
        with atomic_write(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        with atomic_write(tmp_path / "state") as file:
            file.write(b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "state").stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    (tmp_path / "state").write_bytes(b"old")
    (tmp_path / "state").chmod(0o640)
    with atomic_write(tmp_path / "state") as file:
        file.write(b"new")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name != "posix", reason="symbolic links of POSIX")
@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_stays_and_its_file_is_replaced(tmp_path, there):
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "state", tmp_path / "link"
    link.symlink_to(real)
    if there:
        real.write_bytes(b"old")
    with atomic_write(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert list((tmp_path / "folder").iterdir()) == [real]


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
@pytest.mark.parametrize("kind", ["pipe", "link to a pipe", "link to itself"])
def test_what_is_no_file_is_neither_replaced_nor_read(tmp_path, kind):
    path = tmp_path / "path"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link to a pipe":
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to(tmp_path / "pipe")
    else:
        path.symlink_to(path)
    before = path.lstat()
    with pytest.raises(OSError, match=r"only files can be read or replaced\. Name a file"):
        atomic_write(path).__enter__()
    with pytest.raises(OSError, match=r"Name a file|levels of symbolic links"):
        open_regular(path)
    assert path.lstat().st_mode == before.st_mode
    assert not list(tmp_path.glob("*.part"))


def test_what_was_written_can_be_read_back_before_it_takes_its_place(tmp_path):
    with atomic_write(tmp_path / "state") as file:
        file.write(b"new")
        file.seek(0)
        assert file.read() == b"new"
        assert not (tmp_path / "state").exists()
