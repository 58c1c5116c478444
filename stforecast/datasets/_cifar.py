"""Reader for the original files of CIFAR-10."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stforecast._validation import check_choice
from stforecast.datasets._plain_pickle import decode_array, read_plain_pickle
from stforecast.exceptions import DataIntegrityError, DataNotFoundError

_BATCHES = {"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)}
_PICTURE = (3, 32, 32)
_PIXELS = 3 * 32 * 32
_MAX_BYTES = 2**26  # a batch has 31 MB

Batch = tuple[NDArray[np.uint8], NDArray[np.intp]]


def load_cifar10(
    path: str | PathLike[str], *, subset: str = "train"
) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    """Load the pictures of CIFAR-10 from its original files, those for Python or the binary ones.

    Parameters
    ----------
    path : path
        The unpacked folder, ``cifar-10-batches-py`` or ``cifar-10-batches-bin``.
    subset : {"train", "test"}, default="train"
        The five training batches, or the test batch.

    Returns
    -------
    X : uint8 ndarray of shape (n, 3, 32, 32)
        Red, green and blue of each picture, row by row.
    y : ndarray of shape (n,)
        Names of the classes: "airplane", "automobile" and so on.

    Raises
    ------
    DataNotFoundError
        If the folder or one of its files is missing.
    DataIntegrityError
        If a file is cut short, has another format or more than 64 MiB.

    Notes
    -----
    The files for Python are pickles; their arrays are read without calling anything that they name.
    As windows, a picture is one frame, ``X[:, None]``, or a sequence of its rows,
    ``X.transpose(0, 2, 1, 3)[:, :, :, None]``, which is (n, 32, 3, 1, 32).

    References
    ----------
    .. [1] A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", technical report,
       2009. https://www.cs.toronto.edu/~kriz/cifar.html

    Examples
    --------
    >>> from stforecast.datasets import load_cifar10
    >>> X, y = load_cifar10("cifar-10-batches-py", subset="test")  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (10000, 3, 32, 32)
    """
    names = _BATCHES[check_choice("subset", subset, tuple(_BATCHES))]
    folder = Path(path)
    if (folder / "batches.meta.txt").is_file():
        classes, files = _text_classes(folder), [folder / f"{name}.bin" for name in names]
        batches = [_read_binary(file, len(classes)) for file in files]
    else:
        classes, files = _read_classes(folder), [folder / name for name in names]
        batches = [_read_batch(file, len(classes)) for file in files]
    pictures, labels = zip(*batches, strict=True)
    return np.concatenate(pictures), classes[np.concatenate(labels)]


def _text_classes(folder: Path) -> NDArray[np.str_]:
    return np.array(_read_bytes(folder / "batches.meta.txt").decode("latin-1").split())


def _read_classes(folder: Path) -> NDArray[np.str_]:
    path = folder / "batches.meta"
    (names,) = _read_values(path, b"label_names")
    if not (isinstance(names, list) and all(isinstance(name, bytes) for name in names)):
        raise _integrity_error(path, "its names of classes are not texts")
    return np.array([name.decode("latin-1") for name in names])


def _read_binary(path: Path, n_classes: int) -> Batch:
    data = np.frombuffer(_read_bytes(path), np.uint8)
    if not len(data) or len(data) % (1 + _PIXELS):
        raise DataIntegrityError(
            f"{path} must hold {1 + _PIXELS} bytes for each picture, but has {len(data)} bytes. "
            "Unpack it again."
        )
    rows = data.reshape(-1, 1 + _PIXELS)  # a byte of label, then the picture plane by plane
    return rows[:, 1:].reshape(-1, *_PICTURE), _labels(path, rows[:, 0].tolist(), n_classes)


def _read_batch(path: Path, n_classes: int) -> Batch:
    array, labels = _read_values(path, b"data", b"labels")
    try:
        pictures = decode_array(array).reshape(-1, *_PICTURE)
    except ValueError as error:
        raise _integrity_error(path, error) from error
    if not isinstance(labels, list) or len(pictures) != len(labels):
        raise _integrity_error(path, f"it has no label for each of its {len(pictures)} pictures")
    return pictures, _labels(path, labels, n_classes)


def _labels(path: Path, labels: list[Any], n_classes: int) -> NDArray[np.intp]:
    # by `type`, since True is an instance of int as well
    if not all(type(label) is int and 0 <= label < n_classes for label in labels):
        raise _integrity_error(path, f"its labels are not numbers of the {n_classes} classes")
    return np.array(labels, dtype=np.intp)


def _read_bytes(path: Path) -> bytes:
    if path.is_file():
        if path.stat().st_size > _MAX_BYTES:
            raise _integrity_error(path, f"it has more than {_MAX_BYTES} bytes")
        return path.read_bytes()
    raise DataNotFoundError(
        f"{path} does not exist. Pass the unpacked folder, cifar-10-batches-py or "
        "cifar-10-batches-bin."
    )


def _read_values(path: Path, *keys: bytes) -> list[Any]:
    data = _read_bytes(path)
    try:
        values = read_plain_pickle(data)
        return [values[key] for key in keys]
    except (LookupError, TypeError, ValueError) as error:
        raise _integrity_error(
            path, f"{error!r:.80}" if isinstance(error, KeyError) else error
        ) from error


def _integrity_error(path: Path, reason: object) -> DataIntegrityError:
    return DataIntegrityError(
        f"{path} must be a file of CIFAR-10, but {reason!s:.200}. Unpack it again."
    )
