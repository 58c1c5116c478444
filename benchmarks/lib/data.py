"""Data that studies read from outside the checkout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def outside_path(folder: Path | None, name: str) -> Path:
    """Return a file or folder in the folder given as ``--data``; an error says that it is missing.

    Parameters
    ----------
    folder : Path or None
        What the user gave.
    name : str
        What must lie in it.

    Raises
    ------
    FileNotFoundError
        Where it does not.
    """
    if folder is None or not (folder / name).exists():
        raise FileNotFoundError(
            f"{name} must lie in the folder given as --data, which is {folder}. The study's README "
            "says where to get it."
        )
    return folder / name


def available(names: Iterable[str], load: Callable[[str], T]) -> Iterator[tuple[str, T]]:
    """Yield name and data of all whose files are there, and print which are missing."""
    for name in names:
        try:
            found = load(name)
        except FileNotFoundError as error:
            print(f"{name} is left out. {error}")
        else:
            yield name, found
