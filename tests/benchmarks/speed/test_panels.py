"""The study of large panels runs at a small size, every step of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.speed import panels


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_step_is_in_the_table(tmp_path: Path) -> None:
    log = panels.Log()
    for columns, run in ((1, panels.run_long), (3, panels.run_wide)):
        path = tmp_path / f"{columns}.parquet"
        panels.write_panel(path, 20, columns)
        run(log, path, *([tmp_path] if columns > 1 else []))
    rows = log.table().splitlines()[2:]
    assert len(rows) == 13
    assert sum("fit" in row for row in rows) == 5
    assert any("one epoch of 180 windows" in row for row in rows)  # nine of each series
    for row in rows:
        assert re.fullmatch(r"\| .+ \| [\d.]+ \| [\d.]+ \| [\d,]+ \|", row)
    assert (tmp_path / "values.npy").stat().st_size > 20 * panels.ROWS * 3 * 4
