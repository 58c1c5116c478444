"""Time indexes: are they regular, and what comes next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import IrregularIndexError


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
        _check_order(index, integers(index))
        _check_steps(index, integers(index))
        return index
    raise _no_times(index)


def check_times(index: Any) -> None:
    """Raise unless an index, regular or not, can be one of times."""
    kinds = pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex
    if not (isinstance(index, kinds) or pd.api.types.is_integer_dtype(index.dtype)):
        raise _no_times(index)


def _no_times(index: Any) -> IrregularIndexError:
    remedy = (
        "xarray's convert_calendar('standard', use_cftime=False)"
        if type(index).__name__ == "CFTimeIndex"
        else "pd.to_datetime"
    )
    return IrregularIndexError(
        f"A series needs a DatetimeIndex, PeriodIndex, TimedeltaIndex or integer index (of a "
        f"panel as the last level), got {type(index).__name__} of {index.dtype}. Convert it with "
        f"{remedy}, or drop it with reset_index(drop=True)."
    )


def next_labels(index: Any, count: int) -> Any:
    """Return the `count` labels that follow a regular index."""
    return _labels_after_one(index[-1], count, step_of(index), index)


def labels_after(last: Any, count: int, step: Any) -> Any:
    """Return the `count` labels that follow each of some labels, one group below the other."""
    codes, distinct = last.factorize()
    blocks = [_labels_after_one(distinct[i], count, step, last) for i in range(len(distinct))]
    if len(last) == 1:
        return blocks[0]
    return blocks[0].append(blocks[1:]).take((codes[:, None] * count + np.arange(count)).ravel())


def step_of(index: pd.Index) -> Any:
    """Return the step of a regular index, a frequency or an integer, None where too short."""
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        return index.freq
    values = integers(index)
    return _integer_step(values) if len(values) > 1 else None


def integers(index: Any) -> np.ndarray:
    """Return the numbers behind the labels of an index."""
    return np.asarray(index.asi8 if hasattr(index, "asi8") else index, dtype=np.int64)


def _integer_step(values: np.ndarray) -> int:
    return int(values[1] - values[0]) if len(values) > 1 else 1


def _labels_after_one(last: Any, count: int, step: Any, like: Any) -> Any:
    if isinstance(like, pd.DatetimeIndex | pd.TimedeltaIndex):
        make: Any = pd.date_range if isinstance(like, pd.DatetimeIndex) else pd.timedelta_range
        if step is None:
            raise IrregularIndexError(
                f"An index of {len(like)} rows is too short to tell its frequency. Set it, e.g. "
                "series.index.freq = 'D', or pass more rows."
            )
        return make(last, periods=count + 1, freq=step, name=like.name)[1:]
    step = step or 1
    if isinstance(like, pd.PeriodIndex):
        ahead = last.ordinal + np.arange(1, count + 1) * step
        periods: Any = pd.PeriodIndex
        return periods.from_ordinals(ahead, freq=like.freq, name=like.name)
    return pd.RangeIndex(last + step, last + step * (count + 1), step, name=like.name)


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
