"""The snippets of some pages of the user guide run, one after the other, as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stforecast import datasets
from stforecast._training.net import Net

GUIDE = Path(__file__).parents[1] / "docs" / "user_guide"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One epoch on the last 300 days."""
    fit_loop, load = Net.fit_loop, datasets.load_household_power
    monkeypatch.setattr(Net, "fit_loop", lambda net, X, y=None, **_: fit_loop(net, X, y, 1))
    monkeypatch.setattr(datasets, "load_household_power", lambda *args: load(*args).iloc[-300:])


@pytest.mark.usefixtures("quick")
@pytest.mark.filterwarnings("ignore:The default of config:FutureWarning")  # of sktime's forecasters
@pytest.mark.parametrize("page", ["classification", "uncertainty", "sktime", "windows"])
def test_the_snippets_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (GUIDE / f"{page}.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert snippets
    names: dict[str, object] = {"__name__": "__main__"}
    for snippet in snippets:
        exec(compile(snippet, f"{page}.md", "exec"), names)


def test_the_sktime_page_takes_ten_lines_beside_its_imports() -> None:
    text = (GUIDE / "sktime.md").read_text(encoding="utf-8")
    snippet = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    lines = [line for line in snippet.splitlines() if line and not line.startswith("from ")]
    assert len(lines) <= 10
