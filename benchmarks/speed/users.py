"""What users feel of the kernel: a forecast, a fit, a search, before and after in one run.

Run with ``python -m benchmarks.speed.users [--rounds 5] [--clock cpu]``; it takes minutes. Three
processes take their turns at every task: one whose cells go step by step, one that finds no
compiled kernel, and one that does. All have one thread. The table shows the milliseconds of the
steps, and the median over rounds of how many times faster the others are.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from benchmarks.speed.loops import step_by_step_cell
from benchmarks.speed.timing import Times, in_turns, median_ratio
from stforecast import ConvLSTMForecaster, FoldTime, OriginSplit, SeriesForecaster, make_windows
from stforecast.estimators import Compute, ConvLSTMLayers, RolloutDecoder, Training
from stforecast.nn.kernels.loader import VARIABLE, find_kernel

WAYS: dict[str, dict[str, str]] = {  # what the environment of each process adds
    "step by step": {},
    "without the kernel": {VARIABLE: ""},
    "with the kernel": {},
}
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
CALLS = 20  # of what takes milliseconds


class Tasks:
    """What a user waits for, each a method that returns nothing.

    Parameters
    ----------
    cell : str or callable
        The cell of every network.
    tiny : bool
        Whether sizes are those of a test.
    """

    def __init__(self, cell: Any, *, tiny: bool = False) -> None:
        self.cell, self.tiny = cell, tiny
        self.daily = _daily(160 if tiny else 1175)
        X, y = make_windows(self.daily, lookback=56, horizon=7, target="a")
        self.weeks = FoldTime(width=7).fit_transform(X), np.asarray(y)

    def forecast(self) -> None:
        """Continue a daily table by a week."""
        self.continued.forecast()

    def predict(self) -> None:
        """Forecast from one window of eight weeks."""
        self.fitted.predict(self.last)

    def household(self) -> None:
        """Fit the daily household setting for ten epochs."""
        self._week_model(1 if self.tiny else 10).fit(*self.weeks)

    def maps(self) -> None:
        """Fit maps of 33 x 49 cells, eight frames in and four out."""
        grid, rows = ((3, 4), 20) if self.tiny else ((33, 49), 75)
        series = np.random.default_rng(0).normal(size=(rows, 1, *grid)).astype(np.float32)
        X, y = make_windows(series, lookback=8, horizon=4)
        decoder = RolloutDecoder(cell=self.cell)
        self._model(3, 1, decoder=decoder, batch_size=8).fit(X, y)

    def search(self, n_jobs: int) -> None:
        """Search four candidates on three splits: twelve fits."""
        grid = {"lr": [0.001, 0.003], "batch_size": [32, 64]}
        if self.tiny:
            grid = {"lr": [0.003], "batch_size": [32, 64]}
        model = self._week_model(1 if self.tiny else 4)
        run = GridSearchCV(model, grid, cv=OriginSplit(3), n_jobs=n_jobs, refit=False)
        run.fit(*self.weeks)

    @cached_property
    def continued(self) -> SeriesForecaster:
        """A forecaster of a table, fitted."""
        network = make_pipeline(FoldTime(width=7), self._week_model(1))
        model = SeriesForecaster(network, lookback=56, horizon=7, target="a")
        return model.fit(self.daily)

    @cached_property
    def fitted(self) -> ConvLSTMForecaster:
        """A forecaster of windows, fitted."""
        return self._week_model(1).fit(*self.weeks)

    @property
    def last(self) -> np.ndarray:
        """The last window alone."""
        return np.asarray(self.weeks[0][-1:])

    def _week_model(self, epochs: int) -> ConvLSTMForecaster:
        return self._model((1, 3), epochs, batch_size=32)

    def _model(self, kernel_size: Any, epochs: int, **others: Any) -> ConvLSTMForecaster:
        return ConvLSTMForecaster(
            4 if self.tiny else 16,
            kernel_size,
            layers=ConvLSTMLayers(cell=self.cell),
            baseline=None,
            max_epochs=epochs,
            training=Training(compute=Compute(threads=1)),
            device="cpu",
            random_state=0,
            **others,
        )


TASKS: dict[str, tuple[Callable[[Tasks], None], int]] = {  # and how many calls a turn has
    "one-window forecast()": (Tasks.forecast, CALLS),
    "one-window predict": (Tasks.predict, CALLS),
    "household fit, 10 epochs": (Tasks.household, 1),
    "maps of 33 x 49, rollout, 1 epoch": (Tasks.maps, 1),
    "search of 12 fits": (partial(Tasks.search, n_jobs=1), 1),
    "search of 12 fits, n_jobs=2": (partial(Tasks.search, n_jobs=2), 1),
}


def _daily(rows: int) -> pd.DataFrame:
    days = pd.date_range("2020-01-01", periods=rows, freq="D")
    values = np.random.default_rng(0).normal(size=(rows, 8))
    return pd.DataFrame(values, index=days, columns=list("abcdefgh"))


def answer(way: str, clock: str, *, tiny: bool) -> None:
    """Answer the name of a task on every line with the milliseconds that a call took."""
    torch.set_num_threads(1)
    kernel = find_kernel(torch.float32)
    assert (kernel is None) == (way == "without the kernel"), "compile it first: make kernel"
    tasks, now = Tasks(step_by_step_cell if way == "step by step" else "plain", tiny=tiny), CLOCKS
    for line in sys.stdin:
        task, calls = TASKS[line.strip()]
        start = now[clock]()
        for _ in range(calls):
            task(tasks)
        print(1e3 * (now[clock]() - start) / calls, flush=True)


@contextmanager
def processes(clock: str, *, tiny: bool) -> Iterator[dict[str, Callable[[str], float]]]:
    """Give the milliseconds of a task by each way, each in a process of its own."""
    with ExitStack() as stack:
        ways = {}
        for way, added in WAYS.items():
            command = [sys.executable, "-m", "benchmarks.speed.users", "--way", way]
            command += ["--clock", clock, *(["--tiny"] if tiny else [])]
            environment = {**os.environ, "OMP_NUM_THREADS": "1", **added}
            process = stack.enter_context(
                subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    bufsize=1,
                    env=environment,
                )
            )
            stack.callback(process.stdin.close)
            ways[way] = partial(_ask, process)
        yield ways


def _ask(process: Any, task: str) -> float:
    process.stdin.write(f"{task}\n")
    return float(process.stdout.readline())


def measure(rounds: int, clock: str, *, tiny: bool = False) -> dict[str, Times]:
    """Return the milliseconds of every task by every way in every round."""
    with processes(clock, tiny=tiny) as ways:
        found = {}
        for task in TASKS:
            turns = {way: partial(ask, task) for way, ask in ways.items()}
            in_turns(turns, 1)  # what is loaded and made on the first call is not counted
            found[task] = in_turns(turns, rounds)
        return found


def table(found: dict[str, Times]) -> str:
    """Return the table in Markdown."""
    before, *others = WAYS
    rows = []
    for task, times in found.items():
        taken = [f"{statistics.median(times[way]):.1f}" for way in WAYS]
        gains = [f"{median_ratio(times[before], times[way]):.2f}" for way in others]
        rows.append([task, *taken, *gains])
    head = ["task", *(f"{way}, ms" for way in WAYS), *(f"{way}, times faster" for way in others)]
    return markdown_table(head, rows)


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of turns")
    parser.add_argument(
        "--clock", choices=list(CLOCKS), default="wall", help="cpu where it is loud"
    )
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)  # in its own process
    parser.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        answer(options.way, options.clock, tiny=options.tiny)
        return
    found = measure(options.rounds, options.clock, tiny=options.tiny)
    about = (
        f"{describe_machine()}; 1 thread, {options.clock} clock, {options.rounds} rounds in turns."
    )
    text = "\n\n".join(["# What users feel of the kernel", table(found), about])
    if options.tiny:
        print(text)
    else:
        write_report(text, RESULTS / "speed" / "users.md")


if __name__ == "__main__":
    main()
