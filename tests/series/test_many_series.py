"""A panel of any number of series takes one pass, and one larger than memory stays on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from stforecast.estimators import WindowRidge
from stforecast.series import SeriesForecaster
from stforecast.windows import latest_windows, make_windows
from tests.estimators.data import small

DAYS = pd.date_range("2024-01-01", periods=400, unit="s")


def panel(series: int, *, rows: int = 40, columns: int = 1) -> pd.DataFrame:
    """A long table whose series begin, and end, on different days."""
    draw = np.random.default_rng(0)
    starts = np.arange(series) % 9
    names = np.repeat([f"s{number:04d}" for number in range(series)], rows)
    days = DAYS[(starts[:, None] + np.arange(rows)).ravel()]
    index = pd.MultiIndex.from_arrays([names, days], names=["series", "day"])
    values = draw.normal(size=(len(index), columns)).astype(np.float32)
    return pd.DataFrame(values, index, [f"x{number}" for number in range(columns)])


def count_calls(work: Callable[[], Any]) -> int:
    """Count the calls of functions of this library."""
    count = 0

    def note(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event == "call" and f"{os.sep}stforecast{os.sep}" in frame.f_code.co_filename

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def next_rows(table: pd.DataFrame) -> pd.DataFrame:
    last = table.groupby(level=0, sort=False).tail(1)
    names, days = (last.index.get_level_values(level) for level in (0, 1))
    return last.set_axis(pd.MultiIndex.from_arrays([names, days + pd.Timedelta(1, "D")]))


def use(series: int) -> dict[str, Callable[[], Any]]:
    """Return calls on a panel of `series` series, by what they do."""
    table = panel(series)
    known = pd.DataFrame({"weekday": 1.0}, pd.date_range(DAYS[0], periods=90))
    static = pd.DataFrame({"size": 1.0}, table.index.unique(0))
    parts = {"lookback": 7, "known": known, "static": static}
    ridge = SeriesForecaster(Ridge(), lookback=7, horizon=3).fit(table)
    batch = {"batch_size": 10**6, "max_epochs": 1}
    network = SeriesForecaster(small(**batch), lookback=7, horizon=3)
    based = SeriesForecaster(small(baseline="ridge", **batch), lookback=7, horizon=3)
    return {
        "windows": lambda: make_windows(table, horizon=3, **parts),
        "latest windows": lambda: latest_windows(table, horizon=3, **parts),
        "short series": lambda: make_windows(table.iloc[35:], lookback=7, short="mask"),
        "fit": lambda: ridge.fit(table),
        "fit of a network": lambda: network.fit(table),
        "fit on a baseline": lambda: based.fit(table),
        "forecast": ridge.forecast,
        "forecast of the table": lambda: ridge.forecast(table),
        "update": lambda: ridge.update(next_rows(table)),
        "backtest": lambda: ridge.backtest(table, start=DAYS[40]),
    }


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_nothing_is_done_series_by_series() -> None:
    few, many = ({name: count_calls(work) for name, work in use(n).items()} for n in (30, 300))
    grown = {name: (few[name], many[name]) for name in few if many[name] > 1.1 * few[name]}
    assert grown == {}


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_table_over_a_memory_map_gives_the_windows_of_the_table(
    order: str, tmp_path: Path
) -> None:
    table = panel(12, columns=5)
    stored = over_a_memory_map(table, tmp_path, order)
    for target in (None, "x2", ["x1", "x3"], ["x3", "x0"], ["x4", "x0", "x1"]):
        X, y = make_windows(stored, lookback=6, horizon=2, target=target)
        theirs, targets = make_windows(table, lookback=6, horizon=2, target=target)
        assert not X.in_memory
        assert not y.in_memory
        np.testing.assert_array_equal(np.asarray(X), np.asarray(theirs))
        np.testing.assert_array_equal(np.asarray(y), targets.to_numpy())
        pd.testing.assert_frame_equal(X.unflatten(y), targets)


@pytest.mark.parametrize("target", [None, "x2"])
@pytest.mark.parametrize("estimator", [small(), WindowRidge()], ids=["network", "ridge"])
def test_forecasts_from_a_memory_map_are_those_from_memory(
    estimator: Any, target: Any, tmp_path: Path
) -> None:
    table = panel(6, columns=3)
    found = [
        SeriesForecaster(estimator, lookback=6, horizon=2, target=target).fit(one).forecast()
        for one in (table, over_a_memory_map(table, tmp_path))
    ]
    pd.testing.assert_frame_equal(*found)


def over_a_memory_map(table: pd.DataFrame, folder: Path, order: Any = "C") -> pd.DataFrame:
    np.save(folder / "values.npy", np.asarray(table, order=order))
    values = np.load(folder / "values.npy", mmap_mode="r")
    return pd.DataFrame(values, table.index, table.columns, copy=False)


LIMITED = """
import resource, sys
import numpy as np
from stforecast import LSTMForecaster, SeriesForecaster
from stforecast.datasets import load_panel
from stforecast._training import samples
from stforecast.windows import _batches

# smaller than usual, as the panel is smaller than those that need it
_batches.READ_BYTES = samples.CACHE_BYTES = 2**22
network = LSTMForecaster(4, baseline=None, max_epochs=1, random_state=0, device="cpu")
model = SeriesForecaster(network, lookback=7, horizon=1, target="x0", stride=20)
# what is imported at need is not to count
SeriesForecaster(network, lookback=3).fit(np.arange(20.0)[:, None])
load_panel(sys.argv[4], series="series", time="day")

status = dict(line.split(":", 1) for line in open("/proc/self/status"))
held = 1024 * int(status["VmData"].split()[0])
resource.setrlimit(resource.RLIMIT_DATA, (held + int(sys.argv[2]), -1))
panel = load_panel(sys.argv[1], series="series", time="day", memory_map=sys.argv[3] or None)
print(len(model.fit(panel).forecast()))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory as Linux does")
def test_a_panel_larger_than_memory_is_trained_on_from_disk(tmp_path: Path) -> None:
    # long rather than wide: a forecast holds the latest rows of every series in memory, and on some
    # processors a network needs more beside them
    table = panel(500, rows=320, columns=200)
    size, limit = table.to_numpy().nbytes, 60_000_000
    table.reset_index().to_parquet(tmp_path / "panel.parquet", row_group_size=20_000)
    panel(2).reset_index().to_parquet(tmp_path / "small.parquet")

    def run(memory_map: str) -> subprocess.CompletedProcess[str]:
        files = [str(tmp_path / name) for name in ("panel.parquet", "small.parquet")]
        arguments = [files[0], str(limit), memory_map, files[1]]
        command = [sys.executable, "-W", "ignore", "-c", LIMITED, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert 2 * limit < size
    found = run(str(tmp_path / "values.npy"))
    assert found.stdout.strip() == "500", found.stderr[-2000:]
    refused = run("")
    assert refused.returncode != 0
    assert "Memory" in refused.stderr
