"""CIFAR-10 from files as they are handed out, written here with few pictures."""

from __future__ import annotations

import io
import pickle
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from stforecast.datasets import load_cifar10
from stforecast.datasets._plain_pickle import read_plain_pickle
from stforecast.exceptions import DataIntegrityError, DataNotFoundError

NAMES = ["airplane", "automobile", "bird"]
FILES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


class Python2Pickler(pickle._Pickler):
    """Write byte strings as Python 2 did, whose files these are."""

    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)

    def save_text(self, data: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)

    dispatch[bytes] = save_text


def pickled(value: Any, *, python2: bool) -> bytes:
    if not python2:
        return pickle.dumps(value)
    out = io.BytesIO()
    Python2Pickler(out, protocol=2).dump(value)
    return out.getvalue().replace(b"numpy._core", b"numpy.core")


def content() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    draw = np.random.default_rng(0)
    return {
        name: (draw.integers(256, size=(4, 3072), dtype=np.uint8), draw.integers(3, size=4))
        for name in FILES
    }


def write(folder: Path, kind: str) -> Path:
    folder.mkdir()
    if kind == "binary":
        (folder / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")
        for name, (pixels, labels) in content().items():
            rows = np.column_stack([labels.astype(np.uint8), pixels])
            (folder / f"{name}.bin").write_bytes(rows.tobytes())
        return folder
    old = kind == "python 2"
    meta = {b"label_names": [name.encode() for name in NAMES], b"num_vis": 3072}
    (folder / "batches.meta").write_bytes(pickled(meta, python2=old))
    for name, (pixels, labels) in content().items():
        batch = {b"batch_label": b"a batch", b"data": pixels, b"labels": labels.tolist()}
        (folder / name).write_bytes(pickled(batch, python2=old))
    return folder


@pytest.fixture(params=["binary", "python 2", "python 3"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return write(tmp_path / "cifar", request.param)


def test_pictures_and_names_are_those_that_were_written(folder: Path) -> None:
    X, y = load_cifar10(folder)
    batches = [content()[name] for name in FILES[:5]]
    pixels = np.concatenate([one for one, _ in batches])
    assert X.shape == (20, 3, 32, 32)
    assert X.dtype == np.uint8
    # red, green, blue one after the other, each row by row
    assert X[7, 2, 5, 9] == pixels[7, 2 * 1024 + 5 * 32 + 9]
    np.testing.assert_array_equal(X.reshape(20, -1), pixels)
    assert y.tolist() == [NAMES[label] for _, labels in batches for label in labels]


def test_the_test_batch_is_on_its_own(folder: Path) -> None:
    X, y = load_cifar10(str(folder), subset="test")
    pixels, labels = content()["test_batch"]
    np.testing.assert_array_equal(X.reshape(4, -1), pixels)
    assert y.tolist() == [NAMES[label] for label in labels]


def test_a_missing_file_or_folder_is_named(folder: Path, tmp_path: Path) -> None:
    for file in folder.glob("data_batch_3*"):
        file.unlink()
    with pytest.raises(
        DataNotFoundError, match=r"data_batch_3.* does not exist.*Pass the unpacked"
    ):
        load_cifar10(folder)
    with pytest.raises(DataNotFoundError, match=r"nowhere.* does not exist.*cifar-10-batches-bin"):
        load_cifar10(tmp_path / "nowhere")


def test_a_file_cut_short_is_named(folder: Path) -> None:
    (file,) = folder.glob("test_batch*")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DataIntegrityError, match=r"test_batch.* must .*Unpack it again"):
        load_cifar10(folder, subset="test")


def test_a_pickle_of_anything_else_is_refused_and_not_run(tmp_path: Path) -> None:
    folder = write(tmp_path / "cifar", "python 3")
    target = tmp_path / "made"

    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (target,)

    (folder / "test_batch").write_bytes(pickle.dumps({b"data": Trap(), b"labels": []}))
    with pytest.raises(DataIntegrityError, match=r"test_batch must be .*, but it asks for pathlib"):
        load_cifar10(folder, subset="test")
    (folder / "test_batch").write_bytes(pickle.dumps({b"labels": [1]}))
    with pytest.raises(DataIntegrityError, match=r"but KeyError\(b'data'\)\. Unpack"):
        load_cifar10(folder, subset="test")
    assert not target.exists()


def batch(**changes: Any) -> bytes:
    pixels, labels = content()["test_batch"]
    return pickle.dumps(
        {b"data": pixels, b"labels": labels.tolist(), **{k.encode(): v for k, v in changes.items()}}
    )


def array_of(arguments: bytes) -> bytes:
    """A batch whose array has a type that is called with one value of a pickle."""
    dtype = b"cnumpy\ndtype\n" + arguments + b"R"
    array = b"cnumpy._core.multiarray\n_reconstruct\n)R(K\x01K\x04\x85" + dtype + b"\x89C\x00tb"
    return b"\x80\x04}(C\x04data" + array + b"C\x06labels]u."


class OfModule:
    """Asks for a name of numpy that an array does not need."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


OPCODES = {
    "a memory without end": b"\x80\x02]r\xff\xff\xff\x7f.",
    "places of one hash": b"".join(b"]p%d\n" % (i * (2**61 - 1)) for i in range(9)) + b".",
    "a place before the first": b"]p-1\n.",
    "an end without a value": b".",
    "a mark that is not there": b"]u.",
    "what is not remembered": b"h\x07.",
    "a list as a key": b"}]]s.",
    "numbers as keys": b"}K\x01]s.",
    "a state of a function": b"cnumpy\ndtype\n}b.",
    "parts without end": b"]" * 300_000 + b".",
    "an extension": b"\x82\x01.",
    "no end": b"]",
    "no pickle": b"x",
}


@pytest.mark.parametrize("opcodes", OPCODES)
def test_a_pickle_that_is_made_to_hurt_is_refused(opcodes: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "cifar", "python 3")
    (folder / "test_batch").write_bytes(OPCODES[opcodes])
    tracemalloc.start()
    with pytest.raises(DataIntegrityError, match=r"test_batch must be a file of CIFAR-10, but \w"):
        load_cifar10(folder, subset="test")
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 2**26


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (batch(data=np.zeros((4, 3071), np.uint8)), "cannot reshape"),
        (batch(data=np.zeros((4, 3072))), "its array is not one of bytes"),
        (batch(data=np.zeros((3072, 4), np.uint8).T), "its array is not one of bytes"),
        (batch(data=b"x"), "it has no array"),
        (array_of(b"N"), "its array is not one of bytes"),
        (array_of(b")"), "its array is not one of bytes"),
        (array_of(b"]"), "its array is not one of bytes"),
        (batch(data=OfModule(np.ndarray, (2**40,))), "it has no array"),
        (batch(data=OfModule(np.load, "x")), "it asks for numpy.load"),
        (batch(labels=[0, 1, 2]), "no label for each of its 4 pictures"),
        (batch(labels=[0, 1, 2, 3]), "not numbers of the 3 classes"),
        (batch(labels=[0, 1, 2, "a"]), "not numbers of the 3 classes"),
        (batch(labels=None), "no label for each"),
    ],
    ids=range(13),
)
def test_what_a_batch_cannot_be_is_refused(changed: bytes, message: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "cifar", "python 3")
    (folder / "test_batch").write_bytes(changed)
    with pytest.raises(DataIntegrityError, match=message):
        load_cifar10(folder, subset="test")


def test_a_label_of_no_class_is_refused_in_a_binary_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "cifar", "binary")
    (folder / "test_batch.bin").write_bytes(bytes([3]) + bytes(3072))
    with pytest.raises(DataIntegrityError, match="not numbers of the 3 classes"):
        load_cifar10(folder, subset="test")


def test_a_subset_is_one_of_two(folder: Path) -> None:
    with pytest.raises(ValueError, match="subset must be 'train' or 'test', got 'valid'"):
        load_cifar10(folder, subset="valid")


def test_places_are_remembered_as_quickly_as_they_are_counted() -> None:
    many = b"".join(b"]p%d\n" % (i * (2**61 - 1)) for i in range(20_000)) + b"]."
    start = time.process_time()
    with pytest.raises(ValueError, match="it remembers a value at place"):
        read_plain_pickle(many)
    assert time.process_time() - start < 0.5
