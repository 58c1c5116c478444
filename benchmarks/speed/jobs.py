"""What more processes and threads bring, and one pass over all origins.

Run with ``python -m benchmarks.speed.jobs``. Three tables, each with its ways taking turns:

- A `GridSearchCV` of 6 fits at the household setting (see `training`) in one process with one
  thread, in one with as many threads as there are cores, and in as many processes: joblib's own,
  and those of a Dask cluster and of Ray where they are installed. On two cores, two processes
  should have at least 1.6 times the throughput of one.
- A ConvLSTM on 192 windows of 8 maps of 32 x 32 cells, trained in one process on one core or
  several, by a bare torch loop with as many of torch's own threads, and by as many processes that
  ``torchrun`` starts, each with its share of every batch.
  The start of processes is not counted, as the first run of the others is not; but Ray's joblib
  backend starts its own anew for each search.
- `SeriesForecaster.backtest` over 300 days of a daily table, which forecasts from all origins in
  one pass, and the loop that forecasts from one after the other. It should be 20 times faster.

The first two tables have a row for a GPU where there is one. Exits with 1 where the search or the
backtest is slower than that.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from benchmarks.speed.timing import Times, in_turns, median_ratio, seconds
from stforecast import (
    ConvLSTMForecaster,
    FoldTime,
    LSTMForecaster,
    SeriesForecaster,
    Windows,
    make_windows,
)
from stforecast.estimators import Compute, StepDecoder, Training

CORES = joblib.cpu_count()
ROUNDS = 3
BATCH = 32
LEAST = {"search": 1.6, "backtest": 20.0}
CHECKOUT = Path(__file__).parents[2]


def search_seconds(n_jobs: int, threads: int, device: str = "cpu") -> float:
    """Seconds of one search."""
    series = np.random.default_rng(0).normal(size=(1113 + 62, 8))
    X, y = make_windows(series, lookback=56, horizon=7, target=0)
    X = FoldTime(width=7).fit_transform(X)
    training = Training(patience=99, compute=Compute(threads=threads))
    model = ConvLSTMForecaster(
        16,
        (1, 3),
        baseline=None,
        max_epochs=8,
        batch_size=32,
        random_state=0,
        device=device,
        training=training,
    )
    grid = {"lr": [0.003, 0.01]}
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(3), n_jobs=n_jobs, refit=False)
    return seconds(lambda: search.fit(X, y))


@contextmanager
def dask_cluster() -> Iterator[None]:
    """Let joblib send its work to a Dask cluster of as many processes as there are cores."""
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(CORES, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        yield


@contextmanager
def ray_processes() -> Iterator[None]:
    """Let joblib send its work to as many processes of Ray as there are cores."""
    import ray
    from ray.util.joblib import register_ray

    ray.init(num_cpus=CORES, include_dashboard=False, log_to_driver=False)
    register_ray()
    with joblib.parallel_config(backend="ray"):
        yield
    ray.shutdown()


CLUSTERS = {"distributed": ("Dask", dask_cluster), "ray": ("Ray", ray_processes)}


def clusters() -> Times:
    """Seconds of the search on each cluster that is installed, after a first run."""
    times = {}
    for package, (name, cluster) in CLUSTERS.items():
        if find_spec(package):
            with cluster():
                search_seconds(CORES, 1)
                found = [search_seconds(CORES, 1) for _ in range(ROUNDS)]
            times[f"{CORES} processes of {name}"] = found
    return times


def map_windows() -> tuple[Windows, Any]:
    """192 windows of 8 maps."""
    maps = np.random.default_rng(0).normal(size=(200, 1, 32, 32)).astype(np.float32)
    return make_windows(maps, lookback=8, horizon=1)


def map_model(compute: Compute, device: str = "cpu") -> ConvLSTMForecaster:
    """A network from maps to maps."""
    return ConvLSTMForecaster(
        hidden_channels=16,
        kernel_size=3,
        decoder=StepDecoder(),
        baseline=None,
        max_epochs=1,
        batch_size=BATCH,
        training=Training(validation_fraction=0, compute=compute),
        random_state=0,
        device=device,
    )


def maps_seconds(compute: Compute, device: str = "cpu") -> float:
    """Seconds of one fit on maps."""
    X, y = map_windows()
    return seconds(lambda: map_model(compute, device).fit(X, y))


def bare_seconds(threads: int) -> float:
    """Seconds of a bare torch loop that trains the same network on the same windows."""
    X, y = map_windows()
    module = map_model(Compute()).fit(X[:BATCH], y[:BATCH]).net_.module_
    x, target = torch.from_numpy(np.array(X)), torch.from_numpy(np.array(y, dtype=np.float32))
    optimizer = torch.optim.AdamW(module.parameters())
    module.train()

    def loop() -> None:
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(module(x[rows]), target[rows]).backward()
            optimizer.step()

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    taken = seconds(loop)
    torch.set_num_threads(before)
    return taken


def processes_seconds(count: int) -> float:
    """Seconds of the same fit by several processes."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "seconds"
        launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        what = [f"--nproc-per-node={count}", "-m", "benchmarks.speed.jobs", "together", str(found)]
        subprocess.run([*launch, *what], check=True, capture_output=True, cwd=CHECKOUT)
        return float(found.read_text())


def fit_together(found: Path) -> None:
    """Be one of several processes that train a network on maps."""
    torch.distributed.init_process_group("gloo")
    compute = Compute(distributed=True)
    maps_seconds(compute)  # the first fit of a process also sets it up
    taken = maps_seconds(compute)
    if torch.distributed.get_rank() == 0:
        found.write_text(str(taken))
    torch.distributed.destroy_process_group()


def backtest_ways() -> tuple[Callable[[], float], Callable[[], float]]:
    """Seconds of a pass over all origins, and of one origin after the other."""
    days = pd.date_range("2020-01-01", periods=700, freq="D")
    values = np.random.default_rng(0).normal(size=(700, 8)).cumsum(axis=0)
    table = pd.DataFrame(values, index=days, columns=list("abcdefgh"))
    estimator = LSTMForecaster(32, baseline=None, max_epochs=1, random_state=0, device="cpu")
    model = SeriesForecaster(estimator, lookback=28, horizon=7, target="a").fit(table[:400])

    def loop() -> None:
        for end in range(400, 693):
            model.forecast(table[end - 28 : end])

    return lambda: seconds(lambda: model.backtest(table[373:])), lambda: seconds(loop)


def measured(ways: dict[str, Callable[[], float]]) -> Times:
    """Seconds of each way, in turns, after a first run that is not counted."""
    in_turns(ways, 1)
    return in_turns(ways, ROUNDS)


def gains(times: Times) -> dict[str, float]:
    """Median over rounds of how much faster each way is than the first."""
    base = next(iter(times.values()))
    return {name: median_ratio(base, found) for name, found in times.items()}


def table(title: str, times: Times) -> str:
    """A table in Markdown."""
    rows = (
        [name, f"{statistics.median(times[name]):.2f}", f"{gain:.2f}"]
        for name, gain in gains(times).items()
    )
    return markdown_table([title, "seconds", "speed"], rows)


def report(tables: dict[str, Times]) -> str:
    """All tables, and the machine."""
    machine = f"{describe_machine('joblib', *CLUSTERS)}; medians of {ROUNDS} rounds."
    title = "# Processes, threads and one pass over all origins"
    return "\n\n".join([title, *(table(name, times) for name, times in tables.items()), machine])


def main() -> int:
    """Print the tables and write them."""
    one, several = "1 process, 1 thread", f"1 process, {CORES} threads"
    processes, bare = f"{CORES} processes", f"bare torch loop, {CORES} threads"
    ways: dict[str, Callable[[], float]] = {
        one: lambda: search_seconds(1, 1),
        several: lambda: search_seconds(1, CORES),
        processes: lambda: search_seconds(CORES, 1),
    }
    map_ways: dict[str, Callable[[], float]] = {
        one: lambda: maps_seconds(Compute(threads=1)),
        several: lambda: maps_seconds(Compute(threads=CORES)),
        bare: lambda: bare_seconds(CORES),
        processes: lambda: processes_seconds(CORES),
    }
    if torch.cuda.is_available():
        ways["1 process, GPU"] = lambda: search_seconds(1, 1, "cuda")
        map_ways["1 process, GPU"] = lambda: maps_seconds(Compute(), "cuda")
    search, maps = {**measured(ways), **clusters()}, measured(map_ways)
    at_once, looped = backtest_ways()
    backtest = measured({"one origin after the other": looped, "all in one pass": at_once})
    text = report({"search of 6 fits": search, "one fit on maps": maps, "293 origins": backtest})
    write_report(text, RESULTS / "speed" / "jobs.md")
    slow = gains(search)[processes] < LEAST["search"]
    return int(slow or gains(backtest)["all in one pass"] < LEAST["backtest"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["together"]:
        sys.exit(fit_together(Path(sys.argv[2])))
    sys.exit(main())
