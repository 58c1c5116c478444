"""The scripts of the gallery run and draw; a build of the docs checks their claims."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from stforecast import inspection
from tests.snippets import ROOT, train_one_epoch

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("plot_*.py"))
PICTURES = {"plot_inspection": 8, "plot_temperature_maps": 2}  # the others have one


@pytest.fixture
def figures() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


# how far statsmodels comes within its steps depends on the machine
@pytest.mark.filterwarnings("ignore:Optimization failed to converge")
@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_the_script_runs(script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    train_one_epoch(monkeypatch)
    # without its assertions: what a page claims holds after a whole training
    code = compile(script.read_text(encoding="utf-8"), str(script), "exec", optimize=1)
    exec(code, {"__name__": "__main__", "__file__": str(script)})
    assert len(plt.get_fignums()) == PICTURES.get(script.stem, 1)


def test_there_are_enough_pages() -> None:
    assert len(EXAMPLES) >= 14


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_checks_its_claim(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    if script.stem != "plot_inspection":
        assert "\nassert " in text or "\n    assert " in text
        assert "Dummy" in text


def test_each_display_has_its_picture() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in EXAMPLES)
    assert [name for name in inspection.__all__ if f"{name}.from_" not in text] == []
