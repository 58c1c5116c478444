"""Numbers and dates as files write them, which pandas reads as texts."""

from __future__ import annotations

import re
import warnings
from datetime import date
from typing import Any

import pandas as pd

_DECIMAL_COMMA = re.compile(r"\s*[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+\s*")
_DATE = re.compile(r"\s*\d{1,4}([-./])\d{1,2}\1\d{1,4}([ T].*)?")
# options of pandas.to_datetime, as a call writes them: in many countries the day stands first
_ORDERS: dict[str, dict[str, Any]] = {"": {}, ", dayfirst=True": {"dayfirst": True}}


def has_decimal_commas(column: pd.Series) -> bool:
    """Whether most of the distinct texts of a column are numbers with a decimal comma."""
    texts = _distinct_texts(column)
    return 2 * sum(_DECIMAL_COMMA.fullmatch(text) is not None for text in texts) > len(texts)


def comma_remedy(column: Any) -> str:
    """Return how a column of numbers with decimal commas becomes one of numbers."""
    texts = f"table[{column!r}]"
    return (
        "Its numbers have decimal commas. Read the file with pd.read_csv(..., decimal=',', "
        f"thousands='.'), or make numbers of it: {texts} = pd.to_numeric({texts}"
        ".str.replace('.', '', regex=False).str.replace(',', '.', regex=False))."
    )


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
