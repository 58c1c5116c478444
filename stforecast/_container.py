"""One file of arrays and a description, under a digest of every byte.

The layout is that of safetensors (https://huggingface.co/docs/safetensors): the length of a JSON
header, the header, then the bytes of the arrays, uncompressed and without gaps. Any reader of
safetensors can list and read the arrays. The description and the digest stand in its metadata.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

# No more than this is parsed: a JSON text of brackets alone takes 24 times its size in memory.
HEADER_BYTES = 2**25
HEADER_MARKS = 2**20
_START = b'{"__metadata__":{"sha256":"'
_DIGITS = 64
_DTYPES = {
    "BOOL": "|b1",
    "U8": "|u1",
    "I8": "|i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}
_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}


@dataclass(frozen=True, eq=False)
class Container:
    """What a file holds.

    Parameters
    ----------
    metadata : mapping of str to str
        The description, in the words of who wrote it.
    arrays : mapping of str to ndarray
        Numbers and flags, by name.
    """

    metadata: Mapping[str, str]
    arrays: Mapping[str, np.ndarray]


def write_container(file: IO[bytes], container: Container) -> None:
    """Write a container to a binary file.

    Raises
    ------
    ValueError
        If the description is too long, or an array of another kind than numbers and flags.
    """
    arrays = {name: np.asarray(a, order="C") for name, a in container.arrays.items()}
    # the largest items first: then every array starts at a multiple of its item's size
    names = sorted(arrays, key=lambda name: -arrays[name].itemsize)
    header = _header(container.metadata, {name: arrays[name] for name in names})
    digest = hashlib.sha256(header)
    for name in names:
        digest.update(_bytes(arrays[name]))
    # the digest is that of a file with zeros in its place, which it takes last
    start = 8 + len(_START)
    file.write(header[:start] + digest.hexdigest().encode() + header[start + _DIGITS :])
    for name in names:
        file.write(_bytes(arrays[name]))


def read_container(file: IO[bytes]) -> Container:
    """Read the container that a binary file is, from its start.

    Nothing is allocated before its size is known to be that of bytes which the file has.

    Raises
    ------
    ValueError
        If the file is something else, or one of its bits differs from what was written.
    """
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    header = _read_header(file, size)
    metadata, entries = _parse(header[8:])
    _check_entries(entries, size - len(header))
    start = 8 + len(_START)
    # the zeros over which the digest was made
    digest = hashlib.sha256(header[:start] + b"0" * _DIGITS + header[start + _DIGITS :])
    arrays = {}
    for name, dtype, shape, _, _ in entries:
        arrays[name] = np.empty(shape, dtype)
        _fill(arrays[name], file)
        digest.update(_bytes(arrays[name]))
    if digest.hexdigest() != metadata["sha256"]:
        raise ValueError("its content differs from what was written")
    return Container(metadata, arrays)


def _header(metadata: Mapping[str, str], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the length and the header, with zeros where the digest goes."""
    header: dict[str, Any] = {"__metadata__": {"sha256": "0" * _DIGITS, **metadata}}
    offset = 0
    for name, array in arrays.items():
        if array.dtype not in _NAMES:
            raise ValueError(f"array {name} is of type {array.dtype}")
        end = offset + array.nbytes
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the arrays begin at a multiple of 8, as readers expect
    if len(text) > HEADER_BYTES or _marks(text) > HEADER_MARKS:
        raise ValueError(
            f"its description has {len(text)} bytes and {_marks(text)} parts, more than the "
            f"{HEADER_BYTES} bytes and {HEADER_MARKS} parts that are read"
        )
    return struct.pack("<Q", len(text)) + text


def _read_header(file: IO[bytes], size: int) -> bytes:
    prefix = file.read(8 + len(_START))
    if prefix[8:] != _START:
        raise ValueError("it begins differently")
    (length,) = struct.unpack("<Q", prefix[:8])
    if length > size - 8:
        raise ValueError("it ends early")
    if length > HEADER_BYTES:
        raise ValueError(f"its description has {length} bytes, and {HEADER_BYTES} are the most")
    header = prefix + file.read(length - len(_START))
    if len(header) != 8 + length:  # the file grew shorter since its size was read
        raise ValueError("it ends early")
    if _marks(header) > HEADER_MARKS:
        raise ValueError(f"its description has more than {HEADER_MARKS} parts")
    return header


def _marks(text: bytes) -> int:
    return sum(map(text.count, (b",", b"[", b"{")))


def _parse(text: bytes) -> tuple[dict[str, str], list[tuple[str, np.dtype, Any, int, int]]]:
    """Return the metadata, and of each array its name, type, shape, begin and end."""
    header = parse_json(text.decode())
    metadata = header.pop("__metadata__")
    if not (isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values())):
        raise ValueError("its metadata is more than text")
    if len(metadata["sha256"]) != _DIGITS:
        raise ValueError("its digest has another length")
    return metadata, [_entry(name, fields) for name, fields in header.items()]


def parse_json(text: str) -> Any:
    """Return what a JSON text says, or raise ValueError if it names something twice."""
    # counted here again: a text within the header can write its brackets as escapes
    if sum(map(text.count, ",[{")) > HEADER_MARKS:
        raise ValueError(f"its description has more than {HEADER_MARKS} parts")
    try:
        return json.loads(text, object_pairs_hook=_build_object)
    except RecursionError as error:
        raise ValueError("its description is nested too deeply") from error


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)  # of two under one name the last
    if len(members) != len(pairs):
        raise ValueError("its description names something twice")
    return members


def _entry(name: str, fields: Any) -> tuple[str, np.dtype, Any, int, int]:
    if not isinstance(fields, dict) or fields.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"array {name:.60} lacks a type, shape or place")
    shape, offsets = fields["shape"], fields["data_offsets"]
    known = isinstance(fields["dtype"], str) and fields["dtype"] in _DTYPES
    if not (known and _are_counts(shape) and _are_counts(offsets)):
        raise ValueError(f"array {name:.60} has another type, shape or place than arrays have")
    if len(shape) > 32 or len(offsets) != 2:
        raise ValueError(f"array {name:.60} has too many axes")
    begin, end = offsets
    return name, np.dtype(_DTYPES[fields["dtype"]]), tuple(shape), begin, end


def _are_counts(values: Any) -> bool:
    # `type`, since True is an int; numpy's own sizes are integers of 64 bits
    return isinstance(values, list) and all(type(n) is int and 0 <= n < 2**62 for n in values)


def _check_entries(entries: list[tuple[str, np.dtype, Any, int, int]], size: int) -> None:
    """Raise unless the arrays, in the order of the header, are all the bytes behind it."""
    place = 0  # where the last array ended: a gap could hide bytes, an overlap stand for more
    for name, dtype, shape, begin, end in entries:
        if begin != place or end - begin != dtype.itemsize * math.prod(shape):
            raise ValueError(f"array {name:.60} is not where its size puts it")
        place = end
    if place != size:
        raise ValueError("it ends early" if place > size else "it goes on after its end")


def _fill(array: np.ndarray, file: Any) -> None:
    """Read the values of an array."""
    if array.size and file.readinto(_bytes(array)) != array.nbytes:
        raise ValueError("it ends early")
    # numpy takes it for granted that the byte of a flag is 0 or 1
    if array.dtype == np.bool_ and array.size and array.view(np.uint8).max() > 1:
        raise ValueError("one of its flags is neither true nor false")


def _bytes(array: np.ndarray) -> Any:
    """Return the memory of a contiguous array, byte by byte."""
    # a view of the array itself: writing into it fills the array
    return array.reshape(-1).view(np.uint8).data if array.size else b""
