"""Every public name is documented, complete, and can be had from where it should."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import stforecast
from tests import public

ROOT = Path(stforecast.__file__).parent
DOCS = ROOT.parent / "docs"
MAX_PARAMETERS = 15
IN_TRAINING = 16  # it gathers the rare choices of all networks


def run(code: str) -> str:
    return subprocess.check_output([sys.executable, "-c", code], text=True)


@pytest.mark.parametrize("name", public.public_names())
def test_docstring_is_complete(name: str) -> None:
    faults = list(public.faults(name, public.asked_of(name)))
    for method in public.own_methods(name):
        faults += public.faults(method, public.ASKED)
    assert faults == []


def half_documented(a: int, b: int) -> int:
    """Add things

    Parameters
    ----------
    a : int
    c : int
        Not there.
    """
    return a + b


def test_an_incomplete_docstring_is_found() -> None:
    text = " ".join(public.faults(f"{__name__}.half_documented", public.ASKED_OF_NAMES))
    assert {code for code in public.ASKED_OF_NAMES if code in text} == {
        "SS03", "PR01", "PR02", "PR07", "RT01", "EX01",
    }  # fmt: skip


@pytest.mark.parametrize("room", public.rooms())
def test_all_is_sorted_and_there(room: str) -> None:
    module = sys.modules[room]
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(module.__all__) == len(set(module.__all__))
    assert module.__doc__


@pytest.mark.parametrize("name", [n for n in public.public_names() if ".estimators." in n])
def test_an_estimator_has_few_parameters(name: str) -> None:
    count = len(inspect.signature(public.resolve(name)).parameters)
    assert count == IN_TRAINING if name.endswith(".Training") else count <= MAX_PARAMETERS


def test_the_root_offers_what_most_users_need_and_nothing_of_its_own() -> None:
    names = {name for room in public.ROOT_ROOMS for name in public.convert_baseline(room).__all__}
    assert set(stforecast.__all__) - {"__version__"} <= names
    families = {"ConvLSTM", "CNNLSTM", "ParallelCNNLSTM", "LSTM"}
    kinds = {f"{family}{kind}" for family in families for kind in ("Forecaster", "Classifier")}
    assert kinds | {"SeriesForecaster", "make_windows", "OriginSplit"} <= set(stforecast.__all__)


@pytest.mark.parametrize(("module", "most"), [("stforecast", 36), ("stforecast.nn", 32)])
def test_the_first_view_holds_few_names(module: str, most: int) -> None:
    assert len(import_module(module).__all__) <= most


def test_a_name_of_the_root_is_the_one_of_its_room() -> None:
    for room in public.ROOT_ROOMS:
        module = public.convert_baseline(room)
        shared = [name for name in module.__all__ if name in stforecast.__all__]
        assert shared
        assert all(getattr(stforecast, name) is getattr(module, name) for name in shared)


def test_the_stub_says_what_the_root_offers() -> None:
    tree = ast.parse((ROOT / "__init__.pyi").read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    stub = {alias.asname: node.module for node in imports for alias in node.names}
    rooms = {name for name, module in stub.items() if module == "stforecast"}
    assert set(stub) - rooms == set(stforecast.__all__)
    assert rooms == set(public.ROOMS)
    for name, module in stub.items():
        assert getattr(stforecast, name) is not None
        assert module == "stforecast" or hasattr(sys.modules[module], name)


def test_dir_lists_every_name_and_room_before_any_is_loaded() -> None:
    listed = set(run("import stforecast; print(*dir(stforecast))").split())
    assert set(stforecast.__all__) <= listed
    assert set(public.ROOMS) <= listed


def test_a_misspelt_name_is_an_attribute_error_with_a_suggestion() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import stforecast; stforecast.make_window"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "no attribute 'make_window'. Did you mean: 'make_windows'?" in done.stderr


@pytest.mark.parametrize("statement", ["import stforecast", "from stforecast import make_windows"])
def test_importing_loads_no_torch(statement: str) -> None:
    loaded = run(f"{statement}\nimport sys\nprint(*sys.modules)").split()
    assert "stforecast" in loaded
    assert not {"torch", "skorch", "sktime", "matplotlib"} & set(loaded)


def test_importing_the_root_alone_loads_nothing_heavy() -> None:
    loaded = run("import stforecast, sys\nprint(*sys.modules)").split()
    assert not {"numpy", "pandas", "sklearn", "torch"} & set(loaded)


def test_every_room_stands_in_the_api_reference() -> None:
    # each room's page is made from its __all__
    listed = (DOCS / "api" / "index.rst").read_text(encoding="utf-8").split()
    assert [room for room in public.rooms() if room not in listed] == []
