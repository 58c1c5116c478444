from __future__ import annotations

import gzip
import struct
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


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n", b"\0\0\x07\x01", b"\0\0\x08\0"])
def test_another_format_is_told(path, data):
    path.write_bytes(data)
    with pytest.raises(DataIntegrityError, match=r"must be an idx file.*but starts with"):
        load_idx(path)


@pytest.mark.parametrize("kept", [6, 16, 39])
def test_a_file_cut_short_is_told(path, kept):
    path.write_bytes(idx_bytes(np.zeros((2, 3, 4)), 0x08)[:kept])
    with pytest.raises(DataIntegrityError, match=r"must hold .* values of 1 bytes, but has"):
        load_idx(path)


def test_a_packed_file_cut_short_is_told(path):
    path.write_bytes(gzip.compress(idx_bytes(np.zeros((2, 3, 4)), 0x08))[:-9])
    with pytest.raises(DataIntegrityError, match=r"is broken.*fetch it again"):
        load_idx(path)


def test_a_path_without_a_file_is_named(path):
    with pytest.raises(DataNotFoundError, match=r"no file .*images-idx3-ubyte"):
        load_idx(path)
