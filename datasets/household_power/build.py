"""Build the hourly household power file from the raw minute file.

    python datasets/household_power/build.py household_power_consumption.zip

The raw file is the archive's text (`;`), the same with commas, or either compressed (zip, xz, gz);
it is read in chunks of 60 days and compared with the known content of the record. Needs the
library itself, nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
from pathlib import Path

import numpy as np
import pandas as pd

from stforecast.datasets._minutes import (
    MINUTE_COLUMNS,
    MINUTES_A_DAY,
    RECORD,
    Content,
    convert_thousandths,
    fill_from_day_before,
    read_minutes,
)

HERE = Path(__file__).resolve().parent


def hourly_sums(path: Path, content: Content = RECORD) -> pd.DataFrame:
    """Sum the filled minutes of each hour, exactly, in thousandths; count minutes and missing."""
    day_before, parts = None, []
    for chunk in read_minutes(path, content):
        values = chunk.to_numpy()
        filled = fill_from_day_before(values, day_before)
        day_before = filled[-MINUTES_A_DAY:]
        minutes = pd.DataFrame(convert_thousandths(filled), columns=list(MINUTE_COLUMNS))
        minutes["minutes"] = 1
        minutes["missing"] = np.isnan(values).any(axis=1).astype(int)
        parts.append(minutes.groupby(pd.DatetimeIndex(chunk.index).floor("h")).sum())
    return pd.concat(parts).groupby(level=0).sum()


def as_text(hours: pd.DataFrame) -> str:
    """Write sums as shortest decimals and the missing minutes as a share of the hour's."""
    table = hours[list(MINUTE_COLUMNS)] / 1000.0
    table["minutes"] = hours["minutes"]
    table["missing_share"] = hours["missing"] / hours["minutes"]
    return table.to_csv(index_label="datetime", lineterminator="\n", date_format="%Y-%m-%d %H:%M")


def main() -> None:
    """Read the raw file named on the command line and write the hourly file."""
    parser = argparse.ArgumentParser(description="Build the hourly household power file.")
    parser.add_argument("raw", type=Path, help="the raw minute file")
    parser.add_argument("--out", type=Path, default=HERE / "household_power_hours.csv.xz")
    arguments = parser.parse_args()
    text = as_text(hourly_sums(arguments.raw)).encode()
    arguments.out.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
    print(f"{hashlib.sha256(text).hexdigest()}  (uncompressed)")
    print(f"{hashlib.sha256(arguments.out.read_bytes()).hexdigest()}  {arguments.out.name}")


if __name__ == "__main__":
    main()
