"""A hostile file is refused in plain words, or holds what its schema allows; it runs nothing."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import tracemalloc
import warnings
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    StackingClassifier,
)
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import stforecast as st
from stforecast._container import Container, write_container
from stforecast.exceptions import DataIntegrityError
from stforecast.persistence import load
from stforecast.persistence._kinds import KINDS, write_model
from tests.persistence.attacks import no_code_runs
from tests.persistence.rewriting import node_of, put_together, rewritten, saved_file, taken_apart
from tests.persistence.test_labels import OTHERS
from tests.persistence.test_plain import VALUES
from tests.series.data import MAPS, TABLE, in_xarray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

X, Y = st.make_windows(TABLE, lookback=4)
FLAT = np.asarray(X)[:, -1]
NETWORK = st.LSTMForecaster(2, max_epochs=1, random_state=0).fit(X, Y)


def loaded(path: Path) -> Any:
    """The model of a file, None if it was refused; nothing else may happen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with no_code_runs():
                return load(path)
        except DataIntegrityError as error:
            assert str(path) in str(error)  # noqa: PT017 - a model is as good an outcome
            return None


# -- the two files that ran code when files were lists of trusted classes


def old_archive(schema: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
        archive.writestr("stforecast.json", json.dumps({"format": 1, "versions": {}}))
    return content.getvalue()


def trusted(module: str, name: str, content: Any, loader: str = "ObjectNode") -> dict[str, Any]:
    return {"__class__": name, "__module__": module, "__loader__": loader, "content": content}


def test_an_archive_whose_net_is_built_with_a_command_is_refused(tmp_path: Path) -> None:
    scorer = trusted("sklearn.metrics._scorer", "_Scorer", {"_response_method": "eval"})
    params = trusted("builtins", "dict", {"criterion": scorer, "criterion__x": "touch trace"})
    model = trusted("stforecast.estimators.lstm", "LSTMForecaster", {"net_params": params})
    (tmp_path / "model").write_bytes(old_archive(model))
    with pytest.raises(DataIntegrityError, match="before its first release"), no_code_runs():
        load(tmp_path / "model")


def test_an_archive_whose_keys_are_called_is_refused(tmp_path: Path) -> None:
    call = trusted("functools", "partial", {"func": "numpy.ndarray.tofile", "args": ["trace"]})
    content = {**trusted("builtins", "dict", {"a": 1}, "DictNode"), "key_types": [call]}
    (tmp_path / "model").write_bytes(old_archive(content))
    with pytest.raises(DataIntegrityError, match="before its first release"), no_code_runs():
        load(tmp_path / "model")
    assert not (tmp_path / "trace").exists()


# -- the same in this format


def text_dict(**items: Any) -> dict[str, Any]:
    return {"is": "dict", "keys": list(items), "values": list(items.values())}


CALLS = [
    {"is": "function", "name": "os.system"},
    {"is": "function", "name": "numpy.ndarray.tofile"},
    {"is": "partial", "name": "numpy.log1p", "keywords": text_dict(out="trace")},
    {"is": "partial", "name": "os.system", "keywords": text_dict()},
    {"is": "scorer", "name": "eval"},
    {"is": "scorer", "name": "r2", "response_method": "eval"},
    {"is": "torch class", "name": "torch.hub.load"},
    {"is": "torch class", "name": "torch.nn.Module"},
    {"is": "object", "class": "subprocess.Popen", "attributes": {"args": "touch trace"}},
    {"is": "object", "class": "stforecast.datasets.DataFrame", "attributes": {}},
    {"is": "object", "class": "sklearn.frozen.FrozenEstimator", "attributes": {"estimator": 1}},
    {"is": "dtype", "form": "type", "name": "os.system"},
    {"is": "offset", "class": "BaseOffset", "n": 1, "normalize": False, "arguments": text_dict()},
    {"is": "zone", "form": "dateutil", "name": "../../etc/passwd"},
    {"is": "zone", "form": "zoneinfo", "name": "/etc/passwd"},
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call['is']}-{len(str(call))}")
@pytest.mark.parametrize("place", ["parameter", "net parameter", "key", "attribute", "root"])
def test_a_call_is_refused_wherever_it_stands(
    call: dict[str, Any], place: str, tmp_path: Path
) -> None:
    path = saved_file(NETWORK, tmp_path)

    def change(node: Any) -> Any:
        attributes = node["attributes"]
        if place == "parameter":
            attributes["decoder"] = call
        elif place == "net parameter":
            attributes["net_params"] = text_dict(criterion=call, criterion__x="touch trace")
        elif place == "key":
            attributes["decoder"] = {"is": "dict", "keys": [call], "values": [1]}
        elif place == "attribute":
            attributes["versions_"] = call
        else:
            return call
        return None

    rewritten(path, change)
    message = "holds what this release does not read"
    with pytest.raises(DataIntegrityError, match=message), no_code_runs():
        load(path)


@pytest.mark.parametrize(
    "name", ["callbacks", "callbacks__x", "module", "compile", "iterator_train"]
)
def test_a_net_is_built_with_numbers_alone(name: str, tmp_path: Path) -> None:
    path = saved_file(NETWORK, tmp_path)
    rewritten(path, lambda node: node["attributes"].update(net_params=text_dict(**{name: ["x"]})))
    with pytest.raises(DataIntegrityError, match="net_params"), no_code_runs():
        load(path)


def test_a_stacking_classifier_calls_no_method_that_the_file_names(tmp_path: Path) -> None:
    labels = np.where(FLAT[:, 0] > 0, "a", "b")
    model = StackingClassifier([("a", LogisticRegression())], cv=2).fit(FLAT, labels)
    path = saved_file(model, tmp_path)
    rewritten(path, lambda node: node["attributes"].update(stack_method_=["eval"]))
    with pytest.raises(DataIntegrityError, match=r"stack_method_\[0\] must be one of 'predict'"):
        load(path)
    path = saved_file(model, tmp_path)
    metadata, node, arrays = taken_apart(path)
    table, more = node_of(TABLE)
    node["attributes"]["estimators_"] = [table]
    put_together(path, metadata, node, {**arrays, **more})
    with pytest.raises(DataIntegrityError, match=r"estimators_\[0\] must be a model, not table"):
        load(path)


@pytest.mark.parametrize("root", [3, None, "x", [1], text_dict(), {"is": "tuple", "items": []}, {}])
def test_what_is_no_model_is_refused(root: Any, tmp_path: Path) -> None:
    put_together(tmp_path / "model", {"kind": "stforecast model", "format": "2"}, root, {})
    with pytest.raises(DataIntegrityError, match="must be a model"):
        load(tmp_path / "model")


# -- a file for each kind of node


EXAMPLES: dict[str, Any] = {
    **{
        kind: VALUES[name]
        for kind, name in {
            "tuple": "tuple",
            "dict": "dict",
            "slice": "slice",
            "scalar": "dict",
            "dtype": "dtype",
            "offset": "period",
            "missing": "missing value",
            "timestamp": "moment",
            "timedelta": "span",
            "period": "period",
            "span": "span of Python",
            "date": "date",
            "clock": "time of day",
            "function": "function",
            "partial": "function with keywords",
            "device": "device",
            "torch class": "optimizer",
            "zone": "moment",
        }.items()
    },
    **{
        kind: OTHERS[name]
        for kind, name in {
            "times": "zone fixed",
            "spans": "spans",
            "periods": "periods",
            "strings": "strings with gaps",
            "nullable": "integers with gaps",
            "categories": "categories",
            "multiindex": "panel",
            "range": "range",
            "index": "floats",
        }.items()
    },
    "masked": np.ma.MaskedArray([1.0, 2.0], [True, False]),
    "array": np.arange(4.0),
    "objects": np.array([1, "a"], dtype=object),
    "generator": np.random.default_rng(0),
    "path": Path("folder"),
    "table": TABLE,
    "column": TABLE["a"],
    "grid": in_xarray(MAPS[:2]),
    "scorer": GridSearchCV(Ridge(), {"alpha": [1]}, scoring="r2", cv=2).fit(FLAT, FLAT[:, 0]),
    "forecast scorer": st.forecast_scorer("r2"),
    "object": Ridge(),
    "net": NETWORK,
    "tree": RandomForestRegressor(1, max_depth=2).fit(FLAT, FLAT[:, 0]),
    "predictor": HistGradientBoostingRegressor(max_iter=1, max_depth=2).fit(FLAT, FLAT[:, 0]),
    "loss": PoissonRegressor().fit(FLAT, np.abs(FLAT[:, 0])),
}
HOSTILE: tuple[Any, ...] = (
    None,
    True,
    -1,
    3,
    2**62,
    10**40,
    1e308,
    float("nan"),
    "",
    "eval",
    "os.system",
    "../x",
    "0:x",
    [],
    [[]],
    [-1],
    [2**61] * 3,
    ["eval"],
    {},
    {"is": "eval"},
    {"is": []},
    text_dict(eval=1),
    {"is": "function", "name": "os.system"},
    {"is": "tuple", "items": "eval"},
    {"is": "array", "dtype": "|O", "shape": [2], "order": "C", "name": "0:"},
)


def nodes_within(node: Any) -> Iterator[Any]:
    """Every dict that is a node, or the attributes of one, from the outside in."""
    if isinstance(node, dict):
        yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from nodes_within(child)


def test_there_is_an_example_of_every_kind() -> None:
    assert set(EXAMPLES) == {kind.name for kind in KINDS}


def holder(example: Any, folder: Path) -> Path:
    """A file of a model that holds the example, or is it."""
    if hasattr(example, "fit"):
        return saved_file(example, folder)
    return saved_file(GridSearchCV(Ridge(), {"alpha": [example]}), folder)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_no_field_of_a_node_can_be_bent(kind: str, tmp_path: Path) -> None:
    path = holder(EXAMPLES[kind], tmp_path)
    metadata, node, arrays = taken_apart(path)
    assert loaded(path) is not None
    found = next(i for i, one in enumerate(nodes_within(node)) if one.get("is") == kind)
    fields = list(list(nodes_within(node))[found])
    refused = 0
    for field in fields:
        for value in HOSTILE:
            changed = deepcopy(node)
            list(nodes_within(changed))[found][field] = deepcopy(value)
            put_together(path, metadata, changed, arrays)
            refused += loaded(path) is None
        changed = deepcopy(node)
        del list(nodes_within(changed))[found][field]
        put_together(path, metadata, changed, arrays)
        refused += loaded(path) is None
    assert refused > len(HOSTILE)  # a few of these values are allowed in one field or another


# -- compiled code follows what a tree says


def bent_tree(model: Any, field: str, value: int, row: int, folder: Path) -> Path:
    path = saved_file(model, folder)
    metadata, node, arrays = taken_apart(path)
    tree = next(one for one in nodes_within(node) if one.get("is") in ("tree", "predictor"))
    columns = dict(zip(tree["nodes"]["keys"], tree["nodes"]["values"], strict=True))
    arrays[columns[field]["name"]][row] = value
    put_together(path, metadata, node, arrays)
    return path


@pytest.mark.parametrize(
    ("field", "value"),
    [("left_child", 99), ("right_child", -1), ("left_child", 0), ("feature", 2), ("feature", -7)],
)
def test_a_tree_whose_paths_lead_elsewhere_is_refused(
    field: str, value: int, tmp_path: Path
) -> None:
    for model in (
        EXAMPLES["tree"],
        GradientBoostingRegressor(n_estimators=1).fit(FLAT, FLAT[:, 0]),
    ):
        path = bent_tree(model, field, value, 0, tmp_path)
        with pytest.raises(DataIntegrityError, match="must be a tree"):
            load(path)


@pytest.mark.parametrize(("field", "value"), [("left", 99), ("right", 0), ("feature_idx", 2)])
def test_a_histogram_tree_whose_paths_lead_elsewhere_is_refused(
    field: str, value: int, tmp_path: Path
) -> None:
    path = bent_tree(EXAMPLES["predictor"], field, value, 0, tmp_path)
    with pytest.raises(DataIntegrityError, match=r"must be a tree|must have the features"):
        load(path)


def test_a_forest_must_have_the_features_of_its_trees(tmp_path: Path) -> None:
    path = saved_file(EXAMPLES["tree"], tmp_path)
    rewritten(path, lambda node: node["attributes"].update(n_features_in_=1))
    with pytest.raises(DataIntegrityError, match="must have the features of the forest"):
        load(path)


# -- sizes


def test_a_network_larger_than_its_file_is_refused(tmp_path: Path) -> None:
    for name, value in (("hidden_channels", 2**30), ("hidden_channels", 3)):
        path = saved_file(NETWORK, tmp_path)
        rewritten(path, lambda node, n=name, v=value: node["attributes"].update({n: v}))
        with pytest.raises(DataIntegrityError, match=r"network_ (must have the weights|describes)"):
            load(path)


def test_an_array_can_be_used_once(tmp_path: Path) -> None:
    path = saved_file(GridSearchCV(Ridge(), {"alpha": [np.zeros(2**10)]}), tmp_path)

    def repeat(node: Any) -> None:
        grid = node["attributes"]["param_grid"]["values"][0]
        grid.extend([grid[0]] * 2000)

    rewritten(path, repeat)
    with pytest.raises(DataIntegrityError, match="must name an array of its own"):
        load(path)


def test_an_array_that_nothing_uses_is_refused(tmp_path: Path) -> None:
    path = saved_file(Ridge(), tmp_path)
    metadata, node, _ = taken_apart(path)
    put_together(path, metadata, node, {"0:hidden": np.zeros(9)})
    with pytest.raises(DataIntegrityError, match="does not use the array 0:hidden"):
        load(path)


NUMBERED = pd.MultiIndex([pd.RangeIndex(2), [0]], [[0, 1], [0, 0]])
RANGES: dict[str, Any] = {
    "level": pd.Series([1.0, 2.0], NUMBERED),
    "categories": pd.Series(pd.Categorical([1, 0], categories=pd.RangeIndex(2))),
    "index": pd.Series([1.0, 2.0]),
    "columns": pd.DataFrame(np.eye(2)),
}


@pytest.mark.parametrize("where", RANGES)
def test_a_range_takes_no_memory(where: str, tmp_path: Path) -> None:
    path = saved_file(GridSearchCV(Ridge(), {"alpha": [RANGES[where]]}), tmp_path)

    def change(node: Any) -> None:
        ranges = [one for one in nodes_within(node) if one.get("is") == "range"]
        assert ranges
        for one in ranges:
            one["limits"] = [0, 2**40, 1]

    rewritten(path, change)
    tracemalloc.start()
    try:
        loaded(path)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    path = saved_file(Ridge(), tmp_path)
    metadata, _, _ = taken_apart(path)
    for open_, close in (("[", "]"), ('{"is":"tuple","items":[', "]}")):
        text = open_ * 3000 + close * 3000
        with path.open("wb") as file:
            write_container(file, Container({**metadata, "model": text}, {}))
        with pytest.raises(DataIntegrityError):
            load(path)


def test_a_valid_file_takes_at_most_twice_its_size(tmp_path: Path) -> None:
    model = st.LSTMForecaster(256, max_epochs=1, random_state=0).fit(X, Y)
    path = saved_file(model, tmp_path)
    load(path)
    size = path.stat().st_size
    assert size / 2 < _peak_memory(path) < 2 * size


def _peak_memory(path: Path) -> float:
    """Bytes that a process of its own holds more at its peak, for a file and for none."""
    import subprocess
    import sys

    code = (
        "import re, sys, tempfile, pathlib\n"
        "import stforecast as st, numpy as np\n"
        "from stforecast.persistence import load, save\n"
        "X, y = st.make_windows(np.arange(30.0), lookback=3)\n"
        "small = pathlib.Path(tempfile.mkdtemp()) / 'm'\n"
        "save(st.LSTMForecaster(2, max_epochs=1).fit(X, y), small); load(small)\n"
        "status = pathlib.Path('/proc/self/status')\n"  # ru_maxrss begins with the parent's
        "peak = lambda: int(re.search(r'VmHWM:\\s*(\\d+)', status.read_text())[1])\n"
        "before = peak()\n"
        "model = load(sys.argv[1])\n"
        "print(1024 * (peak() - before))\n"
    )
    return float(subprocess.check_output([sys.executable, "-c", code, str(path)], text=True))


# -- mutations


# as many with the digest left alone as with the digest made right
MUTATIONS = 10_000


def test_no_bit_of_a_file_can_change_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved_file(st.SeriesForecaster(Ridge(), lookback=3).fit(TABLE), tmp_path)
    content, draw = path.read_bytes(), random.Random(0)
    for i in range(MUTATIONS):
        kind, changed = i % 4, bytearray(content)
        place = draw.randrange(len(content))
        if kind == 0:
            changed[place] ^= 1 << draw.randrange(8)
        elif kind == 1:
            changed[place:] = b""
        elif kind == 2:
            changed[place:place] = draw.randbytes(draw.randrange(1, 9))
        else:
            other = draw.randrange(len(content))
            changed[place : place + 9] = content[other : other + 9]
            if changed == content:
                changed[place] ^= 1
        given = io.BytesIO(changed)
        monkeypatch.setattr("stforecast.persistence._model.open_regular", lambda _, f=given: f)
        with pytest.raises(DataIntegrityError, match=r"model\.stf"):
            load(path)


MUTATED: dict[str, Callable[[], Any]] = {
    "network": lambda: NETWORK,
    "series": lambda: st.SeriesForecaster(Ridge(), lookback=3, calibration=9).fit(TABLE),
    "pipeline": lambda: make_pipeline(
        st.Framewise(StandardScaler()), st.Flatten(), FunctionTransformer(np.arctan), Ridge()
    ).fit(X, Y),
    "forest": lambda: RandomForestRegressor(2, max_depth=2, random_state=0).fit(FLAT, FLAT[:, 0]),
    "search": lambda: EXAMPLES["scorer"],
    "perceptron": lambda: MLPRegressor(hidden_layer_sizes=(2,), max_iter=9, random_state=0).fit(
        FLAT, FLAT[:, 0]
    ),
    "panel of periods": lambda: st.SeriesForecaster(Ridge(), lookback=3).fit(
        TABLE.set_axis(pd.period_range("2020", periods=len(TABLE), freq="D"))
    ),
    "boosting": lambda: HistGradientBoostingRegressor(max_iter=1, max_depth=2).fit(
        FLAT, FLAT[:, 0]
    ),
}


def mutated(node: Any, arrays: dict[str, Any], draw: random.Random) -> None:
    """Change something in a node or in an array."""
    if arrays and draw.random() < 0.2:
        values = arrays[draw.choice(sorted(arrays))]
        if values.size:
            flat = values.reshape(-1).view(np.uint8)
            place = draw.randrange(len(flat))
            flat[place] = draw.randrange(2) if values.dtype == np.bool_ else draw.randrange(256)
        return
    holders = list(nodes_within(node))
    target = draw.choice([one for one in holders if one])
    key = draw.choice(sorted(target))
    choice = draw.random()
    if choice < 0.2:
        del target[key]
    elif choice < 0.4:
        other = draw.choice([one for one in holders if one])
        target[key] = deepcopy(other[draw.choice(sorted(other))])
    elif choice < 0.5 and isinstance(target[key], list) and target[key]:
        target[key].append(deepcopy(draw.choice(target[key])))
    else:
        target[key] = deepcopy(draw.choice(HOSTILE))


@pytest.mark.parametrize("name", MUTATED)
def test_with_a_right_digest_a_mutation_is_refused_or_within_the_schema(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = saved_file(MUTATED[name](), tmp_path)
    metadata, node, arrays = taken_apart(path)
    draw, files, refused = random.Random(len(name)), 0, 0
    while files < MUTATIONS // len(MUTATED):
        changed = deepcopy(node), {one: values.copy() for one, values in arrays.items()}
        mutated(*changed, draw)
        given = io.BytesIO()
        try:
            text = {**metadata, "model": json.dumps(changed[0])}
            write_container(given, Container(text, changed[1]))
        except (TypeError, ValueError, struct.error):
            continue  # no file has it
        files += 1
        monkeypatch.setattr("stforecast.persistence._model.open_regular", lambda _, f=given: f)
        model = loaded(path)
        if model is None:
            refused += 1
        else:
            write_model(model)  # all in it is as the schema says
    assert refused > files // 5


@pytest.fixture(autouse=True, scope="module")
def _lazy_imports() -> None:
    """Load one of each kind, so that no import looks like code of a file."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for example in EXAMPLES.values():
            load(holder(example, Path(folder)))


def test_what_runs_code_is_noticed() -> None:
    with pytest.raises(AssertionError, match="exec"), no_code_runs():
        exec("1")
    content = pickle.dumps(Path("x"))
    with pytest.raises(AssertionError, match="pickle"), no_code_runs():
        pickle.loads(content)
