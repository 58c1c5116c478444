"""Video clips in folders named by class, as windows that are decoded when they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stforecast._constraints import Sizes
from stforecast._validation import check_choice, check_integer
from stforecast.exceptions import DataIntegrityError, DataNotFoundError, SeriesTooShortError
from stforecast.windows import Windows

_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm")
_SIZE = Sizes((2,))
_COLOURS = {"gray": ("gray", 1), "rgb": ("rgb24", 3)}


def load_video_folder(
    path: str | PathLike[str],
    *,
    n_frames: int,
    size: int | tuple[int, int] = 64,
    stride: int = 1,
    colour: str = "rgb",
    group: str | None = None,
) -> tuple[Windows, NDArray[np.str_], NDArray[np.str_]]:
    r"""Open the video clips under a folder as windows, each with its folder's name as class.

    Nothing is decoded until windows are read, and then only the clips that are asked for; an
    estimator or ``np.asarray`` reads them.

    Parameters
    ----------
    path : path
        Folder with one folder for each class, with video files (mp4, avi, mkv, mov, webm, ...)
        in it.
    n_frames : int
        Frames T to take of each clip, from its beginning.
    size : int or tuple of int, default=64
        Height and width that frames are scaled to, in pixels; an int for both.
    stride : int, default=1
        Keep every `stride`-th frame: 2 halves the frame rate and doubles the time that T frames
        span.
    colour : {"rgb", "gray"}, default="rgb"
        Three channels, or one.
    group : str, default=None
        Regular expression that finds in a file's name, without its ending, what clips of one
        recording share: ``r"_g\d+_"`` for UCF101, ``r"person\d+"`` for KTH. None makes each file a
        group of its own.

    Returns
    -------
    X : Windows
        (n, T, C, H, W), uint8, sorted by class and file name.
    y : ndarray of shape (n,)
        Names of the classes.
    groups : ndarray of shape (n,)
        What the clips of one recording share, for `GroupKFold` and the `groups` of `fit`.

    Raises
    ------
    DataNotFoundError
        If the folder does not exist or holds no video.
    ValueError
        If `group` finds nothing, or a text without letters, in the name of a file.
    DataIntegrityError
        If a file is broken or not a video; here, or when its frames are read.
    SeriesTooShortError
        If a clip has fewer frames than needed, when it is read.
    ImportError
        If PyAV is not installed (extra ``video``).

    Notes
    -----
    A clip needs ``(n_frames - 1) * stride + 1`` frames. Decoding takes about 1 ms a frame and is
    repeated whenever a clip is read: make an array of what fits into memory. A split by file is
    only honest if files do not come from one recording; name the recording in `group` where they
    do.

    Examples
    --------
    >>> from stforecast.datasets import load_video_folder
    >>> X, y, groups = load_video_folder("clips", n_frames=16, size=32)  # doctest: +SKIP
    """
    files = video_files(Path(path))
    X = clip_windows(files, (0,) * len(files), n_frames, size, stride, colour)
    return X, np.array([file.parent.name for file in files]), _groups(files, group)


def clip_windows(
    files: tuple[Path, ...],
    starts: tuple[int, ...],
    n_frames: int,
    size: int | tuple[int, int],
    stride: int,
    colour: str,
) -> Windows:
    """Return clips, each of which begins at a frame of a file, as windows that are decoded late."""
    frames, step = check_integer("n_frames", n_frames, 1), check_integer("stride", stride, 1)
    _SIZE.check("size", size)
    height, width = size if isinstance(size, tuple | list) else (size, size)
    format_, channels = _COLOURS[check_choice("colour", colour, tuple(_COLOURS))]
    for file in dict.fromkeys(files):
        _check_video(file)
    grid = int(height), int(width)
    base = ClipFrames(files, starts, frames, step, grid, format_, channels)
    return Windows(base, ends=frames * np.arange(1, len(files) + 1), lookback=frames)


def count_frames(n_frames: int, stride: int) -> int:
    """Return how many frames of a file a clip spans."""
    return (n_frames - 1) * stride + 1


def _groups(files: tuple[Path, ...], group: str | None) -> NDArray[np.str_]:
    """Return the recording of each file; by default a file is one, whatever its folder."""
    if group is None:
        return np.array([f"{file.parent.name}/{file.name}" for file in files])
    try:
        matches = [re.search(group, file.stem) for file in files]
    except (re.error, TypeError) as error:
        raise ValueError(
            f"group must be a regular expression or None, got {group!r} ({error}). Correct it, or "
            "leave it out."
        ) from error
    names = ["" if match is None else match.group() for match in matches]
    if "" in names:
        raise ValueError(
            "group must find what the clips of one recording share in the name of each file, but "
            f"{group!r} finds nothing in {files[names.index('')].stem!r}. Correct it, or leave it "
            "out if each file is a recording of its own."
        )
    return np.array(names)


@dataclass(frozen=True, eq=False)
class ClipFrames:
    """The frames of many clips, one clip after the other, decoded as they are sliced.

    Parameters
    ----------
    files : tuple of Path
        The file of each clip.
    starts : tuple of int
        The frame of its file with which each clip begins.
    frames : int
        Frames of each.
    stride : int
        Frames of the file from one to the next.
    grid : tuple of int
        Height and width.
    format : str
        Name of the pixel format in FFmpeg.
    channels : int
        Numbers a pixel.
    """

    files: tuple[Path, ...]
    starts: tuple[int, ...]
    frames: int
    stride: int
    grid: tuple[int, int]
    format: str
    channels: int

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.files) * self.frames, self.channels, *self.grid)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint8)

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: slice) -> NDArray[Any]:
        start, stop, step = key.indices(len(self))
        # decoding goes clip by clip, so whole clips are read and cut afterwards
        clips = range(start // self.frames, -(-stop // self.frames))
        out = np.empty((max(0, len(clips)) * self.frames, *self.shape[1:]), np.uint8)
        for row, clip in enumerate(clips):
            out[row * self.frames : (row + 1) * self.frames] = self._decode(clip)
        first = clips.start * self.frames
        return out[start - first : stop - first : step]

    def _decode(self, clip: int) -> NDArray[Any]:
        file, start, number = self.files[clip], self.starts[clip], -1
        frames: list[NDArray[Any]] = []
        # from the first frame on: seeking in a compressed video lands on key frames only
        for number, frame in enumerate(_decode_frames(file)):
            if number >= start and (number - start) % self.stride == 0:
                frames.append(self._pixels(frame))
            if len(frames) == self.frames:
                return np.stack(frames)
        least = start + count_frames(self.frames, self.stride)
        raise SeriesTooShortError(
            f"{self.frames} frames at a stride of {self.stride} from frame {start + 1} on need a "
            f"video of {least} frames, but {str(file)!r} has {number + 1}. Lower n_frames or "
            "stride, or take the file out."
        )

    def _pixels(self, frame: Any) -> NDArray[Any]:
        height, width = self.grid
        pixels = frame.reformat(width=width, height=height, format=self.format).to_ndarray()
        # [H, W] of grey, [H, W, 3] of colours, to [C, H, W]
        return np.asarray(pixels).reshape(height, width, -1).transpose(2, 0, 1)


def video_files(folder: Path) -> tuple[Path, ...]:
    """Return the videos in the folders of a folder, by class and name."""
    files = sorted(file for file in folder.glob("*/*") if file.suffix.lower() in _SUFFIXES)
    if files:
        return tuple(files)
    raise DataNotFoundError(
        f"{str(folder)!r} holds no video. It must hold a folder for each class, with files "
        f"that end in {', '.join(_SUFFIXES)}."
    )


def _check_video(file: Path) -> None:
    av = _pyav()
    try:
        with av.open(str(file)) as container:
            has_picture = bool(container.streams.video)
    except av.FFmpegError as error:
        raise _integrity_error(file, error.strerror) from error
    if not has_picture:
        raise _integrity_error(file, "it has no picture")


def _decode_frames(file: Path) -> Iterator[Any]:
    av = _pyav()
    try:
        with av.open(str(file)) as container:
            yield from container.decode(video=0)
    except av.FFmpegError as error:
        raise _integrity_error(file, error.strerror) from error


def _integrity_error(file: Path, reason: object) -> DataIntegrityError:
    return DataIntegrityError(
        f"{str(file)!r} cannot be read as a video ({reason}). Repair it or take it out."
    )


def _pyav() -> Any:
    try:
        import av
    except ImportError as error:
        raise ImportError(
            "Video needs the av package (PyAV). Install it with pip install av."
        ) from error
    return av
