"""What lazy windows cost: batches beside a copy of the same bytes, memory of a fit, sending.

Run with ``python -m benchmarks.speed.windows [gigabytes of maps on disk]`` (8 by default, written
to the folder for temporary files and removed). Each figure is a ratio or a peak of one process:

- a batch of 256 windows of 1440 x 8 float32 drawn at random from 2,000,000 rows, through the
  loader that `fit` uses, over one contiguous copy of as many bytes, and over drawing as many
  windows at random from an array that holds them ready (24 of each in turn, medians of 60);
- windows of 14 rows a second through that loader, over skorch's default Dataset on the windows as
  one array;
- memory that `fit` adds, over what the series takes: all rows, windows of 1440, every 8th origin;
- memory of a process that trains on maps in zarr: scaled by `Framewise` over every map, maps as
  targets, 512 windows from all over the file;
- processor seconds to window a long panel of 10,000 series of 50 rows, with known covariates;
- bytes that a search of 12 fits on two workers sends, over those of the series.

The table says where one is over its limit.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.lib.machine import describe_machine, peak_bytes
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from benchmarks.speed.timing import seconds
from stforecast import make_windows

ROWS, COLUMNS, BATCH = 2_000_000, 8, 256
ROUNDS = 60
CHECKOUT = Path(__file__).parents[2]
MB = 1e6


@dataclass(frozen=True)
class Result:
    """One line of the table; `limit` is a least value where `at_least`."""

    what: str
    value: float
    unit: str
    limit: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the limit is kept."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def row(self) -> list[str]:
        """Return the row of the table."""
        sign = "≥" if self.at_least else "≤"
        limit = f"{sign} {self.limit:g}{self.unit}"
        return [self.what, f"{self.value:.3g}{self.unit}", limit, "yes" if self.kept else "NO"]


def series() -> np.ndarray:
    """Return the series of all measurements, 64 MB."""
    return np.random.default_rng(0).random((ROWS, COLUMNS), dtype=np.float32)


def loader(X: object, y: np.ndarray) -> object:
    """Return the loader that `fit` uses."""
    from stforecast._training.samples import BatchLoader, Samples

    return BatchLoader(Samples(X, {}, y), BATCH, np.random.default_rng(0))


def gather_over_copies() -> list[Result]:
    """Batches of long windows beside copies of as many bytes, in one piece and in 256."""
    X, y = make_windows(series(), lookback=1440, target=0)
    batches = iter(loader(X, y))
    rng = np.random.default_rng(1)
    ready = X.batch(np.sort(rng.choice(len(X), 24 * BATCH, replace=False)))
    whole, pieces = [], []
    for _ in range(ROUNDS):
        starts = rng.permutation(24) * BATCH
        picks = rng.permutation(len(ready)).reshape(24, BATCH)
        in_one = seconds(lambda s=starts: [ready[i : i + BATCH].copy().size for i in s])
        shuffled = seconds(lambda p=picks: [ready[rows].size for rows in p])
        drawn = seconds(lambda: [len(next(batches)) for _ in range(24)])
        whole.append(drawn / in_one)
        pieces.append(drawn / shuffled)
    what = "batch of 256 x 1440 x 8"
    return [
        Result(f"{what}, over one contiguous copy", statistics.median(whole), "", 1.2),
        Result(f"{what}, over drawing it from an array", statistics.median(pieces), "", 1.2),
    ]


def loader_over_skorch() -> Result:
    """Windows a second at a short lookback, beside skorch's default."""
    from skorch.dataset import Dataset
    from torch.utils.data import DataLoader

    X, y = make_windows(series()[:100_000], lookback=14, target=0)
    theirs = DataLoader(Dataset(np.asarray(X), y), batch_size=BATCH, shuffle=True)
    ratios = []
    for _ in range(5):
        default = seconds(lambda: sum(1 for _ in theirs))
        ratios.append(default / seconds(lambda: sum(1 for _ in loader(X, y))))
    ratio = statistics.median(ratios)
    return Result("windows of 14 a second, over skorch's Dataset", ratio, "", 5, at_least=True)


def windowing_a_panel() -> Result:
    """Windows of a long table of many short series, the best of five."""
    days = pd.date_range("2020-01-01", periods=60, freq="D")
    index = pd.MultiIndex.from_product([[f"s{i}" for i in range(10_000)], days[:50]])
    panel = pd.DataFrame({"a": np.random.default_rng(0).random(len(index))}, index)
    known = pd.DataFrame({"k": np.arange(60.0)}, days)
    taken = []
    for _ in range(5):
        start = time.process_time()
        make_windows(panel, lookback=14, horizon=7, known=known)
        taken.append(time.process_time() - start)
    return Result("windowing a panel of 10,000 series of 50 days", min(taken), " s", 1)


def fit_in_memory() -> float:
    """Return the MB that a fit on the whole series adds to those held before, series included."""
    from sklearn.pipeline import make_pipeline

    from stforecast import FoldTime, LSTMForecaster

    # hours by days as one frame: a network so cheap that reading the windows is most of the work
    model = make_pipeline(
        FoldTime(height=60, width=24),
        LSTMForecaster(4, baseline=None, max_epochs=1, batch_size=BATCH, random_state=0),
    )
    small = np.random.default_rng(0).random((1600, COLUMNS), dtype=np.float32)
    model.fit(*make_windows(small, lookback=1440, target=0))  # what the first fit of all loads
    before = peak_bytes() / MB
    model.fit(*make_windows(series(), lookback=1440, target=0, stride=8))
    return peak_bytes() / MB - before


def write_maps(folder: Path, gigabytes: float) -> None:
    """Write random maps of 64 x 64 to zarr, a chunk at a time."""
    import zarr

    chunk = 256
    count = int(gigabytes * 1e9 / (64 * 64 * 4)) // chunk * chunk
    maps = zarr.create_array(
        store=folder, shape=(count, 64, 64), chunks=(chunk, 64, 64), dtype="f4", compressors=None
    )
    rng = np.random.default_rng(0)
    for start in range(0, count, chunk):
        maps[start : start + chunk] = rng.random((chunk, 64, 64), dtype=np.float32)


def fit_on_disk(folder: str) -> float:
    """Return the MB that a process holds at most while it trains on maps in zarr."""
    import zarr

    from stforecast import ConvLSTMForecaster, Framewise
    from stforecast.estimators import DenseDecoder

    X, y = make_windows(zarr.open_array(folder, mode="r"), lookback=4)
    scaled = Framewise().fit(X).transform(X)
    rows = np.random.default_rng(0).choice(len(X), 512, replace=False)
    model = ConvLSTMForecaster(
        2, baseline=None, max_epochs=1, decoder=DenseDecoder(pooling="average"), random_state=0
    )
    model.fit(scaled[rows], y[rows])
    return peak_bytes() / MB


def send_to_workers(folder: str) -> float:
    """Return the bytes that a search of 12 fits on two workers sends, over those of the series."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    from stforecast import Crop, Flatten
    from stforecast.model_selection import OriginSplit

    os.environ["JOBLIB_TEMP_FOLDER"] = folder
    values = series()
    X, y = make_windows(values, lookback=48, target=0, stride=80)
    model = make_pipeline(Crop(), Flatten(), Ridge())
    search = GridSearchCV(model, {"crop__lookback": [6, 12, 24, 48]}, cv=OriginSplit(3), n_jobs=2)
    sent: dict[str, int] = {}
    done = threading.Event()
    watcher = threading.Thread(target=watch, args=(Path(folder), sent, done))
    watcher.start()
    search.fit(X, y)
    done.set()
    watcher.join()
    return sum(sent.values()) / values.nbytes


def watch(folder: Path, sizes: dict[str, int], done: threading.Event) -> None:
    """Note the greatest size of every file that joblib puts there for its workers to map."""
    while not done.wait(0.002):
        for path in folder.rglob("*.pkl"):
            with suppress(FileNotFoundError):  # joblib tidies up as it goes
                sizes[path.name] = max(sizes.get(path.name, 0), path.stat().st_size)


def alone(measurement: str, *arguments: object) -> float:
    """Run a measurement in a process of its own, since a peak of memory stays."""
    code = (
        "from benchmarks.speed import windows; "
        f"print(windows.{measurement}(*{[str(a) for a in arguments]}))"
    )
    output = subprocess.check_output([sys.executable, "-c", code], cwd=CHECKOUT, text=True)
    return float(output.split()[-1])


def memory(gigabytes: float) -> list[Result]:
    """Return what fits hold, in memory and from disk."""
    held = alone("fit_in_memory") - ROWS * COLUMNS * 4 / MB
    with tempfile.TemporaryDirectory() as folder:
        write_maps(Path(folder), gigabytes)
        stored = alone("fit_on_disk", folder)
    return [
        Result("fit over 2,000,000 x 8, beside the series", held, " MB", 300),
        Result(f"process that trains on {gigabytes:g} GB of maps in zarr", stored, " MB", 2000),
    ]


def sending() -> Result:
    """Return what a search sends."""
    with tempfile.TemporaryDirectory() as folder:
        share = alone("send_to_workers", folder)
    return Result("sent to 2 workers for 12 fits, over the series", share, "", 1.05)


def main() -> None:
    """Print the table, with the limits that are not kept, and write it."""
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    results = [
        *gather_over_copies(),
        loader_over_skorch(),
        windowing_a_panel(),
        *memory(gigabytes),
        sending(),
    ]
    head = ["what", "measured", "limit", "kept"]
    text = markdown_table(head, (result.row() for result in results))
    machine = f"{describe_machine('joblib', 'zarr')}."
    parts = ["# What lazy windows cost", text, machine]
    write_report("\n\n".join(parts), RESULTS / "speed" / "windows.md")


if __name__ == "__main__":
    main()
