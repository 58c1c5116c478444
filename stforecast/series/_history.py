"""The end of a series: keep it, add to it, tell whether rows follow it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError, ShapeError
from stforecast.series._panel import append_panel, is_panel, panel_follows, panel_tail
from stforecast.windows.sources._grid import is_xarray, time_dimension
from stforecast.windows.sources._index import next_labels, regular_index
from stforecast.windows.sources._read import read_source

# Fewer rows than this do not show the frequency of their index: six business days hold a weekend.
FEWEST_ROWS = 6
# So many show how far apart rows lie; reading the labels of all takes time.
_ROWS = 256


def tail(series: Any, rows: int) -> Any:
    """Return a copy of the last rows of a series, of each series of a panel."""
    if isinstance(series, list):
        return [tail(one, rows) for one in series]
    if is_panel(series):
        return panel_tail(series, rows)
    if isinstance(series, pd.DataFrame | pd.Series):
        return _indexed(series).iloc[-rows:].copy()
    if is_xarray(series):
        return series.isel({time_dimension(series): slice(-rows, None)}).compute().copy(deep=True)
    return np.array(series[max(0, series.shape[0] - rows) :])


def append(history: Any, series: Any, rows: int | None = None) -> Any:
    """Return the last `rows` rows of a series (all by default) and those that follow."""
    _check_kind(history, series)
    if isinstance(history, list):
        return [append(old, new, rows) for old, new in zip(history, series, strict=True)]
    if is_panel(history):
        return append_panel(history, series, rows)
    _check_follows(history, series)
    kept = history if rows is None else tail(history, rows)
    if isinstance(history, pd.DataFrame | pd.Series):
        joined = pd.concat([kept, series])
        return joined.set_axis(regular_index(joined.index))
    if is_xarray(history):
        return _concat_grids(kept, series)
    return np.concatenate([kept, np.asarray(series[:])])


def follows(history: Any, series: Any) -> bool:
    """Whether the labels of a series, of all in a panel, continue those of the history."""
    if isinstance(history, list) or isinstance(series, list):
        both = isinstance(history, list) and isinstance(series, list)
        return both and len(history) == len(series) and all(map(follows, history, series))
    if is_panel(history) and is_panel(series):
        return panel_follows(history, series)
    before, after = labels(history), labels(series)
    if before is None or after is None or not len(after):
        return False
    return bool(after[0] == next_labels(before, 1)[0])


def check_pace(history: Any, series: Any) -> None:
    """Raise if the rows of a series lie much further apart in time than those of fit, or closer."""
    then, now = _median_step(history), _median_step(series)
    if then is not None and now is not None and not 2 / 3 < now / then < 3 / 2:
        raise IrregularIndexError(
            f"Rows must lie as far apart as in fit, {then}, but these lie {now} apart. Resample "
            "them, or fit on rows like these."
        )


def members(panel: Any) -> dict[Hashable, Any]:
    """Return the series of a panel by name, in order of first appearance."""
    levels = list(range(panel.index.nlevels - 1))
    groups = panel.groupby(
        level=levels[0] if len(levels) == 1 else levels, sort=False, dropna=False
    )
    return {key: _indexed(group.droplevel(levels)) for key, group in groups}


def labels(series: Any) -> pd.Index | None:
    """Return the regular index of one series; None for arrays and grids without times."""
    if is_panel(series):
        return None
    if isinstance(series, pd.DataFrame | pd.Series):
        return regular_index(series.index)
    if is_xarray(series):
        times = series.indexes.get(time_dimension(series))
        return None if times is None else regular_index(times)
    return None


def row_counts(series: Any) -> list[int]:
    """Return the number of rows of a series, or of each of a panel."""
    if isinstance(series, list):
        return [row_counts(one)[0] for one in series]
    if is_panel(series):
        return read_source(series).lengths.tolist()
    if is_xarray(series):
        return [int(series.sizes[time_dimension(series)])]
    return [int(series.shape[0])]


def _concat_grids(kept: Any, series: Any) -> Any:
    import xarray

    _check_frames(kept, series)
    data_vars = {"data_vars": "minimal"} if hasattr(kept, "data_vars") else {}
    return xarray.concat(
        [kept, series],
        dim=time_dimension(kept),
        coords="minimal",
        compat="override",
        join="exact",
        **data_vars,
    )


def _check_frames(kept: Any, series: Any) -> None:
    time = time_dimension(kept)
    then, now = ({d: n for d, n in one.sizes.items() if d != time} for one in (kept, series))
    if then != now:
        raise ShapeError(f"New rows must have the dimensions of fit, {then}, got {now}.")


def _check_kind(history: Any, series: Any) -> None:
    same = isinstance(series, type(history)) and is_panel(history) == is_panel(series)
    if not (same or (isinstance(history, np.ndarray) and labels(series) is None)):
        raise TypeError(
            f"New rows must come as the series did, as {_kind(history)}, got {_kind(series)}. "
            "Convert them first."
        )
    if isinstance(history, list) and len(history) != len(series):
        raise ShapeError(
            f"New rows must come for each of the {len(history)} series, got a list of "
            f"{len(series)}. Pass one entry for each, in the order of fit."
        )


def _kind(series: Any) -> str:
    return type(series).__name__ + (" by series and time" if is_panel(series) else "")


def _median_step(series: Any) -> pd.Timedelta | None:
    """Return how far apart rows lie in time, None where they have none or are too few to tell."""
    if isinstance(series, list):
        return _median_step(series[0])
    times = series.index[:_ROWS].get_level_values(-1) if is_panel(series) else labels(series)
    times = None if times is None else times[:_ROWS]
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    if not isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex):
        return None
    steps = np.diff(times.tz_localize(None) if hasattr(times, "tz") else times)
    steps = steps[steps > np.timedelta64(0)]  # of a panel, not from one series to the next
    return pd.Timedelta(np.median(steps)) if len(steps) >= FEWEST_ROWS - 1 else None


def _check_follows(history: Any, series: Any) -> None:
    before = labels(history)
    if before is None:
        return
    expected, times = next_labels(before, 1)[0], labels(series)
    first = "no time" if times is None or not len(times) else times[0]
    if first != expected:
        raise IrregularIndexError(
            f"New rows must follow the series, so start at {expected}, but start at {first}. Pass "
            "all rows since the last one seen, and only those."
        )


def _indexed(series: Any) -> Any:
    index = regular_index(series.index)
    return series if index is series.index else series.set_axis(index)
