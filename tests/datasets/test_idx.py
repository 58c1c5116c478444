from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from stforecast.datasets import load_idx
from stforecast.exceptions import DataIntegrityError, DataNotFoundError

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}


def idx_bytes(values: np.ndarray, code: int) -> bytes:
    sizes = struct.pack(f">{values.ndim}I", *values.shape)
    return bytes([0, 0, code, values.ndim]) + sizes + values.astype(f">{TYPES[code]}").tobytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "images-idx3-ubyte"


@pytest.mark.parametrize("code", TYPES)
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4)])
def test_arrays_of_every_type_and_shape_are_read(path, code, shape):
    values = np.arange(np.prod(shape)).reshape(shape).astype(TYPES[code])
    path.write_bytes(idx_bytes(values, code))
    found = load_idx(path)
    np.testing.assert_array_equal(found, values)
    assert found.dtype == np.dtype(TYPES[code])
    assert found.dtype.isnative


def test_a_packed_file_is_read_whatever_its_name(path):
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path.write_bytes(gzip.compress(idx_bytes(values, 0x08)))
    np.testing.assert_array_equal(load_idx(str(path)), values)


def test_what_is_read_may_be_changed(path):
    path.write_bytes(idx_bytes(np.zeros(3), 0x08))
    load_idx(path)[:] = 1


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n", b"\0\0\x07\x01", b"\0\0\x08\0", b"\0\0\x08\xff" + bytes(1020)]
)
def test_another_format_is_refused(path, data):
    path.write_bytes(data)
    with pytest.raises(DataIntegrityError, match=r"must be an idx file.*but starts with"):
        load_idx(path)


@pytest.mark.parametrize("kept", [6, 16, 39])
def test_a_file_cut_short_is_refused(path, kept):
    path.write_bytes(idx_bytes(np.zeros((2, 3, 4)), 0x08)[:kept])
    with pytest.raises(DataIntegrityError, match=r"must hold .* values of 1 bytes, but has"):
        load_idx(path)


def test_a_packed_file_cut_short_is_refused(path):
    path.write_bytes(gzip.compress(idx_bytes(np.zeros((2, 3, 4)), 0x08))[:-9])
    with pytest.raises(DataIntegrityError, match=r"is broken.*fetch it again"):
        load_idx(path)


def test_a_path_without_a_file_is_named(path):
    with pytest.raises(DataNotFoundError, match=r"images-idx3-ubyte\S* does not exist"):
        load_idx(path)


def test_a_file_that_goes_on_is_refused(path):
    path.write_bytes(idx_bytes(np.zeros(3), 0x08) + b"x")
    with pytest.raises(DataIntegrityError, match=r"must hold 3 values of 1 bytes, but has other"):
        load_idx(path)


def test_sizes_that_no_file_has_are_refused_before_anything_is_allocated(path):
    path.write_bytes(bytes([0, 0, 0x0E, 4]) + b"\xff" * 16)
    with pytest.raises(DataIntegrityError, match=r"must hold 4294967295 x .*but has 0 bytes"):
        load_idx(path)


def test_an_empty_array_of_sizes_that_cannot_be_is_refused(path):
    path.write_bytes(bytes([0, 0, 0x08, 4]) + bytes(4) + b"\xff" * 12)
    with pytest.raises(DataIntegrityError, match="must hold 0 x 4294967295 x"):
        load_idx(path)
    path.write_bytes(bytes([0, 0, 0x08, 2]) + bytes(4) + bytes([0, 0, 0, 28]))
    assert load_idx(path).shape == (0, 28)


def test_a_packed_file_that_would_fill_the_memory_is_refused(path):
    unpacked = bytes([0, 0, 0x08, 1]) + struct.pack(">I", 2**23)
    path.write_bytes(gzip.compress(unpacked + bytes(2**23)))
    tracemalloc.start()
    with pytest.raises(DataIntegrityError, match=r"unpacks to 8388608 bytes, more than 100.*gunz"):
        load_idx(path)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 2**20
    path.write_bytes(gzip.decompress(path.read_bytes()))
    assert load_idx(path).shape == (2**23,)


def test_a_packed_file_that_promises_less_than_it_holds_is_not_unpacked(path):
    path.write_bytes(gzip.compress(idx_bytes(np.zeros(3), 0x08) + bytes(2**23)))
    tracemalloc.start()
    with pytest.raises(DataIntegrityError, match="but has other"):
        load_idx(path)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 2**20


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("code", [0x08, 0x0E])
def test_a_valid_file_takes_at_most_twice_its_size(path, packed, code):
    values = np.random.default_rng(0).integers(256, size=(300, 28, 28))
    content = idx_bytes(values, code)
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    tracemalloc.start()
    load_idx(path)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # a piece of the file is in memory beside the array
    assert held < len(content) + 2**20
