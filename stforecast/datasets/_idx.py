"""Reader for the idx files of MNIST and its kin."""

from __future__ import annotations

import gzip
import math
import zlib
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stforecast.exceptions import DataIntegrityError, DataNotFoundError

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


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
        If there is no file at `path`.
    DataIntegrityError
        If the file is no idx file, or is cut short.

    Notes
    -----
    The format: two zero bytes, a byte for the type, a byte for the number of dimensions, the
    dimensions as big-endian 32-bit integers, the values in C order.

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
    data = _unpack(Path(path))
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _DTYPES or not data[3]:
        raise DataIntegrityError(
            f"{path} must be an idx file, which starts with two zero bytes and a type, but starts "
            f"with {data[:4]!r}. Pass a file such as t10k-images-idx3-ubyte.gz."
        )
    return _array(path, data, np.dtype(_DTYPES[data[2]]), data[3])


def _unpack(path: Path) -> bytes:
    if not path.is_file():
        raise DataNotFoundError(f"path must be an idx file, but there is no file {path}.")
    data = path.read_bytes()
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataIntegrityError(
            f"{path} is broken ({error}). Delete it and fetch it again."
        ) from error


def _array(
    path: str | PathLike[str], data: bytes, dtype: np.dtype[Any], dimensions: int
) -> NDArray[Any]:
    """Read the sizes, then as many values as they promise."""
    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    if len(data) != start + math.prod(shape) * dtype.itemsize:
        raise DataIntegrityError(
            f"{path} must hold {' x '.join(map(str, shape))} values of {dtype.itemsize} bytes, "
            f"but has {max(len(data) - start, 0)} bytes of them. Fetch it again."
        )
    values = np.frombuffer(data, dtype=dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="))
