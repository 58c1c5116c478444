"""Every snippet of the README runs by itself, as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.snippets import load_400_rows, snippets_of, train_one_epoch

SNIPPETS = snippets_of("README.md")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    train_one_epoch(monkeypatch)
    load_400_rows(monkeypatch)


def test_there_is_one_for_each_way_in() -> None:
    assert len(SNIPPETS) == 3


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("snippet", SNIPPETS, ids=["notebook", "scikit-learn", "sktime"])
def test_the_snippet_runs(snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "README.md", "exec"), {"__name__": "__main__"})
