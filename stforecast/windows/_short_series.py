"""Series of a panel that are shorter than a window: padded, left out and named, or refused."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from stforecast.exceptions import SeriesTooShortError, ShortSeriesWarning
from stforecast.windows._batches import in_memory
from stforecast.windows._geometry import Integers
from stforecast.windows.sources._time_series import TimeSeries

SHORT = ("drop", "mask", "error")
_MAX_NAMES = 5


def settle_short(
    source: TimeSeries, rows: int, least: int, short: str
) -> tuple[TimeSeries, Integers]:
    """Return a panel whose series are treated as `short` asks, and how far the rows of each moved.

    Parameters
    ----------
    source : TimeSeries
        The panel.
    rows : int
        Rows that a window and its horizon need.
    least : int
        Rows with which a series can be padded to a window.
    short : {"drop", "mask", "error"}
        What to do with shorter ones.
    """
    lengths, shifts = source.lengths, np.zeros(len(source.lengths), dtype=np.int64)
    if short == "error" and (lengths < rows).any():
        raise SeriesTooShortError(
            f"{_count_short(source, rows)}: {_short_series_names(source, rows)}. Shorten the "
            "lookback, or pass short='mask' to pad them or short='drop' to leave them out."
        )
    if short != "mask" or source.panel is None:
        _warn_short_series(source, rows)
        return source, shifts
    _warn_short_series(source, least)
    pads = np.where((lengths >= least) & (lengths < rows), rows - lengths, 0)
    return _pad(source, pads), np.cumsum(pads)


def _pad(source: TimeSeries, pads: Integers) -> TimeSeries:
    """Return a panel with rows of NaN in front of each series, labelled by its first row."""
    if not in_memory(source.values):
        raise ValueError(
            "short='mask' pads rows in memory, but those of this panel are on disk. Load them, or "
            "pass short='drop'."
        )
    assert source.panel is not None
    dtype = np.result_type(source.values.dtype, np.float32)
    if not pads.any():
        return replace(source, values=source.values.astype(dtype))
    firsts = np.repeat(source.bounds[:-1], pads)
    # each row of the padded series is a row of the source, or a copy of a first row
    rows = np.insert(np.arange(len(source.values)), firsts, firsts)
    is_row = np.insert(np.ones(len(source.values), dtype=bool), firsts, values=False)
    values = source.values[rows].astype(dtype)
    values[~is_row] = np.nan
    bounds = source.bounds + np.concatenate([[0], np.cumsum(pads)])
    panel = replace(source.panel, clock=source.panel.clock[rows], order=None)
    times = None if source.times is None else source.times[rows]
    return replace(source, values=values, bounds=bounds, times=times, panel=panel)


def _warn_short_series(source: TimeSeries, rows: int) -> None:
    """Warn of the series of a panel that have fewer rows than they need."""
    if (source.lengths < rows).any():
        warnings.warn(
            f"{_count_short(source, rows)}, so they are left out: "
            f"{_short_series_names(source, rows)}. "
            "Shorten the lookback to keep them, pass short='mask' to pad them, or drop them first.",
            ShortSeriesWarning,
            stacklevel=4,
        )


def _count_short(source: TimeSeries, rows: int) -> str:
    count, whole = int((source.lengths < rows).sum()), len(source.lengths)
    return f"{count} of {whole} series have fewer than the {rows} rows of a window and its horizon"


def _short_series_names(source: TimeSeries, rows: int) -> str:
    short = source.ids[source.lengths < rows]
    suffix = ", ..." if len(short) > _MAX_NAMES else ""
    return ", ".join(repr(name) for name in short[:_MAX_NAMES]) + suffix
