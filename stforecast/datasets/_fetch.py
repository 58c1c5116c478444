"""The household power set by the minute, from the archive or from a file at hand."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

import pandas as pd

from stforecast._constraints import Flags
from stforecast.datasets._minutes import (
    RECORD,
    Content,
    add_unmetered_energy,
    fill_from_day_before,
    read_minutes,
)
from stforecast.exceptions import DataNotFoundError

ARCHIVE_URL = (
    "https://archive.ics.uci.edu/static/public/235/"
    "individual+household+electric+power+consumption.zip"
)
_FILE_NAME = "household_power_consumption.zip"


def fetch_household_power(
    path: str | PathLike[str] | None = None,
    *,
    fill: bool = True,
    cache_dir: str | PathLike[str] | None = None,
    url: str = ARCHIVE_URL,
    progress: bool = True,
) -> pd.DataFrame:
    """Fetch four years of one household's electric power, minute by minute.

    The first call downloads 20 MB from the UCI archive and keeps them; later calls read the kept
    file. `load_household_power` needs none of this: hours, days and longer come with the library.

    Parameters
    ----------
    path : path, default=None
        A file at hand instead of a download: the archive's zip, the text in it, or that text with
        commas or compressed with xz or gzip.
    fill : bool, default=True
        Whether missing minutes hold the value of the same minute one day before (repeatedly: gaps
        last up to five days). With False they are NaN.
    cache_dir : path, default=None
        Folder that keeps the download; by default the user's cache folder for ``stforecast``.
    url : str, default=the UCI archive
        Where to download from, for a mirror.
    progress : bool, default=True
        Whether to show a progress bar while downloading.

    Returns
    -------
    DataFrame
        2,075,259 rows by the minute (a `DatetimeIndex` with `freq` named ``datetime``) and the
        eight float64 columns of `load_household_power`, in the same units.

    Raises
    ------
    DataNotFoundError
        If `path` is not a file, or the archive cannot be reached; the message says where to put the
        file by hand.
    DataIntegrityError
        If the file is broken, is another table, or holds other values than the record.
    ValueError
        If `fill` or `progress` is not a flag.

    See Also
    --------
    load_household_power : Hours, days and longer, without a download.

    Notes
    -----
    What is checked is the content, not the container: the clock of every row, the number of rows
    and of missing minutes, and a SHA-256 digest of all measured values. So a repacked archive is
    accepted and a single changed value is not.

    Reading and checking take about 8 s, the table 133 MB.

    References
    ----------
    .. [1] G. Hebrail and A. Berard, "Individual Household Electric Power Consumption", UCI Machine
       Learning Repository, 2012. https://doi.org/10.24432/C58K54 (CC BY 4.0)

    Examples
    --------
    >>> from stforecast.datasets import fetch_household_power
    >>> minutes = fetch_household_power()  # doctest: +SKIP
    >>> minutes.shape  # doctest: +SKIP
    (2075259, 8)
    """
    Flags().check("fill", fill)
    Flags().check("progress", progress)
    file = _download(url, cache_dir, progress) if path is None else _check_file(Path(path))
    return _minute_table(file, RECORD, fill)


def _check_file(path: Path) -> Path:
    if path.is_file():
        return path
    raise DataNotFoundError(
        f"path must be the household power file, but {path} does not exist. "
        f"Download it from {ARCHIVE_URL}, or leave path out."
    )


def _download(url: str, cache_dir: str | PathLike[str] | None, progress: bool) -> Path:
    """Return the kept file, downloading it first where there is none."""
    import pooch

    folder = Path(pooch.os_cache("stforecast") if cache_dir is None else cache_dir)
    try:
        with _mute(pooch.get_logger()):
            # The digest of the zip is the archive's to change; that of its content is checked.
            file = pooch.retrieve(
                url, known_hash=None, fname=_FILE_NAME, path=folder, progressbar=progress
            )
    except (OSError, ValueError) as error:
        raise DataNotFoundError(
            f"The minute data could not be downloaded from {url} ({type(error).__name__}). "
            f"Download it by hand and put it at {folder / _FILE_NAME}, or pass its path to "
            "fetch_household_power."
        ) from error
    return Path(file)


@contextlib.contextmanager
def _mute(logger: logging.Logger) -> Iterator[None]:
    """Keep a logger's notes for developers from the user's screen, for a while."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _minute_table(file: Path, content: Content, fill: bool) -> pd.DataFrame:
    table = pd.concat(read_minutes(file, content)).asfreq("min")
    if fill:
        table[:] = fill_from_day_before(table.to_numpy())
    return add_unmetered_energy(table)
