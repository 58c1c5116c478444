from __future__ import annotations

from pathlib import Path

import pytest

import stforecast
from stforecast.datasets._package_files import find_shipped_file
from stforecast.exceptions import DataNotFoundError
from tests.datasets.conftest import ROOT


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "package" / "data", tmp_path / "checkout" / "datasets"


def put(root: Path) -> Path:
    path = root / "power" / "hours.csv"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.mark.parametrize("place", [0, 1], ids=["wheel", "checkout"])
def test_a_file_is_found_in_a_wheel_and_in_a_checkout(roots, place):
    path = put(roots[place])
    assert find_shipped_file("power", "hours.csv", roots) == path


def test_a_wheel_reads_its_own_files_before_any_beside_it(roots):
    inside, _ = put(roots[0]), put(roots[1])
    assert find_shipped_file("power", "hours.csv", roots) == inside


def test_a_file_at_neither_place_is_an_error_that_names_both(roots):
    with pytest.raises(DataNotFoundError, match=r"hours\.csv .*package.* or .*checkout.*Reinstall"):
        find_shipped_file("power", "hours.csv", roots)


def test_this_checkout_is_found():
    if Path(stforecast.__file__).is_relative_to(ROOT):
        found = find_shipped_file("household_power", "README.md")
        assert found == ROOT / "datasets" / "household_power" / "README.md"
    else:
        assert find_shipped_file("household_power", "README.md").is_file()
