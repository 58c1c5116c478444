"""What is shown while a fit runs: nothing, a bar in a terminal, lines in a log."""

from __future__ import annotations

import itertools
import os
import pickle
import pty
import re
import sys
import termios
from contextlib import suppress

import pytest

from stforecast._training import progress
from stforecast.estimators import Training
from tests._training.callbacks import Break
from tests.estimators.data import small, table_windows


@pytest.fixture
def every_epoch(monkeypatch):
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)


def test_silent_by_default(capfd):
    X, y = table_windows()
    small().fit(X, y).predict(X)
    assert capfd.readouterr() == ("", "")


def test_a_log_has_the_last_epoch_with_its_losses_and_times(capfd):
    small(max_epochs=3, verbose=1).fit(*table_windows())
    out, err = capfd.readouterr()
    assert out == ""
    line = r"fit: 3/3 epochs \[00:0\d<00:00, train_loss=\d\.\d{4}, valid_loss=\d\.\d{4}\]"
    assert err.count("\n") == 1
    assert "\r" not in err
    assert re.fullmatch(line, err.strip())


@pytest.mark.usefixtures("every_epoch")
def test_a_log_has_lines_as_time_goes_on(capfd):
    small(max_epochs=3, verbose=1, training=Training(validation_fraction=0)).fit(*table_windows())
    lines = capfd.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"]
    assert "valid_loss" not in lines[0]


def test_the_time_left_is_that_of_the_epochs_to_come(monkeypatch, capfd):
    monkeypatch.setattr(progress, "LINE_SECONDS", 10.0)
    clock = iter([0.0, 4.0, 8.0, 12.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    lines = progress._Lines(20, "fit")
    for epoch in (11, 12, 13):  # ten epochs were done before, by a fit that this one resumes
        lines.show(epoch, "train_loss=1")
    assert capfd.readouterr().err == "fit: 13/20 epochs [00:12<00:28, train_loss=1]\n"


@pytest.mark.usefixtures("every_epoch")
def test_what_is_shown_is_left_whole_where_the_fit_is_broken_off(capfd):
    model = small(max_epochs=5, verbose=1, net_params={"callbacks": [("b", Break(3))]})
    with pytest.raises(KeyboardInterrupt):
        model.fit(*table_windows())
    err = capfd.readouterr().err
    assert "fit: 2/5" in err.splitlines()[-1]
    assert err.endswith("\n")


def outlook(ends, *, epochs=40, work=None, samples=100):
    made = progress.Outlook(epochs * samples if work is None else work, f"{epochs} epochs")
    return made.describe(ends, samples, epochs)


def test_the_first_epoch_tells_how_long_a_fit_takes():
    assert outlook([5.0, 8.0]) == "about 2 min for 40 epochs"
    assert outlook([5.0, 305.0]) == "about 3.3 h for 40 epochs"


def test_the_epoch_that_sets_up_does_not_set_the_pace():
    # half a second of setting up, and then 39 epochs of half a second
    assert outlook([0.0, 0.6]) is None
    assert outlook([0.0, 0.6, 1.1]) == "about 20 s for 40 epochs"


def test_networks_beside_blocks_count():
    # 40 epochs of these 100 samples, and 40 of 500
    assert outlook([0.0, 2.0], work=40 * 600) == "about 8 min for 40 epochs"


def test_nothing_is_said_of_what_ends_at_once():
    assert outlook([0.0, 1.0], epochs=5) is None
    made = progress.Outlook(4000, "40 epochs")
    assert made.describe([0.0, 2.0], 100, 40) is not None
    assert made.describe([0.0, 2.0], 100, 40) is None  # it has been said


@pytest.fixture
def slow_epochs(monkeypatch):
    """A clock that moves by a minute whenever it is asked."""
    ticks = itertools.count(0.0, 60.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(ticks))


@pytest.mark.usefixtures("slow_epochs")
def test_a_log_begins_with_how_long_the_fit_will_take(capfd):
    small(max_epochs=3, verbose=1).fit(*table_windows())
    lines = capfd.readouterr().err.splitlines()
    assert re.fullmatch(r"fit: about \d+ min for at most 3 epochs", lines[1])
    assert sum("about" in line for line in lines) == 1
    training = Training(validation_fraction=0)
    small(max_epochs=3, verbose=1, training=training).fit(*table_windows())
    assert re.search(r"about \d+ min for 3 epochs", capfd.readouterr().err)


@pytest.mark.usefixtures("slow_epochs")
def test_the_second_fit_on_all_samples_counts(capfd):
    X, y = table_windows()
    assert len(X) == 74
    training = Training(refit=True, validation_fraction=0.5)  # of 74, 37 less one that overlaps
    small(max_epochs=3, verbose=1, training=training).fit(X, y)
    sentences = [line for line in capfd.readouterr().err.splitlines() if "about" in line]
    # two minutes an epoch on 36 windows: 3 * 2 of the first fit, 3 * 2 * 74 / 36 of the second
    assert sentences[0] == "fit: about 18 min for at most 3 epochs, and then on all windows"
    assert re.fullmatch(r"fit: about \d min for [123] epochs", sentences[1])
    assert len(sentences) == 2


@pytest.mark.usefixtures("slow_epochs")
def test_a_resumed_fit_tells_what_is_left(capfd, tmp_path):
    training = Training(validation_fraction=0, checkpoint=tmp_path)
    model = small(max_epochs=10, verbose=1, training=training)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(net_params={"callbacks": [("b", Break(4))]}).fit(*table_windows())
    assert "fit: about 20 min for 10 epochs\n" in capfd.readouterr().err
    model.set_params(net_params={"callbacks": [("b", Break(0))]}).fit(*table_windows())
    assert "fit: about 14 min for 7 epochs\n" in capfd.readouterr().err


def test_a_pickle_of_what_is_shown_holds_nothing_of_the_training():
    X, y = table_windows()
    model = small(max_epochs=2, verbose=1).fit(X, y)
    (shown,) = [one for _, one in model.net_.callbacks_ if isinstance(one, progress.Progress)]
    assert hasattr(shown, "outlook_")
    again = pickle.loads(pickle.dumps(shown))
    assert vars(again) == {"title": "fit", "outlook": None, "refit_samples": 0}


@pytest.mark.usefixtures("slow_epochs")
def test_a_fit_on_a_baseline_says_how_long_its_blocks_take_too(capfd):
    small(max_epochs=3, verbose=1, baseline="ridge").fit(*table_windows())
    said = [line for line in capfd.readouterr().err.splitlines() if "about" in line]
    pattern = r"fit: about .* for at most 3 epochs beside each of 2 blocks, and then on all windows"
    assert re.fullmatch(pattern, said[0])
    assert len(said) <= 2  # the network on all windows says for itself how many epochs it has


@pytest.mark.usefixtures("every_epoch")
def test_epochs_beside_a_block_are_told_from_those_of_the_fit(capfd):
    small(max_epochs=3, verbose=1, baseline="ridge").fit(*table_windows())
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].startswith("block: 1/")
    assert lines[-1].startswith("fit: ") or all(one.startswith("block: ") for one in lines)


def everything(screen):
    """All that a terminal, now closed, was sent: one read returns a few kilobytes at most."""
    sent = []
    with suppress(OSError):  # how Linux says that nothing is left
        while part := screen.read(4096):
            sent.append(part)
    return b"".join(sent)


def test_a_terminal_has_a_bar_drawn_over_itself(monkeypatch):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", terminal)
            small(max_epochs=3, verbose=1).fit(*table_windows())
        shown = everything(screen).decode()
    assert "\r" in shown
    assert re.search(r"3/3 \[00:\d\d<00:00, .*train_loss=\d.*valid_loss=\d", shown)


def test_a_notebook_has_a_bar(monkeypatch):
    class Stream:
        __module__ = "ipykernel.iostream"

        def isatty(self):
            return False

    monkeypatch.setattr(sys, "stderr", Stream())
    assert progress._has_terminal()
