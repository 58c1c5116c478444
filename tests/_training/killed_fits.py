"""Kill fits that keep checkpoints, at random moments, and see what is left. Run by a test.

One process imports everything and forks a child for each fit, so that only the fits take time.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from stforecast._container import read_container
from stforecast.estimators import LSTMForecaster, Training
from tests.estimators.data import small, table_windows, weights

EPOCHS = 15
DATA = table_windows(60)


def model(folder: Path | None) -> LSTMForecaster:
    training = Training(ema=0.9, schedule="plateau", patience=EPOCHS, checkpoint=folder)
    return small(dropout=0.3, max_epochs=EPOCHS, lr=0.02, training=training)


def fingerprint(fitted: LSTMForecaster) -> str:
    digest = hashlib.sha256()
    for name, value in sorted(weights(fitted).items()):
        digest.update(name.encode() + value.tobytes())
    return digest.hexdigest()


def start_fit(folder: Path) -> int:
    child = os.fork()
    if child:
        return child
    sync = os.fsync
    # a slow disk, so that many moments are within a write
    os.fsync = lambda handle: (time.sleep(0.003), sync(handle))
    model(folder).fit(*DATA)
    os._exit(0)


def kill(child: int, folder: Path, within: float, *, writing: bool) -> bool:
    """Kill a child at a random moment, or when it next writes; False if it ended before."""
    moment = time.monotonic() + random.uniform(0, within)
    while time.monotonic() < moment or (writing and not any(folder.glob(".*.part"))):
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def epochs_kept(folder: Path) -> int:
    """Read what is there: it must be whole."""
    files = list(folder.glob("*.state"))
    return max(map(epochs_in, files), default=-1)


def epochs_in(path: Path) -> int:
    with path.open("rb") as file:
        state = json.loads(read_container(file).metadata["state"])
    return len(dict(state["dict"])["history"])


def main(folder: Path, kills: int) -> dict[str, object]:
    torch.set_num_threads(1)
    random.seed(0)
    expected = fingerprint(model(None).fit(*DATA))
    report = {"killed": 0, "in_a_write": 0, "went_back": 0, "ended": 0, "wrong": 0, "resumed": 0}
    start = time.monotonic()
    os.waitpid(start_fit(folder / "whole"), 0)
    within = time.monotonic() - start
    runs = 0
    while report["killed"] < kills:
        runs += 1
        place = folder / str(report["ended"])
        place.mkdir(exist_ok=True)
        before = epochs_kept(place)
        if kill(start_fit(place), place, within, writing=runs % 2 == 0):
            for leftover in place.glob(".*.part"):
                report["in_a_write"] += 1
                leftover.unlink()
            report["killed"] += 1
            kept = epochs_kept(place)
            report["went_back"] += kept < before
            report["resumed"] += kept > before > 0
        else:
            report["wrong"] += fingerprint(model(place).fit(*DATA)) != expected
            report["ended"] += 1
    place = folder / str(report["ended"])
    report["wrong"] += fingerprint(model(place).fit(*DATA)) != expected
    return report


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201 - read by the test
