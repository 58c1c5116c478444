"""Every snippet of the README runs by itself, as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stforecast import datasets
from stforecast._training.net import Net

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One epoch on the last 300 days."""
    fit_loop, load = Net.fit_loop, datasets.load_household_power
    monkeypatch.setattr(Net, "fit_loop", lambda net, X, y=None, **_: fit_loop(net, X, y, 1))
    monkeypatch.setattr(datasets, "load_household_power", lambda *args: load(*args).iloc[-300:])


def test_there_is_one_for_each_door() -> None:
    assert len(SNIPPETS) == 3


@pytest.mark.usefixtures("quick")
@pytest.mark.filterwarnings("ignore:The default of config:FutureWarning")  # of sktime's forecasters
@pytest.mark.parametrize("snippet", SNIPPETS, ids=["notebook", "scikit-learn", "sktime"])
def test_the_snippet_runs(snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "README.md", "exec"), {"__name__": "__main__"})
