"""What new rows must be before a forecaster takes them in: once it has, none can be corrected."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from stforecast._validation import as_array, check_finite, check_numbers
from stforecast.exceptions import IrregularIndexError, ShapeError
from stforecast.series._covariates import is_positional
from stforecast.series._label_kinds import conversion
from stforecast.windows._batches import in_memory
from stforecast.windows.sources._clock import index_kind
from stforecast.windows.sources._tables import as_frame, numeric_values
from stforecast.windows.sources._time_series import TimeSeries

_FILL = "Fill them first, or fit with missing='mask', which takes NaN."
_FILL_KNOWN = "Fill them: a covariate known ahead has no gaps."


def check_values(rows: TimeSeries, missing: str, kept: int) -> None:
    """Raise if new rows hold what `fit` refuses; of those on disk the last `kept` are read."""
    rows = rows if in_memory(rows.values) else rows.tail(kept)
    index, names = rows.timeline.index, rows.labels.names

    def label(place: tuple[int, ...]) -> str:
        column = f" of column {names[place[1]]!r}" if names else ""
        return column if index is None else f" ({_label_text(index[place[0]])}){column}"

    values = np.asarray(rows.values)
    check_finite("series", values, _FILL, allow_nan=missing == "mask", label=label)


def check_new_covariates(known: Any, fresh: TimeSeries, joined: TimeSeries) -> None:
    """Raise if the covariates of rows that are taken in are missing, or no finite numbers.

    Labelled ones that are missing may still come with `forecast`; arrays would then belong to other
    rows.
    """
    if known is None or not len(fresh.values):
        return
    each = known if isinstance(known, list) and joined.panel is not None else [known]
    for number, rows in enumerate(each):
        if is_positional(rows, joined):
            count = int(joined.lengths[number])
            _check_length(rows, count)
            _check_known_rows(rows[:count])
        elif fresh.times is not None:
            table = as_frame(rows)
            _check_known_rows(table[table.index.get_level_values(-1).isin(fresh.times)])


def check_order(before: TimeSeries, fresh: TimeSeries, given: Any) -> None:
    """Raise if new rows are none, or have labels of another kind; say how they come to be alike.

    `given` is the object that they were made of.
    """
    if before.panel is None and not len(fresh.values):
        raise IrregularIndexError(
            f"New rows must follow the series, but this {type(given).__name__} is empty. Pass all "
            "rows since the last one seen, and only those."
        )
    if before.times is None or not len(fresh.values):
        return
    then = index_kind(before.times)
    now = "no label" if fresh.times is None else index_kind(before.convert_times(fresh.times))
    if then != now:
        raise IrregularIndexError(
            f"New rows must be labelled as the series is, by {then}, got {now}. "
            f"{conversion(before, fresh, given)}"
        )


def _check_length(known: Any, count: int) -> None:
    if len(known) < count:
        raise ShapeError(
            f"known was an array in fit, so its rows belong to those of the series by their order, "
            f"but the last {count - len(known)} new rows have none. Pass them too: update(rows, "
            "known=...)."
        )


def _check_known_rows(known: Any) -> None:
    names: tuple[Hashable, ...] = ()
    if isinstance(known, pd.DataFrame):
        names, known = tuple(known.columns), numeric_values(known, "known")
    values = as_array("known", known)
    check_numbers("known", values)

    def label(place: tuple[int, ...]) -> str:
        return f" of column {names[place[1]]!r}" if names else ""

    check_finite("known", values, _FILL_KNOWN, label=label)


def _label_text(label: Any) -> str:
    """Return a label as text, the name of a series with its time."""
    return f"{label[0]!r}, {label[1]}" if isinstance(label, tuple) else str(label)
