"""Files are whole or not there, and say what is wrong with them."""

from __future__ import annotations

import io
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast.estimators import LSTMForecaster
from stforecast.exceptions import DataIntegrityError
from stforecast.persistence import load, save
from stforecast.series import SeriesForecaster
from stforecast.windows import Flatten, make_windows
from tests.series.data import TABLE

X, Y = make_windows(TABLE, lookback=4)
MODEL = LSTMForecaster(2, max_epochs=1, random_state=0).fit(X, Y)


@pytest.fixture(name="path")
def saved_model(tmp_path: Path) -> Path:
    save(MODEL, tmp_path / "model.stf")
    return tmp_path / "model.stf"


class Own(Ridge):
    """A class that no file may name."""


def test_a_class_of_ones_own_cannot_be_saved(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(TypeError, match=r"the model holds tests\.persistence\.test_files\.Own"):
        save(make_pipeline(Flatten(), Own()).fit(X, Y), path)
    assert path.read_bytes() == before


def test_a_function_of_ones_own_cannot_be_saved(path: Path) -> None:
    def weekday(index: Any) -> Any:
        return TABLE[["a"]].reindex(index).fillna(0.0)

    model = SeriesForecaster(Ridge(), lookback=2).fit(TABLE, known=weekday)
    with pytest.raises(TypeError, match="Replace"):
        save(model, path)


def test_what_is_no_estimator_cannot_be_saved(path: Path) -> None:
    with pytest.raises(TypeError, match="needs a scikit-learn estimator, got dict"):
        save({"model": MODEL}, path)  # type: ignore[arg-type]


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(MODEL, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_there_is_replaced(path: Path) -> None:
    save(Ridge(7.0), path)
    assert load(path).alpha == 7.0


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"'model\.stf' cannot be .* Make that folder"):
        save(Ridge(), tmp_path / "nowhere" / "model.stf")


@pytest.mark.parametrize("device", ["gpu", "cuda:99", 3])
def test_a_device_that_is_not_there_is_no_fault_of_the_file(path: Path, device: Any) -> None:
    X, y = make_windows(np.arange(30.0), lookback=3)
    save(LSTMForecaster(2, max_epochs=1).fit(X, y), path)
    with pytest.raises(ValueError, match="device must be 'auto' or a device of this machine"):
        load(path, device=device)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_an_error(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataIntegrityError, match=r"model\.stf' is broken or was not written by"):
        load(path)


def test_a_flipped_byte_is_an_error_or_without_effect(path: Path) -> None:
    content = path.read_bytes()
    expected, caught = MODEL.predict(X), 0
    places = np.linspace(0, len(content) - 1, 60).astype(int)
    for place in places:
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            np.testing.assert_array_equal(load(path).predict(X), expected)
        except DataIntegrityError:
            caught += 1
    assert caught > len(places) // 2


def foreign_files() -> dict[str, bytes]:
    other = io.BytesIO()
    with ZipFile(other, "w") as archive:
        archive.writestr("schema.json", "{}")
    return {
        "text": b"weights",
        "pickle": pickle.dumps(Ridge()),
        "another zip": other.getvalue(),
        "skops alone": skops.io.dumps(Ridge()),
    }


@pytest.mark.parametrize("kind", foreign_files())
def test_a_foreign_file_is_an_error(path: Path, kind: str) -> None:
    path.write_bytes(foreign_files()[kind])
    with pytest.raises(DataIntegrityError, match="broken or was not written by"):
        load(path)


def rewritten(path: Path, change: Any, content: bytes | None = None) -> None:
    """Write the file again with another header, and other content if given."""
    with ZipFile(path) as archive:
        header = json.loads(archive.read("stforecast.json"))
        members = {name: archive.read(name) for name in archive.namelist()}
    if content is not None:
        with ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    members["stforecast.json"] = json.dumps(change(header)).encode()
    with ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


class Trap:
    """Leaves a trace where it is made."""

    made = False

    def __setstate__(self, state: Any) -> None:
        Trap.made = True


def test_a_file_that_names_another_class_makes_none_of_it(path: Path) -> None:
    trap = Trap()
    trap.bait = 1  # type: ignore[attr-defined]
    rewritten(path, lambda header: header, skops.io.dumps(trap))
    with pytest.raises(DataIntegrityError, match="UntrustedTypesFound"):
        load(path)
    assert not Trap.made


def test_a_newer_format_is_an_error(path: Path) -> None:
    rewritten(path, lambda header: {**header, "format": 99})
    with pytest.raises(DataIntegrityError, match=r"has format 99.* Update stforecast"):
        load(path)


@pytest.mark.parametrize("package", ["stforecast", "scikit-learn", "torch"])
def test_another_release_is_warned_of(path: Path, package: str) -> None:
    def older(header: dict[str, Any]) -> dict[str, Any]:
        return {**header, "versions": {**header["versions"], package: "0.0.1"}}

    rewritten(path, older)
    with pytest.warns(UserWarning, match=rf"saved with {package} 0\.0\.1 \(now "):
        again = load(path)
    np.testing.assert_array_equal(again.predict(X), MODEL.predict(X))


def test_another_build_is_not_warned_of(path: Path) -> None:
    def built(header: dict[str, Any]) -> dict[str, Any]:
        versions = {name: f"{v.split('+')[0]}.9+cu999" for name, v in header["versions"].items()}
        return {**header, "versions": versions}

    rewritten(path, built)
    load(path)


def test_without_skops_the_error_says_what_to_install(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "skops.io", None)
    for call in (lambda: save(MODEL, path), lambda: load(path)):
        with pytest.raises(ImportError, match=r"need skops.*stforecast\[persistence\]"):
            call()
