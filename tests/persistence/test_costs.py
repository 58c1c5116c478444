"""What a hostile file can cost: no call, no hours, no memory beyond twice its size."""

from __future__ import annotations

import itertools
import json
import struct
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

import stforecast as st
from stforecast._container import HEADER_MARKS, Container, write_container
from stforecast.estimators import CNNLSTMForecaster, LSTMLayers
from stforecast.exceptions import DataIntegrityError
from stforecast.persistence import load, save
from tests.persistence.attacks import no_code_runs
from tests.persistence.rewriting import (
    node_of,
    put_together,
    relabelled,
    rewritten,
    saved_file,
    taken_apart,
)
from tests.series.data import MAPS, TABLE

if TYPE_CHECKING:
    from pathlib import Path

X, Y = st.make_windows(TABLE, lookback=4)
QUICK = {"max_epochs": 1, "random_state": 0}
PRIME = 2**61 - 1  # numbers that differ by it have one hash


def holder(node: Any, arrays: dict[str, Any], folder: Path) -> Path:
    """A file of a search whose grid holds a node."""
    path = saved_file(GridSearchCV(Ridge(), {"alpha": [1]}), folder)
    metadata, model, others = taken_apart(path)
    model["attributes"]["param_grid"]["values"][0] = [node]
    put_together(path, metadata, model, {**others, **arrays})
    return path


def assert_refused_soon(path: Path, message: str) -> None:
    start = time.process_time()
    with pytest.raises(DataIntegrityError, match=message), no_code_runs():
        load(path)
    assert time.process_time() - start < 5


# -- calls


FUNCTIONS = [
    {"is": "function", "name": "numpy.log1p"},
    {"is": "torch class", "name": "torch.optim.Adam"},
    {"is": "scorer", "name": "r2"},
    {"is": "forecast scorer", "name": "r2"},
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one["is"])
def test_no_function_stands_where_a_network_would_call_it(
    function: dict[str, Any], tmp_path: Path
) -> None:
    X, y = st.make_windows(MAPS, lookback=3)
    layers = st.estimators.ConvLSTMLayers()
    path = saved_file(st.ConvLSTMForecaster(2, layers=layers, **QUICK).fit(X, y), tmp_path)
    rewritten(path, lambda node: node["attributes"]["layers"]["attributes"].update(cell=function))
    assert_refused_soon(path, r"layers\.cell must be a plain value, not")
    rewritten(path, lambda node: node["attributes"].update(decoder=function))
    assert_refused_soon(path, r"must be a plain value, not")


# -- layers


def test_a_network_has_no_more_layers_than_its_file_has_weights(tmp_path: Path) -> None:
    path = saved_file(CNNLSTMForecaster((2,), **QUICK).fit(X, Y), tmp_path)
    many = {"is": "tuple", "items": [1] * 3000}
    rewritten(path, lambda node: node["attributes"].update(filters=many))
    assert_refused_soon(path, "filters must describe no more layers than the file has weights")
    model = st.LSTMForecaster(2, layers=LSTMLayers(), **QUICK).fit(X, Y)
    path = saved_file(model, tmp_path)
    rewritten(path, lambda node: node["attributes"]["layers"]["attributes"].update(num_layers=1000))
    assert_refused_soon(path, "layers__num_layers must describe no more layers than the file has")


# -- numbers that collide in a hash table


def test_keys_that_were_chosen_to_collide_are_refused(tmp_path: Path) -> None:
    numbers = [i * PRIME for i in range(3000)]
    few = itertools.islice(itertools.product([1, 1 + PRIME, 1 + 2 * PRIME], repeat=7), 2000)
    tuples = [{"is": "tuple", "items": list(one)} for one in few]
    for keys in (numbers, tuples):
        node = {"is": "dict", "keys": keys, "values": [0] * len(keys)}
        assert_refused_soon(holder(node, {}, tmp_path), "keys that were chosen to collide")


def colliding(n: int) -> np.ndarray:
    """Numbers that have one hash in the tables of pandas, in no order."""
    high = np.arange(1, n + 1, dtype=np.uint64) << np.uint64(32)
    numbers = high.copy()
    for bit in range(32):
        mixed = (numbers >> np.uint64(33)) ^ numbers ^ (numbers << np.uint64(11))
        numbers |= ((mixed >> np.uint64(bit)) & np.uint64(1)) << np.uint64(bit)
    return np.random.default_rng(0).permutation(numbers.view(np.int64))


def with_numbers(value: Any, numbers: np.ndarray, folder: Path) -> Path:
    """A file of a value, in which other numbers take the place of the first as many."""
    node, arrays = node_of(value)
    name = next(one for one, found in arrays.items() if found.shape == numbers.shape)
    return holder(node, {**arrays, name: numbers}, folder)


def panel_index(n: int) -> pd.MultiIndex:
    return pd.MultiIndex([np.arange(n), [1]], [np.arange(n)[::-1], np.zeros(n, int)])


def test_labels_that_collide_are_read_without_a_hash_table(tmp_path: Path) -> None:
    path = with_numbers(panel_index(10**5), colliding(10**5), tmp_path)
    start = time.process_time()
    load(path)
    assert time.process_time() - start < 5  # a hash table takes a minute
    column = pd.Series(pd.Categorical.from_codes([0, 1], categories=np.arange(10**5)))
    path = with_numbers(column, colliding(10**5), tmp_path)
    assert_refused_soon(path, "more than 4096 categories in no order")


def test_codes_name_labels_that_are_there_once(tmp_path: Path) -> None:
    for codes, message in (([0, 1, 9], "fit no labels"), ([0, -2, 1], "fit no labels")):
        node, arrays = node_of(panel_index(3))
        *_, name, _ = [one for one, found in arrays.items() if found.shape == (3,)]
        arrays[name] = np.array(codes, dtype=arrays[name].dtype)
        assert_refused_soon(holder(node, arrays, tmp_path), message)
    path = with_numbers(panel_index(3), np.array([5, 5, 6]), tmp_path)
    assert_refused_soon(path, "fit no labels")
    column = pd.Series(pd.Categorical.from_codes([0], categories=[1, 2, 3]))
    path = with_numbers(column, np.array([5, 5, 6]), tmp_path)
    assert_refused_soon(path, "categories that are there twice")


# -- the description


def test_brackets_written_as_escapes_are_counted(tmp_path: Path) -> None:
    path = saved_file(Ridge(), tmp_path)
    metadata, _, _ = taken_apart(path)
    inner = "[" + "[]," * (HEADER_MARKS // 2) + "1]"
    escaped = inner.replace("[", "\\u005b").replace("]", "\\u005d").replace(",", "\\u002c")
    with path.open("wb") as file:
        write_container(file, Container({**metadata, "model": "HERE"}, {}))
    text = path.read_bytes()[8:].rstrip().replace(b'"HERE"', f'"{escaped}"'.encode())
    text += b" " * (-len(text) % 8)
    path.write_bytes(with_right_digest(struct.pack("<Q", len(text)) + text))
    assert_refused_soon(path, "more than 1048576 parts")


def with_right_digest(content: bytes) -> bytes:
    import hashlib

    start = 8 + len(b'{"__metadata__":{"sha256":"')
    blank = content[:start] + b"0" * 64 + content[start + 64 :]
    return content[:start] + hashlib.sha256(blank).hexdigest().encode() + content[start + 64 :]


def test_a_description_too_long_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"parts, more than the 33554432 bytes and 1048576 parts"):
        save(GridSearchCV(Ridge(), {"alpha": [0] * (HEADER_MARKS + 1)}), tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("depth", [100, 300, 450, 490, 900])
def test_a_type_that_is_nested_is_refused(depth: int, tmp_path: Path) -> None:
    nested = "[" * depth + "]" * depth
    entry = f'{{"dtype":{nested},"shape":[],"data_offsets":[0,0]}}'
    text = f'{{"__metadata__":{{"sha256":"{"0" * 64}"}},"a":{entry}}}'.encode()
    (tmp_path / "model").write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(DataIntegrityError, match=r"another type|nested too deeply"):
        load(tmp_path / "model")


def test_messages_hold_nothing_that_steers_a_terminal(tmp_path: Path) -> None:
    path = saved_file(Ridge(), tmp_path)
    strange = "\x1b[2J\n\u202e\ud800"
    rewritten(path, lambda node: node["attributes"].update({strange: 1}))
    with pytest.raises(DataIntegrityError) as caught:
        load(path)
    assert str(caught.value).isprintable()
    path = saved_file(Ridge(), tmp_path)
    versions = json.dumps({"torch": f"1.0{strange}"})
    relabelled(path, lambda metadata: {**metadata, "versions": versions})
    with pytest.warns(UserWarning, match=r"saved with torch 1\.0\?") as warned:
        load(path)
    assert str(warned[0].message).isprintable()


# -- the arrays


N = 250_000
LARGE: dict[str, Any] = {
    "table": lambda: pd.DataFrame(np.zeros((N // 4, 8))),
    "table of times": lambda: pd.DataFrame({"a": pd.date_range("2020", periods=N, freq="min")}),
    "column": lambda: pd.Series(np.zeros(N)),
    "numbers in the order of other machines": lambda: np.zeros(N, ">f8"),
    "times": lambda: pd.date_range("2020", periods=N, freq="min"),
    "times in a zone": lambda: pd.date_range("2020", periods=N, freq="min", tz="Europe/Paris"),
    "days": lambda: pd.date_range("1900", periods=5000, freq="B"),
    "spans": lambda: pd.timedelta_range(0, periods=N, freq="min"),
    "periods": lambda: pd.period_range("2020", periods=N, freq="h"),
    "labels": lambda: pd.Index(np.arange(N)),
    "panel": lambda: panel_index(N),
    "numbers with gaps": lambda: pd.array(np.zeros(N, int), dtype="Int64"),
    "masked": lambda: np.ma.MaskedArray(np.zeros(N), np.zeros(N, bool)),
    "texts": lambda: np.full(N // 10, "abcdefghij"),
    "maps": lambda: __import__("xarray").DataArray(np.zeros((N // 100, 10, 10))),
}


def test_labels_are_those_that_the_frequency_gives(tmp_path: Path) -> None:
    for index in (pd.date_range("2020", periods=3, freq="B"), pd.timedelta_range(0, periods=3)):
        path = with_numbers(index, np.array([0, 5, 6]), tmp_path)
        assert_refused_soon(path, "other labels than its frequency gives")


def test_a_slow_frequency_has_a_bounded_number_of_labels(tmp_path: Path) -> None:
    index = pd.DatetimeIndex(np.zeros(2**17 + 1, "M8[ns]"))
    node, arrays = node_of(index)
    node["labels"]["freq"] = node_of(pd.offsets.BDay())[0]
    assert_refused_soon(holder(node, arrays, tmp_path), "at most 131072 labels")


@pytest.mark.parametrize("name", LARGE)
def test_a_valid_file_takes_at_most_twice_its_size(name: str, tmp_path: Path) -> None:
    node, arrays = node_of(LARGE[name]())
    path = holder(node, arrays, tmp_path)
    del arrays
    load(path)  # imports
    tracemalloc.start()
    load(path)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (
        held < 2 * path.stat().st_size + 2**18 + 2**14
    )  # the description and the reader take no more
