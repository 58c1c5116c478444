"""The page on the architecture: its picture is that of the source, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path

from docs.draw_rooms import PICTURE, edges, picture

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PATH = re.compile(r"`((?:stforecast|tests|docs|benchmarks)?/?[\w/]+(?:/|\.py|\.md|\.pyi))`")
PLACES = ("", "stforecast", "stforecast/estimators", "stforecast/windows/sources")


def test_the_picture_is_that_of_the_source() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "run python docs/draw_rooms.py"


def test_the_arrows_are_imports_that_are_there() -> None:
    assert {("series", "estimators"), ("estimators", "_training")} <= edges()
    assert ("nn", "windows") not in edges()


def test_every_path_on_the_page_exists() -> None:
    named = set(PATH.findall(PAGE))
    assert len(named) > 20
    missing = [
        path for path in named if not any((ROOT / place / path).exists() for place in PLACES)
    ]
    folders = {"transformers/", "sources/", "kernels/", "execution/", "parts/", "baselines/"}
    folders |= {"wrappers/", "intervals/", "lib/"}
    inner = {f"{one.name}/" for one in (ROOT / "stforecast").glob("*/*/")} | {"lib/"}
    assert set(missing) <= folders <= inner, set(missing) - folders


def test_every_name_on_the_page_is_in_the_source() -> None:
    source = "".join(one.read_text(encoding="utf-8") for one in (ROOT / "stforecast").rglob("*.py"))
    names = re.findall(r"`([A-Za-z_]\w+)`", PAGE)
    assert len(names) > 20
    assert [one for one in names if not re.search(rf"\b{one}\b", source)] == []
