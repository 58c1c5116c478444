"""How values of Python and numpy are written: containers, arrays, numbers, types, generators."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from stforecast.persistence._nodes import (
    Builder,
    Checker,
    Kind,
    Node,
    SchemaError,
    Writer,
    are_counts,
    is_count,
    must,
)
from stforecast.persistence._specs import (
    AnySpec,
    Array,
    Key,
    NoneSpec,
    UnionSpec,
    check_dict,
    check_items,
)

_TIMES = r"[mM]8\[(?:Y|M|W|D|h|m|s|ms|us|ns)\]"
_DTYPE = re.compile(
    rf"[<>](?:[iuf][248]|c8|c16|{_TIMES}|[U][0-9]{{1,6}})|\|(?:b1|i1|u1|S[0-9]{{1,6}})"
)
_RAW = {"m": "<i8", "M": "<i8", "U": "<u4", "S": "|u1"}
_ANY_SPEC = AnySpec()
# numbers that stand some powers of two apart have one hash, and no more than these
_HASH_LIMIT = 64


def _write_tuple(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    return {"items": [writer.node(item, f"{path}[{i}]") for i, item in enumerate(value)]}


def _check_tuple(fields: dict[str, Node], path: str, checker: Checker) -> None:
    check_items(fields["items"], _ANY_SPEC, path, checker)


def _write_dict(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    return {
        "keys": [writer.node(key, path) for key in value],
        "values": [writer.node(item, f"{path}[{key!r:.40}]") for key, item in value.items()],
    }


def _check_dict(fields: dict[str, Node], path: str, checker: Checker) -> None:
    check_dict(fields, path, checker, Key(), _ANY_SPEC)


def _build_dict(fields: dict[str, Node], builder: Builder) -> dict[Any, Any]:
    keys, values = ([builder.value(node) for node in fields[name]] for name in ("keys", "values"))
    check_hashes(keys)
    entries = dict(zip(keys, values, strict=True))
    if len(entries) != len(fields["keys"]):
        raise ValueError("a dict has two values under one key")
    return entries


def check_hashes(keys: list[Any]) -> None:
    """Raise if keys were chosen to have one hash, which makes a dict of them take hours."""
    # the hashes of texts differ from process to process, so nobody can choose them
    counts = Counter(hash(key) for key in keys if type(key) is not str)
    if max(counts.values(), default=0) > _HASH_LIMIT:
        raise ValueError("a dict has keys that were chosen to collide")


def _write_slice(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    return {"items": [writer.node(item, path) for item in (value.start, value.stop, value.step)]}


def _check_slice(fields: dict[str, Node], path: str, checker: Checker) -> None:
    items = fields["items"]
    must(isinstance(items, list) and len(items) == 3, path, "must be a slice")
    check_items(items, Key(), path, checker)


# -- numbers of numpy


def _write_scalar(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    dtype = np.dtype(type(value)) if value.dtype.kind not in "mM" else value.dtype
    if value.dtype.kind in "mM":  # times keep their unit in the dtype, and are ticks of it
        return {"dtype": dtype.str, "value": int(value.view(np.int64))}
    if value.dtype.kind == "U":
        return {"dtype": "<U", "value": str(value)}
    # a long double holds more digits than JSON's numbers
    if value.dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise SchemaError(path, f"is a number of type {dtype}. Convert it to a float")
    return {"dtype": dtype.str, "value": value.item()}


def _check_scalar(fields: dict[str, Node], path: str, checker: Checker) -> None:
    dtype, value = fields["dtype"], fields["value"]
    known = isinstance(dtype, str) and (dtype == "<U" or _DTYPE.fullmatch(dtype))
    must(bool(known), path, "must be a number of a known type")
    letter = dtype.lstrip("<>|")[0]  # numpy's kind, behind the byte order
    python = {"b": bool, "i": int, "u": int, "m": int, "M": int, "f": float, "U": str}.get(letter)
    must(type(value) is python, path, f"must be a number of type {dtype}")
    if letter in "iu":
        limits = np.iinfo(dtype)
        must(limits.min <= value <= limits.max, path, f"must be a number of type {dtype}")
    if letter in "mM":
        must(-(2**63) <= value < 2**63, path, f"must be a time of type {dtype}")


def _build_scalar(fields: dict[str, Node], builder: Builder) -> Any:
    if fields["dtype"] == "<U":
        return np.str_(fields["value"])
    dtype = np.dtype(fields["dtype"])
    if dtype.kind in "mM":
        return np.int64(fields["value"]).view(dtype)
    return dtype.type(fields["value"])


# -- arrays


def _is_array(value: Any) -> bool:
    return type(value) in (np.ndarray, np.memmap) and value.dtype.kind in "biufcmMUS"


def _write_array(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    value = np.asarray(value)
    if not _DTYPE.fullmatch(value.dtype.str):
        raise SchemaError(path, f"is an array of type {value.dtype}. Convert it with astype")
    # a matrix by columns stays one: routines of linear algebra round in the order of the memory
    order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
    fields = {"dtype": value.dtype.str, "shape": list(value.shape), "order": order}
    return {**fields, "name": writer.array(_as_numbers(value, order), path)}


def _as_numbers(value: np.ndarray, order: str) -> np.ndarray:
    """Return the items as numbers along one more axis where one is several, in rows."""
    value = value.T if order == "F" else value  # by rows, without a copy
    value = value.astype(value.dtype.newbyteorder("<"), order="C", copy=False)
    if value.dtype.kind not in "cUSmM":
        return value
    if value.dtype.kind in "mM":
        return value.view(np.int64)
    part = {"c": value.real.dtype, "U": np.dtype("<u4"), "S": np.dtype("|u1")}[value.dtype.kind]
    # (..., 1) -> (..., n): n letters of a text, or the real and the imaginary number
    return value.reshape(*value.shape, 1).view(part)


def _check_array(fields: dict[str, Node], path: str, checker: Checker) -> None:
    dtype, shape, order = fields["dtype"], fields["shape"], fields["order"]
    known = isinstance(dtype, str) and _DTYPE.fullmatch(dtype)
    must(bool(known) and are_counts(shape), path, "must be an array of a known type and shape")
    must(order in ("C", "F"), path, "must be an array in the order C or F")
    values = checker.array(fields["name"], path)
    letter, item = dtype.lstrip("<>|")[0], np.dtype(dtype)
    # what `_as_numbers` makes of it: rows, little-endian, texts and complex numbers along an axis
    raw_shape = tuple(shape if order == "C" else shape[::-1])
    raw = np.dtype(_RAW.get(letter, item.newbyteorder("<")))
    if letter == "c":
        raw = np.dtype(f"<f{item.itemsize // 2}")
    if letter in "cUS":
        raw_shape = (*raw_shape, item.itemsize // raw.itemsize)
    fits = values.dtype == raw and values.shape == raw_shape
    must(fits, path, f"must be an array of {dtype} of shape {tuple(shape)!r:.60}")
    if letter == "U" and values.size:
        # numbers of no letter of Unicode, at which Python would raise once the text is used
        bad = (values > 0x10FFFF) | ((values >= 0xD800) & (values < 0xE000))
        must(not bad.any(), path, "must be an array of texts")


def _build_array(fields: dict[str, Node], builder: Builder) -> np.ndarray:
    dtype = np.dtype(fields["dtype"])
    values, little = builder.array(fields["name"]), dtype.newbyteorder("<")
    if dtype.kind in "mMcUS":
        values = values.view(little)  # texts and complex numbers: (..., n) -> (..., 1)
        values = values if dtype.kind in "mM" else values.reshape(values.shape[:-1])
    values = values.astype(dtype, copy=False)  # copies only where the bytes were swapped
    return values.T if fields["order"] == "F" else values


def _is_objects(value: Any) -> bool:
    return type(value) is np.ndarray and value.dtype == object


def _write_objects(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    items = [writer.node(item, f"{path}[{i}]") for i, item in enumerate(value.ravel())]
    return {"shape": list(value.shape), "items": items}


def _check_objects(fields: dict[str, Node], path: str, checker: Checker) -> None:
    shape, items = fields["shape"], fields["items"]
    must(are_counts(shape) and isinstance(items, list), path, "must be an array of objects")
    # without items only the shape is looked at, since `Array` checks items of its own spec
    if items or 0 in shape:
        must(math.prod(shape) == len(items), path, "must be an array with an object in every place")
    check_items(items, _ANY_SPEC, path, checker)


def _build_objects(fields: dict[str, Node], builder: Builder) -> np.ndarray:
    # one by one: numpy would make more axes of items that are sequences
    objects = np.empty(len(fields["items"]), dtype=object)
    for i, node in enumerate(fields["items"]):
        objects[i] = builder.value(node)
    return objects.reshape(fields["shape"])


def _write_masked_array(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    mask = np.ma.getmaskarray(value)
    return {
        "data": writer.node(np.asarray(value.data), path),
        "mask": writer.node(mask, f"{path}.mask"),
        "fill": writer.node(value.fill_value, path),
    }


def _check_masked_array(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Array().check(fields["data"], path, checker)
    Array("b").check(fields["mask"], path, checker)
    UnionSpec((NoneSpec(), Key())).check(fields["fill"], path, checker)
    fits = fields["data"]["shape"] == fields["mask"]["shape"]
    must(fits, path, "must have a mask of the shape of its data")


def _build_masked_array(fields: dict[str, Node], builder: Builder) -> Any:
    values, mask, fill = (builder.value(fields[name]) for name in ("data", "mask", "fill"))
    return np.ma.MaskedArray(values, mask, fill_value=fill)


# -- types and generators of random numbers


def _is_dtype(value: Any) -> bool:
    return isinstance(value, np.dtype) or (
        isinstance(value, type) and issubclass(value, np.generic | bool | int | float)
    )


def _write_dtype(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    names = {bool: "bool", int: "int", float: "float"}
    if isinstance(value, np.dtype):
        form, name = "dtype", value.str
    else:
        form, name = "type", names.get(value) or np.dtype(value).str
    if name not in names.values() and not _is_dtype_name(name):
        raise SchemaError(path, f"is the type {value!r:.60}, which no file may hold")
    return {"form": form, "name": name}


def _is_dtype_name(name: Any) -> bool:
    return isinstance(name, str) and (name == "|O" or _DTYPE.fullmatch(name) is not None)


def _check_dtype(fields: dict[str, Node], path: str, checker: Checker) -> None:
    form, name = fields["form"], fields["name"]
    known = _is_dtype_name(name) or (form == "type" and name in ("bool", "int", "float"))
    must(form in ("type", "dtype") and known, path, "must be a type of numpy")


def _build_dtype(fields: dict[str, Node], builder: Builder) -> Any:
    python = {"bool": bool, "int": int, "float": float}
    if fields["form"] == "type":
        return python.get(fields["name"]) or np.dtype(fields["name"]).type
    return np.dtype(fields["name"])


def _is_generator(value: Any) -> bool:
    return type(value) in (np.random.RandomState, np.random.Generator)


def _write_generator(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    legacy = type(value) is np.random.RandomState
    state = value.get_state(legacy=False) if legacy else value.bit_generator.state
    kind = state["bit_generator"]
    if (legacy, kind) not in ((True, "MT19937"), (False, "PCG64")):
        raise SchemaError(path, f"is a generator of type {kind}. Give an integer as random_state")
    if legacy:
        numbers = [state["state"]["pos"], state["has_gauss"], state["gauss"]]
        return {"form": kind, "numbers": numbers, "key": writer.array(state["state"]["key"], path)}
    numbers = [*state["state"].values(), state["has_uint32"], state["uinteger"]]
    return {"form": kind, "numbers": list(map(int, numbers)), "key": None}


def _check_generator(fields: dict[str, Node], path: str, checker: Checker) -> None:
    form, numbers, key = fields["form"], fields["numbers"], fields["key"]
    must(isinstance(numbers, list), path, "must be the state of a generator")
    if form == "MT19937":
        values = checker.array(key, path)
        fits = values.dtype == np.uint32 and values.shape == (624,) and len(numbers) == 3
        fits = fits and is_count(numbers[0], 625) and is_count(numbers[1], 2)
        # numpy reads its table at this position without another look
        must(fits and type(numbers[2]) is float, path, "must be the state of a generator")
    else:
        fits = form == "PCG64" and key is None and len(numbers) == 4
        limits = (2**128, 2**128, 2, 2**32)
        # the step of the generator is odd, or it does not reach every state
        fits = fits and all(map(is_count, numbers, limits)) and numbers[1] % 2 == 1
        must(fits, path, "must be the state of a generator")


def _build_generator(fields: dict[str, Node], builder: Builder) -> Any:
    numbers = fields["numbers"]
    if fields["form"] == "MT19937":
        random_state = np.random.RandomState()
        random_state.set_state(("MT19937", builder.array(fields["key"]), *numbers))
        return random_state
    generator = np.random.Generator(np.random.PCG64(0))
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": dict(zip(("state", "inc"), numbers[:2], strict=True)),
        "has_uint32": numbers[2],
        "uinteger": numbers[3],
    }
    return generator


def _write_path(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    return {"text": str(value)}


def _check_path(fields: dict[str, Node], path: str, checker: Checker) -> None:
    must(isinstance(fields["text"], str), path, "must be a path")


def _build_path(fields: dict[str, Node], builder: Builder) -> Path:
    return Path(fields["text"])


def _items(fields: dict[str, Node], builder: Builder) -> Any:
    return map(builder.value, fields["items"])


PLAIN = (
    Kind(
        "tuple",
        ("items",),
        lambda value: type(value) is tuple,
        _write_tuple,
        _check_tuple,
        lambda fields, builder: tuple(_items(fields, builder)),
    ),
    Kind(
        "dict",
        ("keys", "values"),
        lambda value: type(value) is dict,
        _write_dict,
        _check_dict,
        _build_dict,
    ),
    Kind(
        "slice",
        ("items",),
        lambda value: type(value) is slice,
        _write_slice,
        _check_slice,
        lambda fields, builder: slice(*_items(fields, builder)),
    ),
    Kind(
        "scalar",
        ("dtype", "value"),
        lambda value: isinstance(value, np.generic),
        _write_scalar,
        _check_scalar,
        _build_scalar,
    ),
    Kind(
        "masked",
        ("data", "mask", "fill"),
        lambda value: type(value) is np.ma.MaskedArray,
        _write_masked_array,
        _check_masked_array,
        _build_masked_array,
    ),
    Kind(
        "array",
        ("dtype", "shape", "order", "name"),
        _is_array,
        _write_array,
        _check_array,
        _build_array,
    ),
    Kind(
        "objects", ("shape", "items"), _is_objects, _write_objects, _check_objects, _build_objects
    ),
    Kind("dtype", ("form", "name"), _is_dtype, _write_dtype, _check_dtype, _build_dtype),
    Kind(
        "generator",
        ("form", "numbers", "key"),
        _is_generator,
        _write_generator,
        _check_generator,
        _build_generator,
    ),
    Kind(
        "path",
        ("text",),
        lambda value: type(value) is type(Path()),
        _write_path,
        _check_path,
        _build_path,
    ),
)
