"""Numbers, texts, containers, arrays and generators come back with their types and bits."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from stforecast.persistence._nodes import SchemaError
from stforecast.windows import calendar_features
from tests.persistence.rewriting import through_nodes

VALUES = {
    "none": None,
    "flag": True,
    "integer": -(2**90),
    "float": 0.1 + 0.2,
    "negative zero": -0.0,
    "infinity": -np.inf,
    "text": "naïve \x00 \ud800 🌍",
    "list": [1, [2.5, None], "x"],
    "tuple": (1, (2, "x")),
    "dict": {"a": 1, 2: "b", None: [3], ("x", 1): 2.5, 1.5: (), np.int64(7): 8},
    "slice": slice(1, None, 2),
    "moment": pd.Timestamp("2024-10-27 01:30Z").tz_convert("Europe/London"),
    "moment in seconds": pd.Timestamp("2024-03-31").as_unit("s"),
    "span": pd.Timedelta("1ns"),
    "period": pd.Period("2024-03", "Q-NOV"),
    "date": dt.date(2024, 2, 29),
    "time of day": dt.time(9, 30),
    "span of Python": dt.timedelta(days=-1, microseconds=3),
    "missing moment": pd.NaT,
    "missing value": pd.NA,
    "type": np.float32,
    "type of Python": int,
    "dtype": np.dtype("<M8[ms]"),
    "function": np.log1p,
    "function with keywords": partial(calendar_features, features=("hour",), holidays="FR"),
    "holidays": partial(calendar_features, holidays=[dt.date(2024, 1, 1), "2024-05-01"]),
    "path": Path("a", "b"),
    "device": torch.device("cuda", 1),
    "optimizer": torch.optim.SGD,
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back(name: str) -> None:
    value = VALUES[name]
    again = through_nodes(value)
    assert type(again) is type(value)
    assert repr(again) == repr(value)


@pytest.mark.parametrize(
    "dtype",
    [
        "f2",
        "f4",
        "f8",
        "i1",
        "i2",
        "i4",
        "i8",
        "u1",
        "u2",
        "u4",
        "u8",
        "?",
        "c8",
        "c16",
        "M8[D]",
        "m8[ns]",
        "U3",
        "S4",
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_an_array_comes_back_bit_for_bit(dtype: str, order: str) -> None:
    full = dtype if dtype in ("?", "i1", "u1") or dtype[0] == "S" else order + dtype
    values = np.arange(6).astype(np.dtype(full))
    for array in (
        values,
        values.reshape(2, 3),
        np.asfortranarray(values.reshape(2, 3)),
        values[0:0],
    ):
        again = through_nodes(array)
        assert again.dtype == array.dtype
        assert again.tobytes("A") == array.tobytes("A")
        assert again.flags.f_contiguous == array.flags.f_contiguous
        assert again.flags.c_contiguous == array.flags.c_contiguous
    point = np.array(values[1])
    assert through_nodes(point).shape == ()
    assert through_nodes(point).tobytes() == point.tobytes()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i8", "u8", "?", "M8[s]", "m8[D]", "U3"])
def test_a_number_of_numpy_keeps_its_type(dtype: str) -> None:
    value = np.array(3).astype(dtype)[()]
    again = through_nodes(value)
    assert type(again) is type(value)
    assert again == value


def test_nan_keeps_its_bits_in_an_array() -> None:
    array = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype=np.uint64).view(np.float64)
    assert through_nodes(array).tobytes() == array.tobytes()


def test_objects_and_masked_arrays_come_back() -> None:
    objects = np.array([["a", 1], [None, (2.5,)]], dtype=object)
    np.testing.assert_array_equal(through_nodes(objects), objects)
    masked = np.ma.MaskedArray([1, 2, 3], [False, True, False], fill_value=9)
    again = through_nodes(masked)
    assert again.fill_value == 9
    np.testing.assert_array_equal(again.mask, masked.mask)
    np.testing.assert_array_equal(again.data, masked.data)


@pytest.mark.parametrize("legacy", [True, False])
def test_a_generator_goes_on_as_it_would_have(legacy: bool) -> None:
    made: Any = np.random.RandomState(3) if legacy else np.random.default_rng(3)
    made.standard_normal(5)
    again = through_nodes(made)
    np.testing.assert_array_equal(again.standard_normal(9), made.standard_normal(9))


REFUSED = {
    "own function": (lambda x: x, "is <function"),
    "built-in function": (print, "is <built-in function print>"),
    "partial of another": (partial(np.log1p), "is functools.partial"),
    "positional partial": (
        partial(calendar_features, pd.DatetimeIndex([])),
        "is functools.partial",
    ),
    "set": ({1}, "is {1}"),
    "own class": (Path, "is <class 'pathlib.Path'>"),
    "long double": (np.longdouble(1), "is a number of type"),
    "array of long doubles": (np.ones(2, np.longdouble), "is an array of type .*Convert it with"),
    "structured array": (np.zeros(2, dtype="i4,f8"), "is array"),
    "subclass of a dict": (type("Own", (dict,), {})(), "is {}"),
    "other generator": (np.random.Generator(np.random.SFC64(0)), "Give an integer as random_state"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_file_may_hold_is_refused(name: str) -> None:
    value, message = REFUSED[name]
    with pytest.raises(SchemaError, match=message):
        through_nodes(value)
