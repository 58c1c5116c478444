"""The rooms import in one direction, and those left of `nn` need no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import stforecast
from tests.layers import LAYER_OF, TORCH_FREE, imports_of, violations

SOURCE = Path(stforecast.__file__).parent
PRESENT = sorted({found.room for found in imports_of(SOURCE)})

# torch and skorch cannot be imported where this has run
BLOCK_TORCH = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "skorch"}:
            raise ImportError(f"{name} was imported")

sys.meta_path.insert(0, Blocker())
"""


def run_without_torch(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCK_TORCH + code], capture_output=True, text=True, check=False
    )


def test_rooms_import_leftwards_only() -> None:
    assert violations(SOURCE) == []


def test_the_rooms_were_read() -> None:
    assert {"exceptions", "windows", "datasets", "nn", "__init__"} <= set(PRESENT)


@pytest.mark.parametrize("room", [room for room in TORCH_FREE if room in PRESENT])
def test_room_imports_without_torch(room: str) -> None:
    done = run_without_torch(f"import stforecast.{room}")
    assert done.returncode == 0, done.stderr


def test_the_torch_blocker_blocks() -> None:
    assert "torch was imported" in run_without_torch("import stforecast.nn").stderr


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        (
            "windows/_make_windows.py",
            "from stforecast.nn import ConvLSTM",
            "windows may not import",
        ),
        (
            "windows/_make_windows.py",
            "from stforecast import nn",
            "windows may not import stforecast.nn",
        ),
        (
            "windows/_make_windows.py",
            "from ..nn import ConvLSTM",
            "windows may not import stforecast.nn",
        ),
        ("windows/_make_windows.py", "from .. import nn", "windows may not import stforecast.nn"),
        ("windows/_make_windows.py", "import stforecast", "windows may not import stforecast."),
        (
            "windows/_make_windows.py",
            "def late():\n    import torch",
            "windows may not import torch",
        ),
        ("metrics/_skill.py", "from torch import nn", "metrics may not import torch"),
        ("nn/_cell.py", "import skorch.net", "nn may not import skorch"),
        ("estimators/_base.py", "import sktime.base", "estimators may not import sktime"),
        ("inspection/_plot.py", "import stforecast.persistence", "inspection may not import"),
        ("exceptions.py", "from stforecast._files import write", "exceptions may not import"),
        ("extras/_x.py", "import numpy", "'extras' has no place"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, path: str, source: str, complaint: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(source)
    found = violations(tmp_path)
    assert len(found) == 1
    assert complaint in found[0]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "windows/_make_windows.py",
            "from stforecast.exceptions import WindowError\nfrom ._base import x",
        ),
        (
            "windows/deep/_make_windows.py",
            "from .._base import x\nfrom ...exceptions import WindowError",
        ),
        ("nn/_cell.py", "import torch\nfrom stforecast import windows"),
        ("sktime/_adapter.py", "import sktime.base\nfrom stforecast.series import y"),
    ],
)
def test_a_right_import_passes(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source)
    assert violations(tmp_path) == []


def test_every_room_has_a_place() -> None:
    assert set(PRESENT) <= set(LAYER_OF)
