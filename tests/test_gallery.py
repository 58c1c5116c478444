"""The scripts of the gallery run and draw, and each checks its claim.

A build of the docs checks all claims, which takes a quarter of an hour. Here the quickest pages do.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from stforecast import inspection
from tests.snippets import ROOT, train_one_epoch

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("plot_*.py"))
COUNT = 21  # no page is lost unseen
QUICKEST = ("plot_intervals", "plot_search", "plot_windows")
# how far statsmodels comes within its steps depends on the machine
STATSMODELS = pytest.mark.filterwarnings("ignore:Optimization failed to converge")
PICTURES = {"plot_inspection": 8, "plot_temperature_maps": 2}  # the others have one


@pytest.fixture
def figures() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


def run_page(script: Path, *, claims: bool) -> None:
    """Run a page, with its own assertions or without."""
    text = script.read_text(encoding="utf-8")
    code = compile(text, str(script), "exec", optimize=0 if claims else 1)
    exec(code, {"__name__": "__main__", "__file__": str(script)})


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize(
    "script",
    [
        pytest.param(one, marks=STATSMODELS if one.stem == "plot_sktime_benchmark" else ())
        for one in EXAMPLES
    ],
    ids=lambda path: path.stem,
)
def test_the_script_runs(script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    train_one_epoch(monkeypatch)
    run_page(script, claims=False)  # what a page claims holds after a whole training
    assert len(plt.get_fignums()) == PICTURES.get(script.stem, 1)


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("name", QUICKEST)
def test_the_claim_of_a_quick_page_holds(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (script,) = (one for one in EXAMPLES if one.stem == name)
    run_page(script, claims=True)


def test_every_page_is_there() -> None:
    assert len(EXAMPLES) == COUNT


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_checks_its_claim(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text)))
    assert "Dummy" in text


def test_each_display_has_its_picture() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in EXAMPLES)
    assert [name for name in inspection.__all__ if f"{name}.from_" not in text] == []
