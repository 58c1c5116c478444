"""Every study is a folder that says what it asks, and whatever names a study finds it."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import benchmarks

FOLDER = Path(benchmarks.__file__).parent
CHECKOUT = FOLDER.parent
STUDIES = sorted(path.parent for path in FOLDER.rglob("README.md") if path.parent != FOLDER)
MODULES = sorted(module.name for module in pkgutil.walk_packages([str(FOLDER)], "benchmarks."))
OPTIONAL = {"benchmarks.accuracy.sktime.nhits": "neuralforecast"}  # not installed beside the others
TEXTS = [
    *(CHECKOUT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile")),
    *(CHECKOUT / "docs").rglob("*.md"),
    *FOLDER.rglob("*.md"),
    *FOLDER.rglob("*.py"),
]


def mentions(pattern: str) -> set[str]:
    """What the texts of the checkout name."""
    texts = [path.read_text(encoding="utf-8") for path in TEXTS if "_build" not in path.parts]
    return {found for text in texts for found in re.findall(pattern, text)}


@pytest.mark.parametrize(
    "name", [one for one in MODULES if one not in OPTIONAL or find_spec(OPTIONAL[one])]
)
def test_modules_import_each_other_through_the_package(name: str) -> None:
    import_module(name)


def test_modules_that_need_more_are_there() -> None:
    assert set(OPTIONAL) <= set(MODULES)


def test_every_study_has_a_readme_and_is_listed() -> None:
    folders = {path.parent for path in FOLDER.rglob("*.py")} - {FOLDER, FOLDER / "accuracy"}
    assert set(STUDIES) == folders - {FOLDER / "lib"}
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    for study in STUDIES:
        assert f"({study.relative_to(FOLDER)}/README.md)" in listed


def test_commands_that_are_named_exist() -> None:
    commands = mentions(r"-m (benchmarks\.[a-z0-9_.]*[a-z0-9_])")
    assert len(commands) > len(STUDIES)
    for name in commands - {"benchmarks.speed"}:  # the Makefile adds the table's name
        spec = find_spec(name)
        assert spec is not None, name
        assert spec.submodule_search_locations is None or find_spec(f"{name}.__main__"), name


def test_results_that_are_named_exist() -> None:
    named = mentions(r"benchmarks/results/[\w./]*\w")
    assert len(named) > 10
    assert [path for path in named if not (CHECKOUT / path).exists()] == []
