"""Writing files so that a reader finds the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Give a binary file that takes the place of `path` when the block ends without an error.

    The bytes are written beside it, brought to disk and renamed over it in one step, so that a
    process killed at any moment leaves what was there before, or all of what was written.
    """
    path = Path(path)
    file = _open_beside(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _open_beside(path: Path) -> Any:
    if path.is_dir():
        raise IsADirectoryError(
            errno.EISDIR,
            f"A file cannot take the place of the folder {str(path)!r}. Name one in it",
        )
    try:
        return tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=_prefix(path), suffix=".part", delete=False
        )
    except OSError as error:
        raise OSError(  # of the same subclass, which Python picks by the number
            error.errno,
            f"{path.name!r} cannot be written into the folder {str(path.parent)!r}: "
            f"{error.strerror}. Make that folder or name another",
        ) from error


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove what writers of `path` left beside it when they were killed."""
    path = Path(path)
    for leftover in path.parent.glob(f"{_prefix(path)}*.part"):
        leftover.unlink(missing_ok=True)


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
