"""The minute record of the household power set: reading, checking and filling it."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import itertools
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stforecast.exceptions import DataIntegrityError

MINUTE_COLUMNS = (
    "Global_active_power",
    "Global_reactive_power",
    "Voltage",
    "Global_intensity",
    "Sub_metering_1",
    "Sub_metering_2",
    "Sub_metering_3",
)
UNMETERED_COLUMN = "sub_metering_4"
MINUTES_A_DAY = 1440

_HEADER = ["Date", "Time", *MINUTE_COLUMNS]
_MEMBER = "household_power_consumption.txt"
_DAYS_A_CHUNK = 60
# the table has 133 MB; an archive of some hundred kilobytes could unpack to gigabytes
_MAX_BYTES = 2**28
_MAX_HEADER = 1000
_UNREADABLE = (
    *(zipfile.BadZipFile, lzma.LZMAError, zlib.error, OSError, EOFError, ValueError),
    RuntimeError,  # an archive with a password, or with a compression that zipfile lacks
)


@dataclass(frozen=True)
class Content:
    """What a minute file must hold, whichever container it comes in.

    `sha256` is taken over the seven measured columns in thousandths of their units, row by row as
    little-endian int32, with -1 for a missing value: every value in the file is a whole number of
    thousandths, so the digest does not depend on separators, padding or compression.
    """

    start: str
    rows: int
    gap_count: int
    sha256: str


RECORD = Content(
    start="2006-12-16 17:24",
    rows=2_075_259,
    gap_count=25_979,
    sha256="7bf6b44ef25111fa7d98545d6c6f36fcdcadc5ace19e52e2421028607e7a41a1",
)


def read_minutes(path: Path, content: Content) -> Iterator[pd.DataFrame]:
    """Yield the seven measured columns of `path` in chunks of whole days from the first minute.

    The file is the archive's `;`-separated text or the same with commas, plain or compressed with
    zip, xz or gzip. After the last chunk the whole is compared with `content`.
    """
    digest, rows, missing = hashlib.sha256(), 0, 0
    for chunk in _parse(path):
        _check_minutes(path, chunk.index, pd.Timestamp(content.start) + pd.Timedelta(rows, "min"))
        # the digest is over integers: a decimal may be read to another last bit elsewhere
        thousandths = convert_thousandths(chunk.to_numpy())
        digest.update(thousandths.astype("<i4").tobytes())
        rows += len(chunk)
        missing += int((thousandths < 0).any(axis=1).sum())
        yield chunk
    _check_content(path, Content(content.start, rows, missing, digest.hexdigest()), content)


def convert_thousandths(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Turn measured values into exact whole thousandths, with -1 where they are missing."""
    return np.where(np.isnan(values), -1.0, np.rint(values * 1000.0)).astype(np.int64)


def fill_from_day_before(
    values: NDArray[np.float64], day_before: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Fill missing minutes with the same minute of the day before, again and again.

    `values` (rows, columns) holds consecutive minutes; `day_before` (1440, columns) the filled day
    that ends where they start. A minute without any value before it stays missing.
    """
    rows, columns = values.shape
    days = -(-rows // MINUTES_A_DAY)  # rounded up
    table = np.full(((1 + days) * MINUTES_A_DAY, columns), np.nan)
    if day_before is not None:
        table[:MINUTES_A_DAY] = day_before
    table[MINUTES_A_DAY : MINUTES_A_DAY + rows] = values
    by_day = table.reshape(1 + days, MINUTES_A_DAY, columns)
    # views of the table, in order of time: a day that was filled fills the next one
    for before, day in itertools.pairwise(by_day):
        np.copyto(day, before, where=np.isnan(day))
    return table[MINUTES_A_DAY : MINUTES_A_DAY + rows]


def add_unmetered_energy(table: pd.DataFrame) -> pd.DataFrame:
    """Append the energy that none of the three meters sees, in watt-hours."""
    metered = table["Sub_metering_1"] + table["Sub_metering_2"] + table["Sub_metering_3"]
    return table.assign(
        **{UNMETERED_COLUMN: table["Global_active_power"] * 1000.0 / 60.0 - metered}
    )


def _parse(path: Path) -> Iterator[pd.DataFrame]:
    """Yield the measured columns by time, chunk by chunk; say so if the file cannot be read."""
    try:
        with path.open("rb") as raw, _text(raw) as handle:
            for chunk in _chunks(io.BufferedReader(_SizeLimit(handle))):
                yield _index_minutes(chunk)
    except _UNREADABLE as error:
        reason = str(error).rstrip(".\n") or type(error).__name__
        raise DataIntegrityError(
            f"{path} cannot be read as the household power file: {reason}. Pass the file as the "
            "archive serves it; if this one is a broken download, delete it and fetch it again."
        ) from error


@contextlib.contextmanager
def _text(raw: BinaryIO) -> Iterator[IO[bytes]]:
    """Open the text inside `raw`, telling containers by their first bytes."""
    start = raw.read(6)
    raw.seek(0)
    if start.startswith(b"PK"):
        with zipfile.ZipFile(raw) as archive, archive.open(_member(archive)) as handle:
            yield handle
    elif start.startswith(b"\xfd7zXZ"):
        with lzma.open(raw) as handle:
            yield cast("IO[bytes]", handle)
    elif start.startswith(b"\x1f\x8b"):
        with gzip.open(raw) as handle:
            yield cast("IO[bytes]", handle)
    else:
        yield raw


def _member(archive: zipfile.ZipFile) -> str:
    """Find the one table in a zip archive."""
    for name in archive.namelist():
        if Path(name).name == _MEMBER:
            return name
    members = ", ".join(archive.namelist()[:3]) or "nothing"
    raise ValueError(f"it is an archive of {members}, without {_MEMBER}.")


class _SizeLimit(io.RawIOBase):
    """A file that is read up to as many bytes as the table may have."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.byte_budget = _MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.file.read(len(buffer))
        self.byte_budget -= len(piece)
        if self.byte_budget < 0:
            raise ValueError(f"it has more than {_MAX_BYTES} bytes.")
        buffer[: len(piece)] = piece
        return len(piece)


def _chunks(handle: IO[bytes]) -> Iterator[pd.DataFrame]:
    """Parse the text a number of whole days at a time."""
    chunks = pd.read_csv(
        handle,
        sep=_separator(handle.readline(_MAX_HEADER)),
        header=None,
        names=_HEADER,
        dtype={"Date": str, "Time": str, **dict.fromkeys(MINUTE_COLUMNS, np.float64)},
        na_values=["?"],
        chunksize=_DAYS_A_CHUNK * MINUTES_A_DAY,
    )
    yield from chunks


def _separator(header: bytes) -> str:
    """Tell `;` from `,` by the header line, and other tables from this one."""
    for separator in ";,":
        if header.decode("utf-8", "replace").strip().split(separator) == _HEADER:
            return separator
    raise ValueError(f"its first line must name {', '.join(_HEADER)}, but is {header[:20]!r}.")


def _index_minutes(chunk: pd.DataFrame) -> pd.DataFrame:
    stamps = pd.to_datetime(chunk["Date"] + " " + chunk["Time"], format="%d/%m/%Y %H:%M:%S")
    return chunk[list(MINUTE_COLUMNS)].set_index(pd.DatetimeIndex(stamps, name="datetime"))


def _check_minutes(path: Path, stamps: pd.Index, start: pd.Timestamp) -> None:
    clock = pd.date_range(start, periods=len(stamps), freq="min")
    wrong = stamps != clock
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataIntegrityError(
            f"{path} must hold one row a minute, but has {stamps[row]} where {clock[row]} "
            "should stand. Delete it and fetch it again."
        )


def _check_content(path: Path, reading: Content, content: Content) -> None:
    if reading != content:
        raise DataIntegrityError(
            f"{path} must hold {content.rows} minutes, {content.gap_count} of them missing, with "
            f"content digest {content.sha256[:12]}..., but holds {reading.rows}, "
            f"{reading.gap_count} and {reading.sha256[:12]}.... Delete it and fetch it again."
        )
