"""Settings are chosen without a look at a test fold."""

from __future__ import annotations

from benchmarks.accuracy.classification.selection import inner_split
from benchmarks.accuracy.classification.tasks import load_task


def test_trials_of_settings_see_nothing_of_the_test_fold() -> None:
    task = load_task("digit_rows", None)
    train, test = task.folds[0]
    fit, judged = inner_split(task)
    assert set(fit) | set(judged) <= set(train)
    assert not set(fit) & set(judged)
    assert not set(train) & set(test)
