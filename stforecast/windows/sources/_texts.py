"""Numbers and dates as files write them, which pandas reads as texts."""

from __future__ import annotations

import re
import warnings
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

_DECIMAL_COMMA = re.compile(r"\s*[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+\s*")
_DATE = re.compile(r"\s*\d{1,4}([-./])\d{1,2}\1\d{1,4}([ T].*)?")
# options of pandas.to_datetime, as a call writes them: in many countries the day stands first
_ORDERS: dict[str, dict[str, Any]] = {"": {}, ", dayfirst=True": {"dayfirst": True}}
_MARKERS = 5  # that a message lists
# integers that are written dates: how, and the first and last of them
_DIGITS = (("%Y%m%d", 19000101, 21001231), ("%Y%m", 190001, 210012))
# integers that count from 1970 on: units of pandas.to_datetime in a second, and the first and last
# second (1973 and 2100), since small numbers may number anything
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_SECONDS = (10**8, 4_102_444_800)


def has_decimal_commas(column: pd.Series) -> bool:
    """Whether most of the distinct texts of a column are numbers with a decimal comma."""
    texts = _distinct_texts(column)
    return 2 * sum(_DECIMAL_COMMA.fullmatch(text) is not None for text in texts) > len(texts)


def comma_remedy(name: Any, column: pd.Series) -> str:
    """Return how a column of decimal commas, and of markers beside them, becomes numbers."""
    texts, markers = f"table[{name!r}]", _markers_among_commas(column)
    plain = ".str.replace('.', '', regex=False).str.replace(',', '.', regex=False)"
    read = "pd.read_csv(..., decimal=',', thousands='.'"
    if not markers:
        return (
            f"Its numbers have decimal commas. Read the file with {read}), or make numbers of it: "
            f"{texts} = pd.to_numeric({texts}{plain})."
        )
    if len(markers) > _MARKERS:
        return (
            f"Its numbers have decimal commas, and beside them stand texts such as {markers[0]!r}. "
            f"Make numbers of it, with NaN in place of the texts: {texts} = pd.to_numeric({texts}"
            f"{plain}, errors='coerce'), and fill the NaN, or pass missing='mask'."
        )
    listed = " and ".join(map(repr, markers))
    return (
        f"Its numbers have decimal commas, and beside them stands {listed}. "
        f"Read the file with {read}, na_values={markers}), or make numbers of it: {texts} = "
        f"pd.to_numeric({texts}.replace({markers}, np.nan){plain}). Then fill the NaN, or pass "
        "missing='mask'."
    )


def _markers_among_commas(column: pd.Series) -> list[str]:
    """Return the distinct texts that stay texts when decimal commas are read."""
    texts = pd.Series(_distinct_texts(column), dtype=object)
    plain = texts.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return list(texts[pd.to_numeric(plain, errors="coerce").isna()])


def column_date_order(column: pd.Series) -> str | None:
    """Return the option that reads a column of written dates, None where it holds none."""
    texts = _distinct_texts(column)
    if not texts or not all(map(_DATE.fullmatch, texts)):
        return None
    return date_order(pd.Index(texts))


def date_order(labels: pd.Index) -> str | None:
    """Return the option with which pandas.to_datetime reads written dates, None if none does."""
    if not all(isinstance(label, date) or _has_digits(label) for label in labels):
        return None
    return next((text for text, option in _ORDERS.items() if _can_read(labels, option)), None)


def number_order(labels: pd.Index) -> str | None:
    """Return the option with which pandas.to_datetime reads integers as dates, None if none does.

    Dates are written as 20240131 or 202401, or counted from 1970 on, in steps of at least a
    minute.
    """
    if not pd.api.types.is_integer_dtype(labels.dtype) or len(labels) < 2:
        return None
    first, last = int(labels.min()), int(labels.max())
    for form, low, high in _DIGITS:
        if low <= first and last <= high and _can_read(labels, {"format": form}):
            return f", format={form!r}"
    step = int(np.diff(np.asarray(labels, dtype=np.int64)).min())
    for unit, length in _UNITS.items():
        low, high = (seconds * length for seconds in _SECONDS)
        if low <= first and last < high and step >= 60 * length:
            return f", unit={unit!r}"
    return None


def dayfirst_hint(index: Any) -> str:
    """Return what to do where day and month of dates stand in each other's place, else nothing."""
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 3 or (index.day > 12).any():
        return ""
    wall = index.tz_localize(None)
    parts = pd.DataFrame({"year": wall.year, "month": wall.day, "day": wall.month})
    swapped = pd.DatetimeIndex(pd.to_datetime(parts)) + (wall - wall.normalize())
    if not _is_regular(swapped):
        return ""
    return " If the day stands first in your dates, read them with pd.to_datetime(dayfirst=True)."


def _is_regular(moments: pd.DatetimeIndex) -> bool:
    """Whether moments run forward by a number of days, or of months."""
    steps = np.diff(moments.asi8)
    months = np.diff(12 * np.asarray(moments.year) + np.asarray(moments.month))
    are_days = (steps == steps[0]).all()
    are_months = (months == months[0]).all() and (moments.day == moments.day[0]).all()
    return bool((steps > 0).all() and (are_days or are_months))


def _can_read(labels: pd.Index, option: dict[str, Any]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an order that does not fit
        try:
            return not pd.to_datetime(labels, **option).hasnans
        except (TypeError, ValueError):
            return False


def _has_digits(label: Any) -> bool:
    return isinstance(label, str) and any(map(str.isdigit, label))


def _distinct_texts(column: pd.Series) -> list[str]:
    """Return the distinct texts of a column of texts alone, none of another column."""
    if pd.api.types.infer_dtype(column, skipna=True) != "string":
        return []
    return list(column.dropna().unique())
