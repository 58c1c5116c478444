"""What a hundred thousand series cost: reading them, windows, a fit, a forecast of each.

Run with ``python -m benchmarks.speed.panels [--series 100000]``; it takes minutes. The series are
made: a season of seven days and noise, 100 rows each, all in one column. They are read from
Parquet and from polars. One network for all of them is trained for one epoch on windows of 28 days
whose origins lie a week apart, and forecasts the 14 days that follow each series. A fifth as many
series of 64 columns are then trained on in memory and from a memory map.

Each step gives seconds by the clock, processor time, and the most memory that the process had of
its own meanwhile, what earlier steps had left included. Pages of a memory map are not counted: the
system takes them back where memory is short.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.lib.machine import describe_machine, own_bytes
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from stforecast import LSTMForecaster, RelativeForecaster, SeriesForecaster, make_windows
from stforecast.datasets import load_panel
from stforecast.series import SplitConformal

ROWS = 100  # of each series
LOOKBACK, HORIZON, STRIDE, BATCH = 28, 14, 7, 1024
WIDE = 64  # columns of the panel that stays on disk
MB = 1e6


@dataclass
class Log:
    """The steps of a run, each with what it took."""

    rows: list[list[str]] = field(default_factory=list)

    def measure(self, name: str, work: Callable[[], Any]) -> Any:
        """Do something, note what it took, and return what it gives."""
        done, peak = threading.Event(), [0]
        watcher = threading.Thread(target=_watch, args=(done, peak))
        watcher.start()
        start, busy = time.perf_counter(), time.process_time()
        try:
            found = work()
        finally:
            seconds, busy = time.perf_counter() - start, time.process_time() - busy
            done.set()
            watcher.join()
        self.rows.append([name, f"{seconds:.1f}", f"{busy:.1f}", f"{peak[0] / MB:,.0f}"])
        print(*self.rows[-1], flush=True)
        return found

    def table(self) -> str:
        """Return all steps as a table."""
        head = ["step", "seconds", "processor seconds", "most memory, MB"]
        return markdown_table(head, self.rows)


def _watch(done: threading.Event, peak: list[int]) -> None:
    """Keep the most memory seen until something is done."""
    while not done.wait(0.02):
        peak[0] = max(peak[0], own_bytes())


def write_panel(path: Path, series: int, columns: int) -> None:
    """Write made series as Parquet, a thousand at a time."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    days = pd.date_range("2024-01-01", periods=ROWS, unit="s")
    writer = None
    for first in range(0, series, 1000):
        names = [f"s{number:06d}" for number in range(first, min(first + 1000, series))]
        table = pa.table(
            {
                "series": pa.array(np.repeat(names, ROWS)).dictionary_encode(),
                "day": pa.array(np.tile(days.to_numpy(), len(names))),
                **dict(zip(_column_names(columns), _made(first, len(names), columns), strict=True)),
            }
        )
        writer = writer or ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def _column_names(count: int) -> list[str]:
    return [f"x{number}" for number in range(count)]


def _made(seed: int, series: int, columns: int) -> np.ndarray:
    """Return a season of seven days and noise, (columns, series * rows)."""
    draw = np.random.default_rng(seed)
    level, phase = draw.gamma(2, 50, (2, columns, series, 1))
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(ROWS) / 7 + phase)
    values = level * season + draw.normal(0, 5, (columns, series, ROWS))
    return values.reshape(columns, -1).astype(np.float32)


def run_long(log: Log, path: Path) -> None:
    """Read a long table of one column, fit one network, forecast every series."""
    import polars as pl

    frame = pl.read_parquet(path)
    keys = {"series": "series", "time": "day"}
    log.measure("polars to a panel, `load_panel`", partial(load_panel, frame, **keys))
    panel = log.measure("Parquet to a panel, `load_panel`", partial(load_panel, path, **keys))
    sizes = {"lookback": LOOKBACK, "horizon": HORIZON}
    log.measure("`make_windows`, all origins", lambda: len(make_windows(panel, **sizes)[0]))
    sizes["stride"] = STRIDE
    count = len(make_windows(panel, **sizes)[0])
    network = LSTMForecaster(
        16, baseline=None, max_epochs=1, batch_size=BATCH, random_state=0, device="cpu"
    )
    one = SeriesForecaster(network, **sizes)
    log.measure(f"fit, one epoch of {count:,} windows", partial(one.fit, panel))
    log.measure("`forecast` of every series", one.forecast)
    log.measure("`update` of every series by a row", lambda: one.update(next_row(panel)))
    scaled = RelativeForecaster(network, "mean", scale=True)
    calibrated = SeriesForecaster(scaled, calibration=SplitConformal(3), **sizes)
    name = "fit with three origins of each series held back for intervals"
    log.measure(name, partial(calibrated.fit, panel))
    bounds = partial(calibrated.forecast_interval, coverage=0.5)
    log.measure("`forecast_interval` of every series", bounds)
    usual = LSTMForecaster(
        16, baseline="auto", max_epochs=1, batch_size=BATCH, random_state=0, device="cpu"
    )
    default = SeriesForecaster(usual, **sizes)
    log.measure("fit on the default baseline, one epoch each", partial(default.fit, panel))


def next_row(panel: pd.DataFrame) -> pd.DataFrame:
    """Return a row that follows each series, the same as its last."""
    last = panel.groupby(level=0, sort=False).tail(1)
    names, days = (last.index.get_level_values(level) for level in (0, 1))
    return last.set_axis(pd.MultiIndex.from_arrays([names, days + pd.Timedelta(1, "D")]))


def run_wide(log: Log, path: Path, folder: Path) -> None:
    """Fit on a panel of many columns, in memory and from a memory map."""
    keys = {"series": "series", "time": "day"}
    for place, memory_map in {"a memory map": folder / "values.npy", "memory": None}.items():
        name = f"Parquet of {WIDE} columns to {place}"
        panel = log.measure(name, partial(load_panel, path, **keys, memory_map=memory_map))
        network = LSTMForecaster(
            16, baseline=None, max_epochs=1, batch_size=BATCH, random_state=0, device="cpu"
        )
        model = SeriesForecaster(network, lookback=LOOKBACK, horizon=1, target="x0", stride=STRIDE)
        log.measure(f"fit, one epoch from {place}", partial(model.fit, panel))
        del panel, model


def main() -> None:
    """Measure every step, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=RESULTS / "speed" / "panels.md")
    options = parser.parse_args()
    log = Log()
    SeriesForecaster(LSTMForecaster(baseline=None, max_epochs=1), lookback=3).fit(
        np.arange(50.0)[:, None]
    )  # warm
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_panel(folder / "long.parquet", options.series, 1)
        run_long(log, folder / "long.parquet")
        write_panel(folder / "wide.parquet", options.series // 5, WIDE)
        run_wide(log, folder / "wide.parquet", folder)
    title = f"# {options.series:,} series of {ROWS} rows"
    machine = f"{describe_machine('pyarrow', 'polars')}."
    write_report(f"{title}\n\n{log.table()}\n\n{machine}", options.out)


if __name__ == "__main__":
    main()
