from __future__ import annotations

import hashlib
import importlib.util
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from stforecast.datasets._minutes import MINUTE_COLUMNS, Content

ROOT = Path(__file__).resolve().parents[2]
START = "2006-12-16 17:24"
HEADER = ["Date", "Time", *MINUTE_COLUMNS]


@dataclass(frozen=True)
class SmallRecord:
    """Four days of minutes in the archive's form, with a gap of a day and a half."""

    measured: np.ndarray
    index: pd.DatetimeIndex
    content: Content

    def text(self, separator: str = ";", missing: tuple[str, str] = ("?", "")) -> str:
        """Write the rows as the archive does: unpadded dates, `?`, an empty last field."""
        lines = [separator.join(HEADER)]
        for stamp, row in zip(self.index, self.measured, strict=True):
            gap = [missing[0]] * 6 + [missing[1]]
            fields = gap if np.isnan(row).all() else [f"{value:.3f}" for value in row]
            date = f"{stamp.day}/{stamp.month}/{stamp.year}"
            lines.append(separator.join([date, f"{stamp:%H:%M:%S}", *fields]))
        return "\r\n".join(lines) + "\r\n"

    def zipped(self, path: Path, member: str = "household_power_consumption.txt") -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, self.text())
        return path


@pytest.fixture(scope="session")
def record() -> SmallRecord:
    rows = 4 * 1440 + 100
    thousandths = np.random.default_rng(0).integers(0, 250_000, size=(rows, len(MINUTE_COLUMNS)))
    missing = np.zeros(rows, dtype=bool)
    missing[1500:3700] = missing[5000] = True
    stored = np.where(missing[:, None], -1, thousandths)
    content = Content(
        start=START,
        rows=rows,
        gap_count=int(missing.sum()),
        sha256=hashlib.sha256(stored.astype("<i4").tobytes()).hexdigest(),
    )
    values = np.where(missing[:, None], np.nan, thousandths / 1000.0)
    return SmallRecord(values, pd.date_range(START, periods=rows, freq="min"), content)


@pytest.fixture(scope="session")
def build() -> ModuleType:
    """The script that built the hourly file."""
    path = ROOT / "datasets" / "household_power" / "build.py"
    spec = importlib.util.spec_from_file_location("build_household_power", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
