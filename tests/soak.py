"""Long runs: many calls, fits, interrupts and kills, after which nothing may have grown or broken.

``make soak`` takes half an hour, ``make soak-short`` half a minute.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import itertools
import os
import pickle
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import Ridge

import stforecast as st
from stforecast.persistence import load, save
from tests._training import killed_fits

CALLS, FITS, INTERRUPTS, KILLS = 20_000, 2_000, 100, 50
# What the heap of C gives back late. Each of three models has 6,666 of the calls: a leak of 1 kB
# a call would be 6.6 MB.
MAX_GROWTH = 5e6
DAYS = pd.date_range("2020-01-01", periods=120, freq="D")
TABLE = pd.DataFrame(np.sin(np.arange(120.0) / 5)[:, None] * [1.0, 3.0], DAYS, ["a", "b"])


def network(**params: Any) -> st.LSTMForecaster:
    """A network alone: beside a baseline it might have no share in the forecasts."""
    return st.LSTMForecaster(2, baseline=None, random_state=0, **{"max_epochs": 1, **params})


def resident() -> float:
    """Bytes of memory that the process holds, after what can be given back is."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def check_flat(before: float, what: str) -> None:
    growth = resident() - before
    print(f"{what}: memory grew by {growth / 1e6:.1f} MB")
    if growth > MAX_GROWTH:
        raise SystemExit(f"{what}: memory must grow by at most {MAX_GROWTH / 1e6:.0f} MB")


def check(condition: bool, what: str) -> None:
    if not condition:
        raise SystemExit(what)


# -- calls


def forecasters() -> dict[str, st.SeriesForecaster]:
    common = {"lookback": 5, "horizon": 2}
    return {
        "ridge": st.SeriesForecaster(Ridge(), **common),
        "network": st.SeriesForecaster(network(), **common),
        "adaptive intervals": st.SeriesForecaster(
            Ridge(), calibration=st.series.AdaptiveConformal(), **common
        ),
    }


def call(model: st.SeriesForecaster, row: pd.DataFrame) -> None:
    model.update(row)
    model.forecast()


def run_calls(count: int) -> None:
    """Forecast and update in turn; neither memory nor what the model keeps may grow."""
    for name, model in forecasters().items():
        model.fit(TABLE)
        half = count // (2 * len(forecasters()))
        warm = min(200, half // 2)
        for i in range(half):
            if i == warm:
                kept, before = len(pickle.dumps(model)), resident()
            # made here: a list of rows would grow by what pandas keeps in each
            call(model, TABLE.iloc[[i % 120]].set_axis([DAYS[-1] + (1 + i) * DAYS.freq]))
        check_flat(before, f"{2 * half} calls of {name}")
        grown = len(pickle.dumps(model)) - kept
        check(grown < 4096, f"{name} keeps {grown} bytes more than after {warm} updates")


# -- fits


def run_fits(count: int) -> None:
    """Fit, forecast, save and load; every fit gives the same bits."""
    X, y = st.make_windows(TABLE, lookback=4)
    expected = network().fit(X, y).predict(X)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        for i in range(count):
            if i == min(50, count // 2):
                before = resident()
            model = network().fit(X, y)
            check(np.array_equal(model.predict(X), expected), f"fit {i} gives other forecasts")
            if i % 5 == 0:
                save(model, path)
                check(np.array_equal(load(path).predict(X), expected), f"file {i} differs")
        check_flat(before, f"{count} cycles of fit")


# -- interrupts


def interrupt_after(delay: float) -> threading.Timer:
    timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    return timer


def run_interrupts(count: int) -> None:
    """Interrupt fits at random moments; the estimator stays as it was, and fits as ever."""
    X, y = st.make_windows(TABLE, lookback=4)
    expected = network(training=None).fit(X, y).predict(X)
    start = time.perf_counter()
    network(max_epochs=50).fit(X, y)
    within, came = time.perf_counter() - start, 0
    for i in range(count):
        model = network(max_epochs=50)
        before = pickle.dumps(model)
        try:
            timer = interrupt_after(random.uniform(0, within))
            model.fit(X, y)
            timer.join()
            time.sleep(0.01)  # an interrupt behind the fit arrives here
        except KeyboardInterrupt:
            came += not hasattr(model, "network_")
        if not hasattr(model, "network_"):
            check(pickle.dumps(model) == before, f"interrupt {i} changed the estimator")
        found = network().fit(X, y).predict(X)
        check(np.array_equal(found, expected), f"the fit after interrupt {i} gives other bits")
    print(f"{count} interrupts, {came} of them within a fit: later fits give the same bits")
    check(came > count // 4, "too few interrupts came within a fit")


# -- kills


def save_for_ever(models: list[Any], path: Path) -> int:
    """Return the process of a child that saves one model after the other to one file."""
    child = os.fork()
    if child:
        return child
    sync = os.fsync
    # a slow disk, so that many moments are within a write
    os.fsync = lambda handle: (time.sleep(0.003), sync(handle))
    for model in itertools.cycle(models):
        save(model, path)
    os._exit(1)


def run_kills(count: int) -> None:
    """Kill processes within save and within fits with checkpoints; what is left is whole."""
    X, y = st.make_windows(TABLE, lookback=4)
    models = [network().fit(X, y), network().set_params(hidden_channels=3).fit(X, y)]
    expected = {one.hidden_channels: one.predict(X) for one in models}
    saves, left = count // 2, 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        save(models[0], path)
        for i in range(saves):
            child = save_for_ever(models, path)
            time.sleep(random.uniform(0, 0.2))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            left += len(list(Path(folder).glob(".*.part")))
            found = load(path)
            same = np.array_equal(found.predict(X), expected[found.hidden_channels])
            check(same, f"kill {i} left another model")
        save(models[0], path)
        check([one.name for one in Path(folder).iterdir()] == ["model"], "parts are left behind")
        report = killed_fits.main(Path(folder, "fits"), count - saves)
    print(f"{saves} kills within save, {left} of them within a write: the file was always whole")
    print(f"kills within fits: {report}")
    check(report["wrong"] == report["went_back"] == 0, "a fit went on from another state")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a hundredth of calls and fits")
    short = parser.parse_args(arguments).short
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
    random.seed(0)
    warnings.simplefilter("ignore")
    parts = {
        run_calls: 600 if short else CALLS,
        run_fits: 60 if short else FITS,
        run_interrupts: 12 if short else INTERRUPTS,
        run_kills: 10 if short else KILLS,
    }
    for part, count in parts.items():
        start = time.perf_counter()
        part(count)
        print(f"  {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
