"""Time indexes: are they regular, and what comes next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError
from stforecast.windows._geometry import Integers


def regular_index(index: Any) -> Any:
    """Return the index, with its frequency where it has one, or raise if it is not regular."""
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        _check_present(index)
        _check_order(index, index.asi8)
        return _with_frequency(index)
    if isinstance(index, pd.PeriodIndex):
        _check_present(index)
        _check_order(index, index.asi8)
        _check_steps(index, index.asi8)
        return index
    if pd.api.types.is_integer_dtype(index.dtype):
        _check_present(index)
        _check_order(index, _integers(index))
        _check_steps(index, _integers(index))
        return index
    raise IrregularIndexError(
        f"A series needs a DatetimeIndex, PeriodIndex, TimedeltaIndex or integer index, got "
        f"{type(index).__name__} of {index.dtype}. Convert it with pd.to_datetime, or drop it with "
        "reset_index(drop=True)."
    )


def next_labels(index: Any, count: int) -> Any:
    """Return the `count` labels that follow a regular index."""
    last = index[-1]
    if isinstance(index, pd.PeriodIndex):
        ahead = np.arange(1, count + 1) * _integer_step(index.asi8)
        periods: Any = pd.PeriodIndex
        return periods.from_ordinals(last.ordinal + ahead, freq=index.freq, name=index.name)
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        make: Any = pd.date_range if isinstance(index, pd.DatetimeIndex) else pd.timedelta_range
        if index.freq is None:
            raise IrregularIndexError(
                f"An index of {len(index)} rows is too short to tell its frequency. Set it, e.g. "
                "series.index.freq = 'D'."
            )
        return make(last, periods=count + 1, freq=index.freq, name=index.name)[1:]
    step = _integer_step(_integers(index))
    return pd.RangeIndex(last + step, last + step * (count + 1), step, name=index.name)


def common_clock(indexes: list[pd.Index]) -> Integers:
    """Return the time of every row of several regular series, in steps from the earliest row."""
    kinds = {_kind(index) for index in indexes}
    lengths = {freq for index in indexes if (freq := _step_of(index)) is not None}
    if len(kinds) > 1 or len(lengths) > 1:
        found = (
            sorted(kinds) if len(kinds) > 1 else sorted(f"steps of {n}" for n in map(str, lengths))
        )
        raise IrregularIndexError(
            "All series of a panel must share one kind of index, time zone and frequency, but "
            f"they have {' and '.join(found)}. Convert or resample them first."
        )
    stacked = indexes[0].append(indexes[1:])
    step = next(iter(lengths), None)
    if step is None:
        return stacked.unique().sort_values().get_indexer(stacked).astype(np.int64)
    if isinstance(stacked, pd.DatetimeIndex | pd.TimedeltaIndex):
        make: Any = pd.date_range if isinstance(stacked, pd.DatetimeIndex) else pd.timedelta_range
        grid = make(stacked.min(), stacked.max(), freq=step)
        return np.asarray(grid.searchsorted(stacked, side="right") - 1, dtype=np.int64)
    values = stacked.asi8 if isinstance(stacked, pd.PeriodIndex) else _integers(stacked)
    return np.asarray((values - values.min()) // step, dtype=np.int64)


def _kind(index: pd.Index) -> str:
    """Return what labels must have in common to be compared: type, time zone, unit of periods."""
    if isinstance(index, pd.PeriodIndex):
        return f"periods of {index.freqstr}"
    if isinstance(index, pd.DatetimeIndex):
        return f"times in {index.tz}" if index.tz else "times of no zone"
    return "time differences" if isinstance(index, pd.TimedeltaIndex) else "integers"


def _step_of(index: pd.Index) -> Any:
    """Return the frequency of a regular index, None where too short to tell."""
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        return index.freq
    values = index.asi8 if isinstance(index, pd.PeriodIndex) else _integers(index)
    return _integer_step(values) if len(values) > 1 else None


def _integer_step(values: np.ndarray) -> int:
    return int(values[1] - values[0]) if len(values) > 1 else 1


def _integers(index: pd.Index) -> np.ndarray:
    return index.to_numpy(dtype=np.int64)


def _check_present(index: Any) -> None:
    if index.hasnans:
        raise IrregularIndexError(
            f"The index must label every row, but {int(index.isna().sum())} labels are missing. "
            "Drop those rows or repair their labels."
        )


def _check_order(index: Any, values: np.ndarray) -> None:
    steps = np.diff(values)
    if (steps <= 0).any():
        row = int(np.argmax(steps <= 0))
        repeated = index[~index.is_unique and index.duplicated().argmax()]
        if not index.is_unique:
            raise IrregularIndexError(
                f"The index must name each row once, but {repeated} stands more than once. "
                "Aggregate the rows (groupby(level=0).mean()) or drop_duplicates first."
            )
        raise IrregularIndexError(
            f"The index must run forward in time, but {index[row + 1]} follows {index[row]} in row "
            f"{row + 1}. Use sort_index() first."
        )


def _check_steps(index: pd.Index, values: np.ndarray) -> None:
    steps = np.diff(values)
    if len(steps) and (steps != steps[0]).any():
        _raise_irregular(index, steps)


def _with_frequency(index: Any) -> Any:
    if index.freq is not None or len(index) < 3:
        return index
    freq = pd.infer_freq(index)
    if freq is None:
        _raise_irregular(index, np.diff(index.asi8))
    return type(index)(index, freq=freq)


def _raise_irregular(index: pd.Index, steps: np.ndarray) -> None:
    usual = np.median(steps)
    row = int(np.argmax(steps != usual))
    raise IrregularIndexError(
        f"The index must have steps of one length, but after {index[row]} comes {index[row + 1]}. "
        "Insert the missing rows with asfreq() and fill them, or resample()."
    )
