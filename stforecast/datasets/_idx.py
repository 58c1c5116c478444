"""Reader for the idx files of MNIST and its kin."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from os import PathLike
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from stforecast.exceptions import DataIntegrityError, DataNotFoundError

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_AXES = 4
# pictures are packed to a third or a tenth; a file made to fill the memory, to a thousandth
_MAX_TIMES = 100
_PIECE = 2**18


def load_idx(path: str | PathLike[str]) -> NDArray[Any]:
    """Load an array from an idx file, the format of MNIST and Fashion-MNIST.

    Parameters
    ----------
    path : path
        An idx file such as ``t10k-images-idx3-ubyte``, plain or compressed with gzip.

    Returns
    -------
    ndarray
        The array in the file: (N, 28, 28) uint8 for MNIST's pictures, (N,) uint8 for its labels;
        in the machine's byte order.

    Raises
    ------
    DataNotFoundError
        If `path` does not exist.
    DataIntegrityError
        If the file has another format, is cut short, or unpacks to more than 100 times its size.

    Notes
    -----
    The format: two zero bytes, a byte for the type, a byte for the number of dimensions, the
    dimensions as big-endian 32-bit integers, the values in C order. Up to four dimensions are read.
    Reading takes the memory of the array, whether or not the file is compressed.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to
       Document Recognition", Proceedings of the IEEE 86(11), 1998.
       https://doi.org/10.1109/5.726791

    Examples
    --------
    >>> from stforecast.datasets import load_idx
    >>> pictures = load_idx("t10k-images-idx3-ubyte.gz")  # doctest: +SKIP
    >>> pictures.shape  # doctest: +SKIP
    (10000, 28, 28)
    """
    file = Path(path)
    if not file.is_file():
        raise DataNotFoundError(f"path must be an idx file, but {path} does not exist.")
    try:
        with file.open("rb") as raw:
            return _read(file, raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataIntegrityError(
            f"{path} is broken ({error}). Delete it and fetch it again."
        ) from error


def _read(path: Path, raw: IO[bytes]) -> NDArray[Any]:
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    if not packed:
        return _array(path, raw, _size(path))
    with gzip.open(raw) as file:
        return _array(path, cast("IO[bytes]", file), _MAX_TIMES * _size(path), packed=True)


def _array(path: Path, file: IO[bytes], most: int, *, packed: bool = False) -> NDArray[Any]:
    """Read the values that the header promises, unless they need more than `most` bytes."""
    dtype, shape = _header(path, file)
    size = math.prod(shape) * dtype.itemsize
    if packed and size > most:
        raise DataIntegrityError(
            f"{path} unpacks to {size} bytes, more than {_MAX_TIMES} times its size, and could "
            "fill the memory. If you trust it, unpack it with gunzip and pass what comes out."
        )
    values = np.empty(min(size, most), np.uint8)
    count = _fill(values, file)
    # of an empty array no value says whether the other sizes can be
    if count < size or file.read(1) or math.prod(filter(None, shape)) > 2**60:
        raise DataIntegrityError(
            f"{path} must hold {' x '.join(map(str, shape))} values of {dtype.itemsize} bytes, "
            f"but has {'other' if count == size else count} bytes of them. Fetch it again."
        )
    # swapped in place, so that the values are in memory once
    array = values.view(dtype).reshape(shape)
    return array if dtype.isnative else array.byteswap(inplace=True).view(dtype.newbyteorder("="))


def _header(path: Path, file: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    start = file.read(4)
    is_idx = len(start) == 4 and start[:2] == b"\0\0" and start[2] in _DTYPES
    if not (is_idx and 0 < start[3] <= _MAX_AXES):
        raise DataIntegrityError(
            f"{path} must be an idx file, which starts with two zero bytes, a type and 1 to "
            f"{_MAX_AXES} axes, but starts with {start!r}. Pass a file such as "
            "t10k-images-idx3-ubyte.gz."
        )
    sizes = file.read(4 * start[3])
    # an end within the sizes counts as sizes that no file has
    return np.dtype(_DTYPES[start[2]]), struct.unpack(
        f">{start[3]}I", sizes.ljust(4 * start[3], b"\xff")
    )


def _fill(values: NDArray[np.uint8], file: IO[bytes]) -> int:
    """Read into an array until it is full or the file ends; return how many bytes were read."""
    count = 0
    # a piece at a time: gzip hands out what it has, and one read of all would be a second copy
    while count < len(values) and (piece := file.read(min(len(values) - count, _PIECE))):
        values[count : count + len(piece)] = np.frombuffer(piece, np.uint8)
        count += len(piece)
    return count


def _size(path: Path) -> int:
    return path.stat().st_size
