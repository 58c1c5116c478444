"""The scripts of the gallery run as they stand, and draw."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from stforecast import inspection
from tests.snippets import ROOT, train_one_epoch

EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def figures() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize(("page", "pictures"), [("household_power", 1), ("inspection", 6)])
def test_the_script_runs(
    page: str, pictures: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    train_one_epoch(monkeypatch)
    runpy.run_path(str(EXAMPLES / f"plot_{page}.py"))
    assert len(plt.get_fignums()) == pictures


def test_each_display_has_its_picture() -> None:
    text = (EXAMPLES / "plot_inspection.py").read_text(encoding="utf-8")
    assert [name for name in inspection.__all__ if f"{name}.from_" not in text] == []
