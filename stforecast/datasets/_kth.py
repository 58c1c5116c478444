"""The KTH actions: six actions of 25 persons, cut into sequences by a file of frame ranges."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stforecast._validation import check_integer
from stforecast.datasets._video import clip_windows, count_frames, video_files
from stforecast.exceptions import DataIntegrityError, DataNotFoundError, SeriesTooShortError
from stforecast.windows import Windows

SEQUENCES = "00sequences.txt"
# The authors' split by person.
KTH_PERSONS: dict[str, tuple[int, ...]] = {
    "training": (11, 12, 13, 14, 15, 16, 17, 18),
    "validation": (1, 4, 19, 20, 21, 23, 24, 25),
    "test": (2, 3, 5, 6, 7, 8, 9, 10, 22),
}

_Ranges = dict[str, tuple[tuple[int, int], ...]]
# a number of more digits is none of a person or a frame, and may be too long for int
_NAME = re.compile(r"person(\d{1,9})_([a-z]+)_d\d+")
_LINE = re.compile(rf"({_NAME.pattern})\s+frames\s+(.+)")
_RANGE = re.compile(r"(\d{1,9})\s*-\s*(\d{1,9})")


def load_kth(
    path: str | PathLike[str],
    *,
    n_frames: int,
    size: int | tuple[int, int] = 64,
    stride: int = 1,
    colour: str = "gray",
) -> tuple[Windows, NDArray[np.str_], NDArray[np.int64]]:
    """Open the KTH actions as windows, one for each sequence, with the person as group.

    Each video shows an action four times or so; the file ``00sequences.txt`` says by frame ranges
    where. A window is the beginning of such a range. Frames are decoded when they are read.

    Parameters
    ----------
    path : path
        Folder with ``00sequences.txt`` and a folder for each action, with the videos in it under
        their names, such as ``boxing/person01_boxing_d1_uncomp.avi``.
    n_frames : int
        Frames T to take of each sequence, from its beginning.
    size : int or tuple of int, default=64
        Height and width that frames are scaled to, in pixels; an int for both.
    stride : int, default=1
        Keep every `stride`-th frame; the videos have 25 per second.
    colour : {"gray", "rgb"}, default="gray"
        One channel, as the videos have, or three.

    Returns
    -------
    X : Windows
        (n, T, C, H, W), uint8, sorted by action, video and frame.
    y : ndarray of shape (n,)
        The actions: boxing, handclapping, handwaving, jogging, running, walking.
    persons : ndarray of shape (n,)
        Number of the person, from 1 to 25.

    Raises
    ------
    DataNotFoundError
        If a video or the file of sequences is missing.
    DataIntegrityError
        If a file is not a video, the file of sequences lacks its line, or a line cannot be read.
    SeriesTooShortError
        If a sequence has fewer frames than needed.
    ImportError
        If PyAV is not installed (extra ``video``).

    See Also
    --------
    kth_parts : The authors' split by person.

    Notes
    -----
    The whole set has 2,391 sequences. A video is decoded from its first frame on whenever one of
    its sequences is read: make an array of what fits into memory.

    References
    ----------
    Schuldt, Laptev, Caputo (2004), Recognizing Human Actions: A Local SVM Approach, ICPR,
    https://doi.org/10.1109/ICPR.2004.1334462.

    Examples
    --------
    >>> from stforecast.datasets import kth_parts, load_kth
    >>> X, y, persons = load_kth("kth", n_frames=20, size=32)  # doctest: +SKIP
    >>> train, validation, test = kth_parts(persons)  # doctest: +SKIP
    """
    folder = Path(path)
    span = count_frames(check_integer("n_frames", n_frames, 1), check_integer("stride", stride, 1))
    files, ranges = video_files(folder), read_sequences(folder / SEQUENCES)
    clips = [(file, ends) for file in files for ends in video_ranges(file, ranges)]
    for file, (first, last) in clips:
        _check_length(file, first, last, span)
    starts = tuple(first - 1 for _, (first, _) in clips)  # ranges count frames from 1
    X = clip_windows(tuple(file for file, _ in clips), starts, n_frames, size, stride, colour)
    names = [_parse_name(file) for file, _ in clips]
    return X, np.array([name[2] for name in names]), np.array([int(name[1]) for name in names])


def kth_parts(persons: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Return the rows of each part of the authors' split by person.

    Parameters
    ----------
    persons : int array of shape (n,)
        Number of the person in each window, as `load_kth` gives it.

    Returns
    -------
    training, validation, test : int arrays
        Positions of the windows of 8, 8 and 9 persons.

    Raises
    ------
    ValueError
        If a number is none of 1 to 25.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.datasets import kth_parts
    >>> kth_parts(np.array([1, 2, 11, 11]))
    (array([2, 3]), array([0]), array([1]))
    """
    persons = np.asarray(persons)
    unknown = persons[~np.isin(persons, np.concatenate(list(map(np.array, KTH_PERSONS.values()))))]
    if len(unknown):
        raise ValueError(
            f"persons must number the persons of the KTH actions, 1 to 25, got {unknown[0]}. Pass "
            "the third value of load_kth."
        )
    return tuple(np.flatnonzero(np.isin(persons, part)) for part in KTH_PERSONS.values())


def read_sequences(file: Path) -> _Ranges:
    """Return the ranges of frames of each video, both ends counted from 1 and included."""
    if not file.is_file():
        raise DataNotFoundError(
            f"{str(file)!r} does not exist, and it says where sequences begin and end. Put the "
            f"authors' {SEQUENCES} there."
        )
    ranges: _Ranges = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        entry = _LINE.search(line)
        if entry is not None:
            ranges[entry[1]] = _ranges_in(entry[4], file, entry[1])
    if not ranges:
        raise DataIntegrityError(
            f"{str(file)!r} must have a line such as 'person01_boxing_d1 frames 1-95, 96-185' for "
            "each video, but has none. Fetch it again."
        )
    return ranges


def video_ranges(file: Path, ranges: _Ranges) -> tuple[tuple[int, int], ...]:
    """Return the ranges of frames of a video."""
    name = _parse_name(file)[0]
    if name not in ranges:
        raise DataIntegrityError(
            f"{SEQUENCES} has no line for {str(file)!r}. Take the video out, or fetch the file of "
            "sequences again."
        )
    return ranges[name]


def _ranges_in(text: str, file: Path, video: str) -> tuple[tuple[int, int], ...]:
    ranges = tuple((int(match[1]), int(match[2])) for match in _RANGE.finditer(text))
    # a line with anything but ranges is not read in part
    remainder = _RANGE.sub("", text).replace(",", "").strip()
    if remainder or not ranges or not all(1 <= first <= last for first, last in ranges):
        raise DataIntegrityError(
            f"{str(file)!r} must give ranges of frames such as 1-95, 96-185 for {video}, but gives "
            f"{text.strip()[:40]!r}. Correct that line, or fetch the file again."
        )
    return ranges


def _parse_name(file: Path) -> re.Match[str]:
    name = _NAME.match(file.stem)
    if name is None:
        raise DataIntegrityError(
            f"A video of the KTH actions has a name such as person01_boxing_d1_uncomp.avi, got "
            f"{str(file)!r}. Take it out, or give it its name back."
        )
    return name


def _check_length(file: Path, first: int, last: int, span: int) -> None:
    if last - first + 1 < span:  # both ends belong to the sequence
        raise SeriesTooShortError(
            f"A clip needs {span} frames, but the sequence of frames {first}-{last} of "
            f"{str(file)!r} has {last - first + 1}. Lower n_frames or stride."
        )
