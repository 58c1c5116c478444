"""Writing files so that a reader finds the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import glob
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO

# Windows has none, and removes no file that a process holds open
fcntl = import_module("fcntl") if find_spec("fcntl") else None

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Give a binary file that takes the place of `path` when the block ends without an error.

    The bytes are written beside it, brought to disk and renamed over it in one step, so that a
    process killed at any moment leaves what was there before, or all of what was written. A
    symbolic link stays, and what it points to is replaced. A new file has the permissions that
    the umask leaves, a replaced one those it had. The file can be read back before the block ends.
    """
    target = _target(path)
    remove_leftovers(target)
    part, file = _open_temporary(target)
    try:
        with file, _remedy_for_full_disk(path):
            _copy_permissions(target, file)
            yield file
            # to disk before the renaming, which could reach it first and name an empty file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:  # Ctrl-C too
        part.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def open_regular(path: str | os.PathLike[str]) -> IO[bytes]:
    """Open a file for reading, or raise if it is a device, a pipe or a socket, which never end."""
    _check_path(path)
    # without O_NONBLOCK, opening a pipe waits for its writer
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(path, flags), "rb")
    # asked of the open file: the path could lead to another by now
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise _file_type_error(path)


def _check_path(path: object) -> None:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"path must be the path of a file, got {path!r:.60}. Pass a str or a pathlib.Path."
        )


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove what writers of `path` left beside it when they were killed."""
    path = Path(path)
    for leftover in path.parent.glob(f"{glob.escape(_prefix(path))}*.part"):
        with suppress(OSError):  # a writer holds it, or another process removed it
            _remove_leftover(leftover)


def _target(path: str | os.PathLike[str]) -> Path:
    """Return the file to replace, at the end of any symbolic links."""
    _check_path(path)
    target = Path(os.path.realpath(path))  # stays a link only where links lead in a circle
    if target.is_dir():
        raise IsADirectoryError(
            errno.EISDIR,
            f"A file cannot take the place of the folder {str(path)!r}. Name one in it",
        )
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise _file_type_error(path)
    return target


def _file_type_error(path: str | os.PathLike[str]) -> OSError:
    return OSError(
        errno.EINVAL,
        f"{str(path)!r} is a device, a pipe, a socket or a link to itself, and only files can be "
        "read or replaced. Name a file",
    )


def _open_temporary(target: Path) -> tuple[Path, IO[bytes]]:
    """Open a new file in the same folder, locked so that nobody takes it for a leftover."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        part = target.parent / f"{_prefix(target)}{secrets.token_hex(8)}.part"
        try:
            handle = os.open(part, flags, 0o666)  # less what the umask takes away
        except OSError as error:
            raise OSError(  # of the same subclass, which Python picks by the number
                error.errno,
                f"{target.name!r} cannot be written into the folder {str(target.parent)!r}: "
                f"{error.strerror}. Make that folder or name another",
            ) from error
        file = os.fdopen(handle, "w+b")
        if _lock(handle):
            return part, file
        file.close()  # between opening and locking another process took it for a leftover


def _lock(handle: int) -> bool:
    """Lock a new file; False if another process removed it before it was locked."""
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX)
    return os.fstat(handle).st_nlink > 0


def _remove_leftover(leftover: Path) -> None:
    with leftover.open("rb") as file:
        if fcntl is not None:
            # raises where a writer that lives holds the lock; that of a killed one is free
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()
    if fcntl is None:  # Windows: only once it is closed here, and not while a writer holds it
        leftover.unlink()


def _copy_permissions(target: Path, file: IO[bytes]) -> None:
    if os.name == "posix" and target.exists():
        os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))


@contextmanager
def _remedy_for_full_disk(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise OSError(
            error.errno,
            f"{str(path)!r} cannot be written: {error.strerror}. Free space on its disk, or name a "
            "file on another",
        ) from error


def _prefix(path: Path) -> str:
    return f".{path.name}."


def _sync_folder(folder: Path) -> None:
    """Bring the renaming to disk as well, where folders can be opened (not on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
