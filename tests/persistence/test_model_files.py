"""Files are whole or not there, and say what is wrong with them."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast.estimators import LSTMForecaster
from stforecast.exceptions import DataIntegrityError
from stforecast.persistence import load, save
from stforecast.persistence._nodes import Builder
from stforecast.series import SeriesForecaster
from stforecast.windows import Flatten, make_windows
from tests.persistence.rewriting import relabelled, rewritten
from tests.series.data import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

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
    with pytest.raises(
        TypeError,
        match=r"steps\[1\]\[1\] is of the class tests\.persistence\.test_model_files\.Own",
    ):
        save(make_pipeline(Flatten(), Own()).fit(X, Y), path)
    assert path.read_bytes() == before


def test_a_function_of_ones_own_cannot_be_saved(path: Path) -> None:
    def weekday(index: Any) -> Any:
        return TABLE[["a"]].reindex(index).fillna(0.0) + 1.0

    model = SeriesForecaster(Ridge(), lookback=2).fit(TABLE, known=weekday)
    with pytest.raises(TypeError, match=r"known_ is the function .*weekday.*calendar_features"):
        save(model, path)


def test_what_is_no_estimator_cannot_be_saved(path: Path) -> None:
    with pytest.raises(TypeError, match="needs a scikit-learn estimator, got dict"):
        save({"model": MODEL}, path)


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


def test_a_flipped_byte_is_an_error(path: Path) -> None:
    content = path.read_bytes()
    for place in np.linspace(0, len(content) - 1, 60).astype(int):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with pytest.raises(DataIntegrityError, match="broken or was not written by"):
            load(path)


FOREIGN = {
    "text": b"weights",
    "pickle": pickle.dumps(Ridge()),
    "nothing": b"",
    "zeros": bytes(200),
    "a length": (10**18).to_bytes(8, "little") + b'{"__metadata__":{"sha256":"',
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_is_an_error(path: Path, kind: str) -> None:
    path.write_bytes(FOREIGN[kind])
    with pytest.raises(DataIntegrityError, match="broken or was not written by"):
        load(path)


def test_a_file_from_before_the_first_release_says_so(path: Path) -> None:
    with ZipFile(path, "w") as archive:
        archive.writestr("schema.json", "{}")
    with pytest.raises(DataIntegrityError, match=r"before its first release.*Fit the model again"):
        load(path)


def test_a_checkpoint_is_no_model(path: Path) -> None:
    relabelled(path, lambda metadata: {**metadata, "kind": "stforecast checkpoint"})
    with pytest.raises(
        DataIntegrityError, match=r"was not written by stforecast\.persistence\.save"
    ):
        load(path)


def change_versions(path: Path, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    def changed(metadata: dict[str, str]) -> dict[str, str]:
        return {**metadata, "versions": json.dumps(change(json.loads(metadata["versions"])))}

    relabelled(path, changed)


def test_a_newer_format_is_an_error(path: Path) -> None:
    relabelled(path, lambda metadata: {**metadata, "format": "99"})
    with pytest.raises(DataIntegrityError, match=r"has format 99.* Update stforecast"):
        load(path)


@pytest.mark.parametrize("package", ["stforecast", "scikit-learn", "torch"])
def test_another_release_is_warned_of(path: Path, package: str) -> None:
    change_versions(path, lambda versions: {**versions, package: "0.0.1"})
    with pytest.warns(UserWarning, match=rf"saved with {package} 0\.0\.1 \(now "):
        again = load(path)
    np.testing.assert_array_equal(again.predict(X), MODEL.predict(X))


def test_another_build_is_not_warned_of(path: Path) -> None:
    change_versions(
        path, lambda versions: {k: f"{v.split('+')[0]}.9+cu999" for k, v in versions.items()}
    )
    load(path)


def test_what_another_release_wrote_otherwise_says_which(path: Path) -> None:
    change_versions(path, lambda versions: {**versions, "torch": "0.0.1"})
    rewritten(path, lambda node: node["attributes"].update(bias_=1))
    with (
        pytest.warns(UserWarning, match="saved with torch"),
        pytest.raises(
            DataIntegrityError, match=r"It was saved with torch 0\.0\.1 \(now .*load it there"
        ),
    ):
        load(path)


def test_what_would_come_back_as_another_is_not_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    build = Builder.value

    def rounded(builder: Builder, node: Any) -> Any:
        value = build(builder, node)
        return round(value, 3) if type(value) is float else value

    monkeypatch.setattr(Builder, "value", rounded)
    with pytest.raises(TypeError, match=r"would come back as another \(.*tol"):
        save(Ridge(tol=1e-5), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="pipes and links of POSIX")
def test_a_model_is_written_through_a_link_and_into_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "model")
    save(Ridge(3.0), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert load(tmp_path / "model").alpha == 3.0
    os.mkfifo(tmp_path / "pipe")
    for call in (lambda: save(Ridge(), tmp_path / "pipe"), lambda: load(tmp_path / "pipe")):
        with pytest.raises(OSError, match=r"is a device, a pipe.* Name a file"):
            call()
    assert (tmp_path / "pipe").is_fifo()
