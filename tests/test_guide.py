"""The snippets of the pages run, one after the other, as they stand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.mlflow_stand_in import Tracker
from tests.snippets import load_400_rows, snippets_of, train_one_epoch


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    train_one_epoch(monkeypatch)
    load_400_rows(monkeypatch)


def run(page: str) -> None:
    """Run the snippets of a page, but what scikit-learn has from 1.9 on where it is older."""
    snippets = snippets_of(f"docs/{page}.md")
    assert snippets
    if importlib.util.find_spec("sklearn.callback") is None:
        snippets = [snippet for snippet in snippets if "sklearn.callback" not in snippet]
    names: dict[str, object] = {"__name__": "__main__"}
    for snippet in snippets:
        exec(compile(snippet, f"{page}.md", "exec"), names)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "page",
    [
        "index",
        "user_guide/classification",
        "user_guide/coming_from",
        "user_guide/compare",
        "user_guide/deploy",
        "user_guide/extending",
        "user_guide/faq",
        "user_guide/get_started",
        "user_guide/install",
        "user_guide/maps",
        "user_guide/network_gain",
        "user_guide/networks",
        "user_guide/panels",
        "user_guide/sktime",
        "user_guide/time",
        "user_guide/uncertainty",
        "user_guide/windows",
    ],
)
def test_the_snippets_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(page)
    plt.close("all")


@pytest.mark.usefixtures("quick")
def test_the_page_on_training_leaves_events_and_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tracker = Tracker()
    for name in ("mlflow", "mlflow.tracking"):
        monkeypatch.setitem(sys.modules, name, tracker)
    run("user_guide/training")
    boards = [EventAccumulator(str(path)).Reload() for path in (tmp_path / "runs").iterdir()]
    fits = 1 + 2 * 3 + 1  # alone, and two settings on three folds and once more on all
    assert [len(board.Scalars("Loss/train_loss")) for board in boards] == [1] * fits
    assert [len(values["train_loss"]) for values in tracker.metrics.values()] == [1] * fits
    assert tracker.ended == list(tracker.metrics)


def test_the_sktime_page_takes_ten_lines_beside_its_imports() -> None:
    snippet = snippets_of("docs/user_guide/sktime.md")[0]
    lines = [line for line in snippet.splitlines() if line and not line.startswith("from ")]
    assert len(lines) <= 10
