"""What is shown while a fit runs: nothing, a bar in a terminal, lines in a log."""

from __future__ import annotations

import os
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
    lines = progress._Lines(20)
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
