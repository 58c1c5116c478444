"""Reader for the original files of CIFAR-10."""

from __future__ import annotations

import io
import pickle
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stforecast._validation import check_choice
from stforecast.exceptions import DataIntegrityError, DataNotFoundError

_BATCHES = {"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)}
_PICTURE = (3, 32, 32)
_PIXELS = 3 * 32 * 32

# All that the files for Python refer to; a pickle that asks for anything else is refused.
_ARRAYS = {
    ("_codecs", "encode"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
}

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
        If there is no such folder, or a file of it is missing.
    DataIntegrityError
        If a file is cut short, or is something else.

    Notes
    -----
    The files for Python are pickles; they are read without running anything in them.
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
        classes, batches = _text_classes(folder), [_read_binary(folder / f"{n}.bin") for n in names]
    else:
        classes, batches = _pickled_classes(folder), [_read_pickled(folder / n) for n in names]
    pictures, labels = zip(*batches, strict=True)
    return np.concatenate(pictures), classes[np.concatenate(labels)]


def _text_classes(folder: Path) -> NDArray[np.str_]:
    return np.array((folder / "batches.meta.txt").read_text(encoding="ascii").split())


def _pickled_classes(folder: Path) -> NDArray[np.str_]:
    (names,) = _unpickled(folder / "batches.meta", b"label_names")
    return np.array([name.decode() for name in names])


def _read_binary(path: Path) -> Batch:
    data = np.frombuffer(_bytes_of(path), np.uint8)
    if not len(data) or len(data) % (1 + _PIXELS):
        raise DataIntegrityError(
            f"{path} must hold {1 + _PIXELS} bytes for each picture, but has {len(data)} bytes. "
            "Unpack it again."
        )
    rows = data.reshape(-1, 1 + _PIXELS)
    return rows[:, 1:].reshape(-1, *_PICTURE), rows[:, 0].astype(np.intp)


def _read_pickled(path: Path) -> Batch:
    pictures, labels = _unpickled(path, b"data", b"labels")
    return np.asarray(pictures, np.uint8).reshape(-1, *_PICTURE), np.asarray(labels, np.intp)


def _bytes_of(path: Path) -> bytes:
    if path.is_file():
        return path.read_bytes()
    raise DataNotFoundError(
        f"There is no file {path}. Pass the unpacked folder, cifar-10-batches-py or "
        "cifar-10-batches-bin."
    )


def _unpickled(path: Path, *keys: bytes) -> list[Any]:
    data = _bytes_of(path)
    try:
        found = _OnlyArrays(io.BytesIO(data), encoding="bytes").load()
        return [found[key] for key in keys]
    except (EOFError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as error:
        raise DataIntegrityError(
            f"{path} must be a file of CIFAR-10 for Python, but is none ({error!r}). Unpack it "
            "again."
        ) from error


class _OnlyArrays(pickle.Unpickler):
    """An unpickler that makes arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core", "numpy._core")
        if (module, name) in _ARRAYS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")
