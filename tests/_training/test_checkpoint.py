"""A fit that was broken off goes on as if it had not been."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback

from stforecast._container import Container, read_container, write_container
from stforecast._training import checkpoint
from stforecast.estimators import Compute, Training
from stforecast.exceptions import DataIntegrityError
from tests._training.callbacks import Break
from tests.estimators.data import FORECASTERS, map_windows, same_weights, small, table_windows

ROOT = Path(__file__).parents[2]


class Count(Callback):
    """Counts the epochs that were trained."""

    def __init__(self, epochs):
        self.epochs = epochs

    def on_epoch_begin(self, net, **kwargs):
        self.epochs.append(1)

    def __reduce__(self):
        return (Count, ([],))

    def __sklearn_clone__(self):
        return self


def breaking(model, epoch):
    return model.set_params(net_params={"callbacks": [("break", Break(epoch))]})


def broken_off(model, X, y, epoch):
    """The model after a fit of which only the first epochs came about, and was begun again."""
    with pytest.raises(KeyboardInterrupt):
        breaking(model, epoch).fit(X, y)
    return breaking(model, 0).fit(X, y)


SETTINGS = {
    "plain": {},
    "average": {"ema": 0.9},
    "plateau": {"schedule": "plateau", "patience": 6},
    "cosine": {"schedule": "cosine", "warmup": 2.0},
    "one-cycle": {"schedule": "one-cycle", "optimizer": "sgd"},
    "all samples": {"validation_fraction": 0},
    "pieces": {"compute": Compute(pieces=3)},
}


@pytest.mark.parametrize("epoch", [1, 4])
@pytest.mark.parametrize("name", SETTINGS)
def test_resumes_to_the_very_same_weights(name, epoch, tmp_path):
    X, y = table_windows()
    setting = {"max_epochs": 6, "lr": 0.02, "dropout": 0.3}
    whole = small(**setting, training=Training(**SETTINGS[name])).fit(X, y)
    model = small(**setting, training=Training(**SETTINGS[name], checkpoint=tmp_path))
    model = broken_off(model, X, y, epoch)
    assert same_weights(model, whole)
    losses = [name for name in whole.history_ if name.endswith("_loss")]
    pd.testing.assert_frame_equal(model.history_[losses], whole.history_[losses])
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))


@pytest.mark.parametrize("kind", FORECASTERS)
def test_every_forecaster_resumes(kind, tmp_path):
    X, y = map_windows()
    whole = small(kind, max_epochs=4, dropout=0.3).fit(X, y)
    model = small(kind, max_epochs=4, dropout=0.3, training=Training(checkpoint=tmp_path))
    assert same_weights(broken_off(model, X, y, 3), whole)


def test_early_stopping_goes_on_counting(tmp_path):
    X, y = table_windows()
    setting = {"max_epochs": 40, "lr": 0.05}
    whole = small(**setting, training=Training(patience=5)).fit(X, y)
    model = small(**setting, training=Training(patience=5, checkpoint=tmp_path))
    model = broken_off(model, X, y, len(whole.history_) - 1)
    assert len(model.history_) == len(whole.history_) < 40
    assert same_weights(model, whole)


def count_epochs(model, X, y):
    epochs = []
    model.set_params(net_params={"callbacks": [("count", Count(epochs))]}).fit(X, y)
    return len(epochs)


def test_only_what_is_missing_is_trained(tmp_path):
    X, y = table_windows()
    model = small(max_epochs=3, training=Training(patience=20, checkpoint=tmp_path))
    assert count_epochs(model, X, y) == 3
    assert count_epochs(model, X, y) == 0
    model.set_params(training__keep_interrupted=True, verbose=1)
    assert count_epochs(model.set_params(max_epochs=5), X, y) == 2
    assert len(list(tmp_path.iterdir())) == 1
    longer = small(max_epochs=5, training=Training(patience=20)).fit(X, y)
    assert same_weights(model, longer)


def test_a_fit_that_stopped_early_has_ended(tmp_path):
    X, y = table_windows()
    model = small(lr=0.05, max_epochs=30, training=Training(patience=2, checkpoint=tmp_path))
    assert 2 < count_epochs(model, X, y) < 30
    first = model.predict(X)
    assert count_epochs(model, X, y) == 0
    np.testing.assert_array_equal(model.predict(X), first)


OTHER = {
    "lr": {"lr": 0.5},
    "size": {"hidden_channels": 3},
    "seed": {"random_state": 1},
    "training": {"training__ema": 0.5},
    "schedule": {"training__schedule": "cosine"},
}


@pytest.mark.parametrize("name", OTHER)
def test_another_fit_has_another_file(name, tmp_path):
    X, y = table_windows()
    model = small(training=Training(checkpoint=tmp_path)).fit(X, y)
    model.set_params(**OTHER[name]).fit(X, y)
    assert len(list(tmp_path.iterdir())) == 2
    plain = model.set_params(training__checkpoint=None)
    with_file = model.predict(X)
    np.testing.assert_array_equal(plain.fit(X, y).predict(X), with_file)


def test_other_data_have_another_file(tmp_path):
    X, y = table_windows()
    model = small(training=Training(checkpoint=tmp_path))
    changed = y.copy()
    changed[3, 1] += 1e-3
    for data in ((X, y), (X[1:], y[1:]), (X, changed), (X, y)):
        model.fit(*data)
    assert len(list(tmp_path.iterdir())) == 3


def test_under_a_schedule_of_given_length_the_length_counts(tmp_path):
    X, y = table_windows()
    model = small(training=Training(schedule="cosine", checkpoint=tmp_path)).fit(X, y)
    model.set_params(max_epochs=3).fit(X, y)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_search_begun_again_repeats_nothing(tmp_path):
    X, y = table_windows()
    epochs = []
    model = small(
        net_params={"callbacks": [("count", Count(epochs))]},
        training=Training(checkpoint=tmp_path / "search"),
    )
    scores = []
    for _ in range(2):
        search = GridSearchCV(model, {"hidden_channels": [2, 4]}, cv=2).fit(X, y)
        scores.append(search.cv_results_["mean_test_score"].tolist())
    assert len(epochs) == 5 * 2  # 2 x 2 fits and the last one, of two epochs each, once
    assert scores[0] == scores[1]


def test_no_file_of_a_further_fit(tmp_path):
    X, y = table_windows()
    model = small(training=Training(checkpoint=tmp_path)).fit(X, y)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    model.partial_fit(X, y)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


# -- what goes wrong, goes wrong before training


@pytest.fixture
def untrained(monkeypatch):
    """Fails a test in which an epoch is trained."""

    def never(*args, **kwargs):
        pytest.fail("an epoch was trained")

    monkeypatch.setattr("stforecast._training.net.Net.fit_loop", never)


@pytest.mark.usefixtures("untrained")
def test_a_folder_that_cannot_be_is_an_error_before_training(tmp_path):
    X, y = table_windows()
    (tmp_path / "file").write_bytes(b"")
    model = small(training=Training(checkpoint=tmp_path / "file" / "states"))
    with pytest.raises(OSError, match=r"checkpoint folder .* cannot be written.*name another"):
        model.fit(X, y)


@pytest.mark.usefixtures("untrained")
def test_a_read_only_folder_is_an_error_before_training(tmp_path, monkeypatch):
    def refuse(path, flags, *rest, **options):  # permissions would not stop root
        if Path(path).is_relative_to(tmp_path) and flags & os.O_CREAT:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return open_file(path, flags, *rest, **options)

    X, y = table_windows()
    open_file = os.open
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OSError, match=r"cannot be written: .*Permission denied"):
        small(training=Training(checkpoint=tmp_path)).fit(X, y)


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EDQUOT])
def test_a_write_that_fails_is_an_error_before_training(tmp_path, monkeypatch, code):
    def fail(handle):
        raise OSError(code, os.strerror(code))

    X, y = table_windows()
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=f"cannot be written: .*{os.strerror(code)}"):
        small(training=Training(checkpoint=tmp_path)).fit(X, y)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("untrained")
def test_a_disk_without_room_is_an_error_before_training(tmp_path, monkeypatch):
    X, y = table_windows()
    monkeypatch.setattr(
        checkpoint.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000})
    )
    with pytest.raises(OSError, match=r"0.0 MB free, but the states need 0.\d MB. Free space"):
        small(hidden_channels=64, training=Training(checkpoint=tmp_path)).fit(X, y)


@pytest.mark.usefixtures("untrained")
def test_a_broken_file_is_an_error_with_the_remedy(tmp_path, monkeypatch):
    X, y = table_windows()
    model = small(training=Training(checkpoint=tmp_path))
    monkeypatch.setattr("stforecast.estimators._net_fit.fit_name", lambda *args: "state")
    (tmp_path / "state.state").write_bytes(b"not a state")
    with pytest.raises(ValueError, match=r"cannot be read: it .*Delete it to train from the start"):
        model.fit(X, y)


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_no_bit_of_a_file_can_change_unseen(tmp_path):
    X, y = table_windows()
    training = Training(ema=0.9, schedule="plateau", checkpoint=tmp_path)
    model = small(training=training, max_epochs=2)
    model.fit(X, y)
    [path] = tmp_path.iterdir()
    content, draw = path.read_bytes(), random.Random(0)
    for _ in range(60):
        path.write_bytes(flipped(content, draw.randrange(8 * len(content))))
        with pytest.raises(DataIntegrityError, match=r"cannot be read: .* Delete it to train"):
            model.fit(X, y)
    path.write_bytes(content)
    model.fit(X, y)


def changed_state(path, change):
    """Write a checkpoint again under a right digest, with something changed."""
    with path.open("rb") as file:
        found = read_container(file)
    metadata = {name: text for name, text in found.metadata.items() if name != "sha256"}
    state = json.loads(metadata["state"])
    change(dict(state["dict"]), state, found.arrays)
    with path.open("wb") as file:
        write_container(file, Container({**metadata, "state": json.dumps(state)}, found.arrays))


CHANGES = {
    "a weight of another shape": lambda members, state, arrays: arrays.update(
        {name: values[:1] for name, values in arrays.items() if name.startswith("state.module.")}
    ),
    "a weight less": lambda members, state, arrays: members["module"]["dict"].pop(),
    "a member less": lambda members, state, arrays: state["dict"].pop(),
    "a member more": lambda members, state, arrays: state["dict"].append(["more", 1]),
    "another generator": lambda members, state, arrays: members["shuffling"]["dict"].__setitem__(
        0, ["bit_generator", "SFC64"]
    ),
    "a text for a number": lambda members, state, arrays: state["dict"].__setitem__(
        [key for key, _ in state["dict"]].index("pieces"), ["pieces", "many"]
    ),
    "a call": lambda members, state, arrays: state["dict"].__setitem__(0, ["module", {"call": 1}]),
    "an epoch that is no row": lambda members, state, arrays: members["history"].append(3),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_state_of_another_kind_is_refused(name, tmp_path):
    X, y = table_windows()
    model = small(training=Training(checkpoint=tmp_path), max_epochs=2).fit(X, y)
    [path] = tmp_path.iterdir()
    changed_state(path, CHANGES[name])
    with pytest.raises(DataIntegrityError, match=r"cannot be read: .* Delete it to train"):
        model.fit(X, y)


def test_a_checkpoint_follows_a_link_and_a_pipe_is_refused(tmp_path):
    X, y = table_windows()
    model = small(training=Training(checkpoint=tmp_path), max_epochs=1).fit(X, y)
    [path] = tmp_path.iterdir()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DataIntegrityError, match="only files can be read"):
        model.fit(X, y)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the fits to kill are forked")
def test_killed_at_any_moment_the_last_good_state_is_left(tmp_path):
    script = Path(__file__).with_name("killed_fits.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    out = subprocess.run(
        [sys.executable, script, tmp_path, "50"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.returncode == 0, out.stderr
    report = json.loads(out.stdout)
    assert report["killed"] >= 50
    assert report["in_a_write"] >= 10
    assert report["resumed"] >= 1
    assert report["went_back"] == 0
    assert report["wrong"] == 0
